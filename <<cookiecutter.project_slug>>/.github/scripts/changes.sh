#!/usr/bin/env bash
# Prints code=false for a pull request that changes documents alone (docs/ and *.md of the root), else code=true.
set -euo pipefail

code=true
if [ "${EVENT:-}" = pull_request ]; then
  # the first parent of a pull request's merge commit is the base branch; a file moved to docs/ counts where it was
  others=$(git diff --no-renames --name-only HEAD^1 HEAD -- . ':(exclude,top,glob)docs/**' ':(exclude,top,glob)*.md')
  if [ -z "$others" ]; then
    code=false
    echo "::notice::documents alone have changed: nothing is tested or trained again" >&2
  fi
fi
echo "code=$code"
