#!/usr/bin/env bash
# Remove the cluster and its registry, and nothing else.
set -euo pipefail
cd "$(dirname "$0")"
. ./names.sh
kind delete cluster --name "$CLUSTER"
docker rm --force "$REGISTRY" > /dev/null
