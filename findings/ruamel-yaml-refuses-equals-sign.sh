#!/usr/bin/env bash
# ruamel.yaml 0.19.1
# A lone `=` is an ordinary plain string in YAML 1.2. The safe loader gives it the YAML 1.1 tag
# `value`, for which it has no constructor, also when version 1.2 is asked for. So `comparison: =`
# stops the load; `comparison: ==` is fine.
# Seen:
#   comparison: == -> {'comparison': '=='}
#   comparison: = -> could not determine a constructor for the tag 'tag:yaml.org,2002:value'
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  ruamel.yaml==0.19.1
cd "$here"

venv/bin/python - <<'PYTHON'
from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError


def load(text):
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        return yaml.load(text)
    except ConstructorError as error:
        return error.problem


expected = {
    "comparison: ==": {"comparison": "=="},
    "comparison: =": "could not determine a constructor for the tag 'tag:yaml.org,2002:value'",
}
for text, value in expected.items():
    seen = load(text)
    print(text, "->", seen)
    assert seen == value, f"expected {value}"
PYTHON
