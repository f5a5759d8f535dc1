# shellcheck shell=bash disable=SC2034
# What up.sh, down.sh and the tests agree on.
CLUSTER=mlops-level2
CONTEXT=kind-mlops-level2
REGISTRY=mlops-level2-registry
REGISTRY_PORT=5001
KFP_VERSION=2.17.0
KATIB_VERSION=v0.19.0
KUBERNETES_VERSION=v1.34.4
ETCD_VERSION=v3.6.5
KSERVE_VERSION=v0.20.0
