#!/usr/bin/env bash
# Brings dvc.lock and metrics of a retraining back by a pull request; tags the data and the model version.
# record.sh FOLDER, with TRIGGER, DATA, VERSION, GITHUB_TOKEN, GITHUB_RUN_ID and GITHUB_REPOSITORY set.
set -euo pipefail

folder=$1
remote=${PUSH_URL:-$GITHUB_SERVER_URL/$GITHUB_REPOSITORY}
# the token stays in the environment: never in .git/config, never among the words of a command
with_token() {
  git -c credential.helper= -c credential.helper='!f() { echo username=x; echo "password=$GITHUB_TOKEN"; }; f' "$@"
}
git config user.name 'github-actions[bot]'
git config user.email '41898282+github-actions[bot]@users.noreply.github.com'

for tag in "data-$DATA" "model-v$VERSION"; do
  case "$tag" in data-none | model-vnone) continue ;; esac
  if [ -n "$(with_token ls-remote --tags "$remote" "refs/tags/$tag")" ]; then
    echo " tag       $tag is there already"
  else
    git tag --force "$tag"
    with_token push --quiet "$remote" "refs/tags/$tag"
    echo " tag       $tag"
  fi
done

cp "$folder/dvc.lock" dvc.lock
mkdir -p artifacts
cp "$folder/artifacts/metrics.json" artifacts/metrics.json
git add dvc.lock artifacts/metrics.json
if git diff --cached --quiet; then
  echo " record    lock and metrics are as they were"
  exit 0
fi
branch=retrained/$GITHUB_RUN_ID
git switch --quiet --create "$branch"
git commit --quiet --message "Retrained ($TRIGGER): model v$VERSION on data $DATA"
with_token push --quiet "$remote" "HEAD:refs/heads/$branch"
make --no-print-directory on-github DO=pull-request SUBJECT="$branch" BODY="Retrained ($TRIGGER): model v$VERSION on data $DATA"
