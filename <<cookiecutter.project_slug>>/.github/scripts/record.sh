#!/usr/bin/env bash
# Brings dvc.lock and metrics of a training back by a pull request; tags the commit that holds the lock with data and model.
# record.sh FOLDER, with TRIGGER, DATA, VERSION, GITHUB_TOKEN, GITHUB_RUN_ID and GITHUB_REPOSITORY set.
set -euo pipefail

folder=$1
remote=${PUSH_URL:-$GITHUB_SERVER_URL/$GITHUB_REPOSITORY}
subject="Retrained ($TRIGGER): model v$VERSION on data $DATA"
# the token stays in the environment: never in .git/config, never among the words of a command
with_token() {
  git -c credential.helper= -c credential.helper='!f() { echo username=x; echo "password=$GITHUB_TOKEN"; }; f' "$@"
}
git config user.name 'github-actions[bot]'
git config user.email '41898282+github-actions[bot]@users.noreply.github.com'

trained=$(git rev-parse HEAD)
cp "$folder/dvc.lock" dvc.lock
mkdir -p artifacts
cp "$folder/artifacts/metrics.json" artifacts/metrics.json
git add dvc.lock artifacts/metrics.json
if git diff --cached --quiet; then
  echo " record    lock and metrics are as they were"
  branch=
else
  branch=retrained/$GITHUB_RUN_ID
  git switch --quiet --create "$branch"
  git commit --quiet --message "$subject"
  with_token push --quiet "$remote" "HEAD:refs/heads/$branch"
fi

for tag in "data-$DATA" "model-v$VERSION"; do
  case "$tag" in data- | data-none | model-v | model-vnone) continue ;; esac
  if [ -n "$(with_token ls-remote --tags "$remote" "refs/tags/$tag")" ]; then
    echo " tag       $tag is there already"
  else
    git tag --force --annotate --message "$subject" \
      --message "Trained from commit $trained by run $GITHUB_RUN_ID; dvc.lock of this commit names the data and results." "$tag"
    with_token push --quiet "$remote" "refs/tags/$tag"
    echo " tag       $tag"
  fi
done

if [ -n "$branch" ]; then
  make --no-print-directory on-github DO=pull-request SUBJECT="$branch" BODY="$subject"
fi
