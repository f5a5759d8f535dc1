#!/usr/bin/env bash
# dvc 3.67.1
# A clone holds a .dvc file whose content is neither in its cache nor at the remote. `dvc push` warns,
# calls everything up to date and exits with 0; `dvc pull` of the same clone then fails.
# Seen:
#   Everything is up to date.
#   push 0, pull 1
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile dvc==3.67.1
cd "$here"
export HOME="$here" DVC_NO_ANALYTICS=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
dvc="$here/venv/bin/dvc"

git init --quiet one
cd one
"$dvc" init --quiet
"$dvc" remote add --quiet --default there "$here/remote"
echo table > table.csv
"$dvc" add --quiet table.csv
git add --all
git commit --quiet --message "never pushed"

git clone --quiet . ../two
cd ../two
push=0 pull=0
"$dvc" push > ../said.txt 2> ../warned.txt || push=$?
"$dvc" pull > /dev/null 2>&1 || pull=$?
cat ../said.txt
echo "push $push, pull $pull"
grep -q "do not exist neither locally nor on remote" ../warned.txt
[ "$(cat ../said.txt)" = "Everything is up to date." ]
[ "$push $pull" = "0 1" ]
