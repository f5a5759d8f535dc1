#!/usr/bin/env bash
# Prints trigger=, param= and go= for ct from EVENT, BEFORE, the commit a push began at, and TRIALS of a wider search.
set -euo pipefail

go=true
param=
case "$EVENT" in
  schedule) trigger=schedule ;;
  drift) trigger=drift ;;
  new-model)
    trigger=drift
    if [[ ! "${TRIALS:-}" =~ ^[1-9][0-9]{0,3}$ ]]; then
      echo "::error::new-model needs client_payload.trials, a number up to 9999" >&2
      exit 1
    fi
    param="tune.trials=$TRIALS"
    ;;
  push | new-data) trigger=data ;;
  *) trigger=manual ;;
esac
if [ "$EVENT" = push ]; then
  # only data: every file that the push touched is a .dvc file below data/
  others=$(git diff --name-only "$BEFORE" HEAD -- . ':(exclude,glob)data/**/*.dvc') || others=unknown
  if [ -n "$others" ]; then
    go=false
    echo "::notice::the push holds more than data: cd runs the pipeline" >&2
  fi
fi
echo "trigger=$trigger"
echo "param=$param"
echo "go=$go"
