#!/usr/bin/env bash
# kfp 2.17.0
# A condition on a task output that is NaN runs neither dsl.If nor dsl.Else under kfp.local, and
# the pipeline ends as SUCCESS: the only trace is a logged warning. In Python `nan > 0.5` is
# false, so Else would be expected.
# Seen, the branches that ran for the outputs 0.9, 0.1 and nan:
#   0.9 -> SUCCESS, if
#   0.1 -> SUCCESS, else
#   nan -> SUCCESS, none
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  kfp==2.17.0
cd "$here"

cat > branches.py <<'PYTHON'
import sys

from kfp import dsl, local

local.init(local.SubprocessRunner(use_venv=False), pipeline_root="runs")


@dsl.component(base_image="python:3.12", install_kfp_package=False)
def score(text: str) -> float:
    return float(text)


@dsl.component(base_image="python:3.12", install_kfp_package=False)
def say(branch: str):
    print(f"branch={branch}")


@dsl.pipeline
def judge(text: str):
    value = score(text=text)
    with dsl.If(value.output > 0.5):
        say(branch="if")
    with dsl.Else():
        say(branch="else")


judge(text=sys.argv[1])
PYTHON
for case in "0.9 if" "0.1 else" "nan none"; do
  venv/bin/python branches.py "${case% *}" > log 2>&1
  grep -q "'judge'.* finished with status .*SUCCESS" log
  ran=$(grep -o 'branch=[a-z]*' log | cut -d= -f2 || true)
  echo "${case% *} -> SUCCESS, ${ran:-none}"
  [ "${ran:-none}" = "${case#* }" ]
done
