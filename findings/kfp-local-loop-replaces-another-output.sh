#!/usr/bin/env bash
# kfp 2.17.0
# kfp.local, a pipeline with dsl.ParallelFor over one task's output. A task in the loop that also
# takes the output of a second task, outside the loop, gets the loop's item in its place: in both
# arguments stands the item. A parameter of the pipeline in that place arrives as it is.
# Seen, for the item `a`, another task's output 'outside' and a pipeline parameter 'given':
#   item=a other=a parameter=given
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  kfp==2.17.0
cd "$here"

cat > looped.py <<'PYTHON'
from typing import List

from kfp import dsl, local

local.init(local.SubprocessRunner(use_venv=False), pipeline_root="runs")
component = dsl.component(base_image="python:3.12", install_kfp_package=False)


@component
def items() -> List[str]:
    return ["a"]


@component
def outside() -> str:
    return "outside"


@component
def show(item: str, other: str, parameter: str):
    with open("seen", "w") as file:
        file.write(f"item={item} other={other} parameter={parameter}")


@dsl.pipeline(name="looped")
def looped(parameter: str):
    other = outside()
    with dsl.ParallelFor(items().output) as item:
        show(item=item, other=other.output, parameter=parameter)


looped(parameter="given")
seen = open("seen").read()
print(seen)
assert seen == "item=a other=a parameter=given", seen
PYTHON
venv/bin/python looped.py > log 2>&1 || { cat log >&2; exit 1; }
tail -n 1 log
