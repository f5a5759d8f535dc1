#!/usr/bin/env bash
# cruft 2.16.0, cookiecutter 2.7.1
# The template deletes one file and changes another; the project has edited both. cruft falls back
# to `git apply --reject` for the whole update: the template's change of the second file is left in
# a .rej file without merge markers, the deleted file stays, and the command praises its work and
# exits with 0.
# Seen:
#   Good work! Project's cruft has been updated and is as clean as possible!
#   gone.txt kept.txt kept.txt.rej
#   exit 0
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  cruft==2.16.0 cookiecutter==2.7.1
cd "$here"
export HOME="$here" GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org

mkdir -p 'template/{{cookiecutter.name}}'
echo '{"name": "project"}' > template/cookiecutter.json
printf 'one\ntwo\nthree\n' > 'template/{{cookiecutter.name}}/kept.txt'
cp template/*/kept.txt 'template/{{cookiecutter.name}}/gone.txt'
git -C template init --quiet --initial-branch=main
git -C template add --all
git -C template commit --quiet --message first

venv/bin/cruft create --no-input "$here/template" > said.txt 2>&1
git -C project init --quiet --initial-branch=main
printf 'one\nours\nthree\n' | tee project/kept.txt > project/gone.txt
git -C project add --all
git -C project commit --quiet --message ours

git -C template rm --quiet '{{cookiecutter.name}}/gone.txt'
printf 'one\ntheirs\nthree\n' > 'template/{{cookiecutter.name}}/kept.txt'
git -C template commit --quiet --all --message second

cd project
code=0
../venv/bin/cruft update --skip-apply-ask > ../said.txt 2>&1 || code=$?
last=$(tail -1 ../said.txt)
files=$(echo *.txt*)
printf '%s\n' "$last" "$files" "exit $code"
[ "$last" = "Good work! Project's cruft has been updated and is as clean as possible!" ]
[ "$files" = "gone.txt kept.txt kept.txt.rej" ]
[ "$code" = 0 ]
grep -q ours kept.txt
