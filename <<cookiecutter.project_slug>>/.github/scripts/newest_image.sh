#!/usr/bin/env bash
# Prints image=repository@sha256:digest of the newest image of main; empty where there is none.
set -euo pipefail

printf %s "$PASSWORD" | docker login --username "$USERNAME" --password-stdin "${IMAGE%%/*}" >&2
trap 'docker logout "${IMAGE%%/*}" >&2' EXIT
digest=$(docker buildx imagetools inspect "$IMAGE:main" --format '{{.Manifest.Digest}}') || digest=
if [ -z "$digest" ]; then
  echo "::warning::$IMAGE:main is not in the registry yet" >&2
fi
echo "image=${digest:+$IMAGE@$digest}"
