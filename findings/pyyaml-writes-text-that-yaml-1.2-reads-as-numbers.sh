#!/usr/bin/env bash
# PyYAML 6.0.3, ruamel.yaml 0.19.1
# safe_dump leaves out quotes wherever PyYAML's own reader, of YAML 1.1, still reads a text. A
# reader of YAML 1.2 takes three such texts for numbers: an exponent without a dot, eight or nine
# after a leading zero, and octal as 1.2 spells it. PyYAML reads back what it wrote.
# Seen:
#   written: [1e3, 08, 0o17]
#   PyYAML ['1e3', '08', '0o17']
#   ruamel.yaml [1000.0, 8, 15]
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  PyYAML==6.0.3 ruamel.yaml==0.19.1
cd "$here"

venv/bin/python - <<'PYTHON'
import yaml
from ruamel.yaml import YAML

texts = ["1e3", "08", "0o17"]
written = yaml.safe_dump(texts, default_flow_style=True)
again, other = yaml.safe_load(written), list(YAML(typ="safe", pure=True).load(written))
print("written:", written.strip())
print("PyYAML", again)
print("ruamel.yaml", other)
assert written.strip() == "[1e3, 08, 0o17]"
assert again == texts
assert other == [1000.0, 8, 15]
PYTHON
