#!/usr/bin/env bash
# Asks GitHub who approved this run for production, then promotes what RECORD hands over. With GITHUB_TOKEN.
set -euo pipefail

mkdir -p artifacts
printf %s "$RECORD" > artifacts/hand_over.json
GITHUB_OUTPUT=$RUNNER_TEMP/approved make --no-print-directory on-github DO=approved SUBJECT=production
by=$(sed -n 's/^by=//p' "$RUNNER_TEMP/approved")
unset GITHUB_TOKEN
make --no-print-directory promote ENV=production RECORD=artifacts/hand_over.json BY="$by"
