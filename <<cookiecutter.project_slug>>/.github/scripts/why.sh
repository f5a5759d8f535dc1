#!/usr/bin/env bash
# Prints trigger= and go= for ct from EVENT, and BEFORE, the commit a push began at.
set -euo pipefail

go=true
case "$EVENT" in
  schedule) trigger=schedule ;;
  drift) trigger=drift ;;
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
echo "go=$go"
