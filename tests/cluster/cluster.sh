#!/usr/bin/env bash
# up, test, down or kubectl on one of two clusters: kind where Docker answers and kind is installed, else a node of this
# machine's own (node/). CLUSTER=kind or CLUSTER=node decides otherwise.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$here/../../.venv/bin/python
export PYTHONPATH=$here/..:$here/../support
export PATH=$PATH:$here/../../.venv-uv/bin  # uv, where the machine has none
if [ -z "${CLUSTER:-}" ]; then
  CLUSTER=node
  if command -v kind > /dev/null && docker info > /dev/null 2>&1; then CLUSTER=kind; fi
fi
export CLUSTER
case $CLUSTER:${1:-} in
  kind:up)
    echo " cluster   kind, in Docker: Kubernetes, KFP, Katib, an object store, Redis"
    "$here/up.sh" ;;
  node:up)
    echo " cluster   a node of its own, without Docker: Kubernetes, Katib, KServe, not KFP"
    "$python" -m cluster.node up ;;
  kind:test | node:test)
    echo " cluster   tests on $CLUSTER"
    "$python" -m pytest -q -rs -m cluster "$here" ;;
  kind:kubectl) kubectl --context kind-mlops-level2 "${@:2}" ;;
  node:kubectl) "$python" -m cluster.node exec "$@" ;;
  kind:down) "$here/down.sh" ;;
  node:down) "$python" -m cluster.node down ;;
  *)
    echo " stopped: CLUSTER=$CLUSTER ${1:-}: kind or node; up, test, down or kubectl" >&2
    exit 1 ;;
esac
