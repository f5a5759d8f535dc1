#!/usr/bin/env bash
# Deploys RECORD with SERVING, repository@sha256:digest, to ENVIRONMENT by the kubeconfig in KUBECONFIG_TEXT: a file only meanwhile.
set -euo pipefail

export KUBECONFIG=$RUNNER_TEMP/kubeconfig
trap 'rm -f "$KUBECONFIG"' EXIT
(umask 077 && printf %s "$KUBECONFIG_TEXT" > "$KUBECONFIG")
unset KUBECONFIG_TEXT
make deploy ENV="$ENVIRONMENT" IMAGE="$SERVING" RECORD="${RECORD:-artifacts/hand_over.json}"
