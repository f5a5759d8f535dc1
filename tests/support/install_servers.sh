#!/usr/bin/env bash
# Installs what tests on real servers start, in CI as root by apt-get; elsewhere says what is missing.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin DEBIAN_FRONTEND=noninteractive
missing=()
need() { command -v "$1" > /dev/null || missing+=("$2"); }

need redis-server redis-server
need promtool prometheus
need docker-registry docker-registry
need skopeo skopeo
need chromium chromium
need pg_ctlcluster postgresql # Debian keeps its programs in a folder of their own
if ! docker info > /dev/null 2>&1; then # no engine answers: the tests start one
  need dockerd docker.io
  need containerd containerd
  need runc runc
  need iptables iptables
  need mmdebstrap mmdebstrap
fi
if [ ${#missing[@]} = 0 ]; then
  exit 0
elif [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ]; then
  echo " servers   apt-get install ${missing[*]}"
  apt-get update -qq
  apt-get install -qq --yes --no-install-recommends "${missing[@]}" > /dev/null
elif [ "${missing[0]}" = redis-server ]; then
  echo " stopped: redis-server is missing: apt-get install ${missing[*]}" >&2
  exit 1
else
  echo " servers   some tests are skipped for want of: ${missing[*]}"
fi
