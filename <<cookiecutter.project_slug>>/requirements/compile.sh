#!/usr/bin/env bash
# Locks every group of engine/pyproject.toml and pyproject.toml with hashes: one common resolution, then a file per group, so that
# a package has the same version wherever it stands. usage: compile.sh path/to/uv [--upgrade]
set -euo pipefail
uv=$1
shift
cd "$(dirname "$0")/.."
common=$(mktemp)
trap 'rm -f "$common"' EXIT
compile() { "$uv" pip compile --quiet engine/pyproject.toml pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"; }
compile --all-extras -o "$common" "$@"
lock() { compile -c "$common" -o "requirements/$1.txt" "${@:2}"; }
lock train --extra dvc
lock dev --extra dvc --extra pipeline --extra serve --extra dev
lock pipeline --extra dvc --extra dvc-s3 --extra pipeline
lock ui --extra ui
lock evidently --extra evidently
# The service alone, for its image: what engine/level2/serving imports, without pyarrow, scikit-learn and MLflow.
# pandas is loaded where a request brings rows of the user's own table, and not before.
printf '%s\n' fastapi uvicorn prometheus-client onnxruntime numpy 'pandas>=2.2' pydantic pydantic-settings typer |
  "$uv" pip compile - --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c "$common" -o requirements/serve.txt "$@"
# BentoML cannot live beside the others; what computes is the same all the same.
same=$(mktemp)
trap 'rm -f "$common" "$same"' EXIT
sed -nE 's/^((numpy|onnxruntime)==[^\\]*).*/\1/p' "$common" > "$same"
"$uv" pip compile --quiet --group engine/pyproject.toml:bento --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c "$same" -o requirements/bento.txt "$@"
for remote in s3 gs azure ssh; do lock "dvc-$remote" --extra "dvc-$remote"; done
