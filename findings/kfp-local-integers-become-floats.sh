#!/usr/bin/env bash
# kfp 2.17.0
# kfp.local.SubprocessRunner hands integers over as floats when they stand inside a list or a
# dict, although the component declares List[int]; a plain int parameter stays an int.
# range(xs[0]) or a list index then raises TypeError.
# Seen:
#   (3, [1.0, 2.0], {'depth': 4.0})
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  kfp==2.17.0
cd "$here"

cat > component.py <<'PYTHON'
from typing import Dict, List

from kfp import dsl, local

local.init(local.SubprocessRunner(use_venv=False), pipeline_root="runs")


@dsl.component(base_image="python:3.12", install_kfp_package=False)
def show(count: int, sizes: List[int], options: Dict[str, int]) -> str:
    return repr((count, sizes, options))


seen = show(count=3, sizes=[1, 2], options={"depth": 4}).output
print(seen)
assert seen == "(3, [1.0, 2.0], {'depth': 4.0})", "expected floats"
PYTHON
venv/bin/python component.py > log 2>&1 || { cat log >&2; exit 1; }
tail -n 1 log
