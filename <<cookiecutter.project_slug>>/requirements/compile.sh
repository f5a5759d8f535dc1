#!/usr/bin/env bash
# Locks every group of engine/pyproject.toml and pyproject.toml with hashes: one common resolution, then a file per group, so that
# a package has the same version wherever it stands. usage: compile.sh path/to/uv [--upgrade]
# Without the folder engine/ pyproject.toml names a wheel of it (`level2==X`), and its groups are the wheel's extras.
set -euo pipefail
uv=$1
shift
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
common=$work/common.txt
flags=(--quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate)
groups=(dvc dvc-s3 dvc-gs dvc-azure dvc-ssh pipeline postgres serve ui evidently)
# compile EXTRA... -- OPTION...
compile() {
  local extras=() sources=(pyproject.toml)
  while [ "$1" != -- ]; do extras+=("$1") && shift; done
  shift
  if [ -d engine ]; then
    sources=(engine/pyproject.toml pyproject.toml)
    "$uv" pip compile "${sources[@]}" "${flags[@]}" "${extras[@]/#/--extra=}" "$@"
    return
  fi
  local own=() of_engine=()
  for extra in "${extras[@]}"; do
    if [ "$extra" = dev ]; then own+=(--extra=dev); else of_engine+=("$extra"); fi
  done
  printf 'level2[%s]\n' "$(IFS=,; echo "${of_engine[*]}")" > "$work/engine.in"
  "$uv" pip compile "${sources[@]}" "$work/engine.in" "${flags[@]}" ${own[@]+"${own[@]}"} "$@"
}
compile "${groups[@]}" dev -- -o "$common" "$@"
lock() { compile "${@:2}" -- -c "$common" -o "requirements/$1.txt"; }
lock train dvc
lock dev dvc pipeline serve dev
lock pipeline dvc dvc-s3 pipeline
lock postgres postgres
lock ui ui
lock evidently evidently
# The service alone, for its image: what engine/level2/serving imports, without pyarrow, scikit-learn and MLflow.
# pandas is loaded where a request brings rows of the user's own table, and not before.
printf '%s\n' fastapi uvicorn prometheus-client onnxruntime numpy 'pandas>=2.2' pydantic pydantic-settings typer |
  "$uv" pip compile - "${flags[@]}" -c "$common" -o requirements/serve.txt "$@"
# the wheel alone, as the service needs none of what training needs: locks are installed without looking for more
if [ ! -d engine ]; then sed -n '/^level2==/,/[^\\]$/p' "$common" >> requirements/serve.txt; fi
# BentoML cannot live beside the others; what computes is the same all the same.
sed -nE 's/^((numpy|onnxruntime)==[^\\]*).*/\1/p' "$common" > "$work/same.txt"
if [ -d engine ]; then bento=(--group engine/pyproject.toml:bento); else
  bento=("$work/bento.in")
  printf '%s\n' 'bentoml>=1.4' numpy onnxruntime pydantic pydantic-settings > "$work/bento.in"
fi
"$uv" pip compile "${bento[@]}" "${flags[@]}" -c "$work/same.txt" -o requirements/bento.txt "$@"
for remote in s3 gs azure ssh; do lock "dvc-$remote" "dvc-$remote"; done
