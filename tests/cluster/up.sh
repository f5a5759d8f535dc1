#!/usr/bin/env bash
# A cluster of kind with what the pipeline needs: KFP, Katib, an object store, MLflow's place, Redis and a
# registry on loopback. Repeating it goes on where it stopped. Not run where the template was developed.
set -euo pipefail
cd "$(dirname "$0")"
. ./names.sh
for tool in docker kind kubectl; do
  command -v "$tool" > /dev/null || { echo " stopped: $tool is not installed" >&2; exit 1; }
done
docker info > /dev/null || { echo " stopped: Docker does not answer: start it" >&2; exit 1; }

if ! kind get clusters 2> /dev/null | grep -qx "$CLUSTER"; then
  kind create cluster --name "$CLUSTER" --config kind.yaml --wait 180s
fi
# its limit of 100m makes the API server time out while images start
kubectl --context "$CONTEXT" -n kube-system patch daemonset kindnet --type json \
  -p '[{"op": "remove", "path": "/spec/template/spec/containers/0/resources/limits"}]' || true

if ! docker inspect "$REGISTRY" > /dev/null 2>&1; then
  docker run --detach --restart always --publish "127.0.0.1:$REGISTRY_PORT:5000" --name "$REGISTRY" registry:2
fi
docker network connect kind "$REGISTRY" 2> /dev/null || true
for node in $(kind get nodes --name "$CLUSTER"); do
  folder=/etc/containerd/certs.d/localhost:$REGISTRY_PORT
  docker exec "$node" mkdir -p "$folder"
  printf '[host."http://%s:5000"]\n' "$REGISTRY" | docker exec -i "$node" cp /dev/stdin "$folder/hosts.toml"
done

apply() { kubectl --context "$CONTEXT" apply --server-side "$@"; }
kfp=github.com/kubeflow/pipelines/manifests/kustomize
apply -k "$kfp/cluster-scoped-resources?ref=$KFP_VERSION"
kubectl --context "$CONTEXT" wait --for condition=established --timeout 120s crd/applications.app.k8s.io
apply -k "$kfp/env/platform-agnostic?ref=$KFP_VERSION"
apply -k "github.com/kubeflow/katib/manifests/v1beta1/installs/katib-standalone?ref=$KATIB_VERSION"
# `kubeflow` is never labelled for Katib: its webhook would cover Katib's own pods and Argo's, none of which could start
# while it does not answer. The trials have a namespace of their own, made by the project's overlay.
apply -n kubeflow -f stores.yaml
kubectl --context "$CONTEXT" -n kubeflow wait --for condition=available --timeout 1200s deployment --all
