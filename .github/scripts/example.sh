#!/usr/bin/env bash
# Publishes a project generated from this folder as a commit and a tag of the example repository.
# Takes EXAMPLE_REPOSITORY (owner/name), EXAMPLE_TOKEN and TAG from the environment; EXAMPLE_URL is another place of it.
set -euo pipefail

if [[ ! "${EXAMPLE_REPOSITORY:-}" =~ ^[A-Za-z0-9]+(-[A-Za-z0-9]+)*/[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]]; then
  echo " stopped: EXAMPLE_REPOSITORY is '${EXAMPLE_REPOSITORY:-}': name it like example-org/load-forecast" >&2
  exit 1
fi
if [[ ! "${TAG:-}" =~ ^v[0-9A-Za-z.+-]+$ ]]; then
  echo " stopped: TAG is '${TAG:-}': name the release like v1.2.3" >&2
  exit 1
fi
owner=${EXAMPLE_REPOSITORY%/*} name=${EXAMPLE_REPOSITORY#*/}
remote=${EXAMPLE_URL:-https://github.com/$EXAMPLE_REPOSITORY}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# the token stays in the environment: never in .git/config, never among the words of a command
with_token() {
  git -c credential.helper= -c credential.helper='!f() { echo username=x; echo "password=$EXAMPLE_TOKEN"; }; f' "$@"
}

with_token clone --quiet "$remote" "$work/published"
cookiecutter . --no-input --output-dir "$work" github_owner="$owner" project_slug="$name" project_name="$name" > "$work/log"
mv "$work/published/.git" "$work/$name/.git"
cd "$work/$name"
git config user.name 'github-actions[bot]'
git config user.email '41898282+github-actions[bot]@users.noreply.github.com'
git symbolic-ref HEAD refs/heads/main
git add --all
if git rev-parse --quiet --verify HEAD > "$work/log" && git diff --cached --quiet; then
  echo " example   $EXAMPLE_REPOSITORY is as $TAG generates it"
else
  git commit --quiet --message "Generated from $TAG of the template"
fi
git tag --force "$TAG" > "$work/log"
with_token push --quiet "$remote" HEAD:refs/heads/main "refs/tags/$TAG"
echo " example   $EXAMPLE_REPOSITORY at $TAG"
