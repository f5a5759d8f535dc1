#!/usr/bin/env bash
# Prints cluster=true where KF_PIPELINES_ENDPOINT and IMAGE name a cluster and what it runs; deploys=true where a
# kubeconfig is known as well (DEPLOYS).
set -euo pipefail

if [ -z "${KF_PIPELINES_ENDPOINT:-}" ] || [ -z "${IMAGE:-}" ]; then
  echo "::notice::KF_PIPELINES_ENDPOINT or the image is missing: the pipeline runs on this machine" >&2
  exit 0
fi
echo cluster=true
if [ "${DEPLOYS:-}" = true ]; then
  echo deploys=true
else
  echo "::notice::KUBECONFIG is not set: the champion is not deployed" >&2
fi
