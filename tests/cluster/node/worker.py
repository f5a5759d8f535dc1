"""The node itself: containerd, kubelet, kube-proxy and the cluster's DNS."""

import json
import sys

from . import images, world
from .certificates import PKI
from .place import CGROUP, CONTAINERD, DEBIAN, HERE, NAME, NODE, PODS, STATE
from .services import options, start, wait

NETWORKS = STATE / "networks"
CONTAINERD_CONFIG = f"""version = 2
root = "{STATE}/images"
state = "/run/containerd"
disabled_plugins = [{
    ", ".join(
        f'"io.containerd.snapshotter.v1.{name}"' for name in ("btrfs", "zfs", "devmapper", "aufs")
    )
}]
[grpc]
  address = "{CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{images.PAUSE}"
  restrict_oom_score_adj = true  # not every root may lower it
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{DEBIAN}/usr/lib/cni"
    conf_dir = "{NETWORKS}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "{DEBIAN}/usr/sbin/runc"
"""


def start_all() -> None:
    """Start the four; the node is Ready when this returns."""
    _network()
    (STATE / "containerd.toml").write_text(CONTAINERD_CONFIG)
    start("containerd", "containerd", f"--config={STATE}/containerd.toml")
    wait("containerd", 60, "ctr", "--address", str(CONTAINERD), "version")
    for archive in images.archives():
        images.load(archive)
    for cgroup in world.cgroups():
        cgroup.mkdir(exist_ok=True)
    (STATE / "resolv.conf").write_text(f"nameserver {NODE}\n")
    _written("kubelet.json", _kubelet())
    kubelet = options(
        config=STATE / "kubelet.json",
        kubeconfig=STATE / "node.kubeconfig",
        node_ip=NODE,
        hostname_override=NAME,
        root_dir=STATE / "kubelet",
        cert_dir=STATE / "kubelet-pki",
    )
    start("kubelet", "kubelet", *kubelet)
    _written("proxy.json", _proxy())
    start("kube-proxy", "kube-proxy", f"--config={STATE}/proxy.json")
    start("dns", sys.executable, str(HERE / "dns.py"), str(STATE / "hosts"), NODE)
    ready = ["kubectl", "wait", "--for=condition=Ready", f"node/{NAME}", "--timeout=1s"]
    wait("kubelet", 120, *ready)
    lookup = [str(DEBIAN / "bin/busybox"), "nslookup", "kubernetes.default.svc.cluster.local", NODE]
    wait("dns", 60, *lookup)
    wait("kube-controller-manager", 60, "kubectl", "get", "serviceaccount", "default")


def _network() -> None:
    """A bridge for the pods; packets to anywhere else have no way out of the namespace."""
    NETWORKS.mkdir()
    bridge = {
        "type": "bridge",
        "bridge": "pods",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": str(STATE / "addresses"),
            "ranges": [[{"subnet": PODS}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    network = {"cniVersion": "0.4.0", "name": NAME, "plugins": [bridge, ports]}
    (NETWORKS / "10-pods.conflist").write_text(json.dumps(network))


def _written(name: str, config: dict) -> None:
    (STATE / name).write_text(json.dumps(config))


def _kubelet() -> dict:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(PKI / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(PKI / "node.crt"),
        "tlsPrivateKeyFile": str(PKI / "node.key"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [NODE],
        "clusterDomain": "cluster.local",
        "resolvConf": str(STATE / "resolv.conf"),
        "podLogsDir": str(STATE / "pod-logs"),
        "serializeImagePulls": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "200Mi"},
        "oomScoreAdj": 0,
    }


def _proxy() -> dict:
    untouched = {"maxPerCore": 0, "min": 0}  # the machine's own limits stay as they are
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(STATE / "proxy.kubeconfig")},
        "mode": "iptables",
        "clusterCIDR": PODS,
        "hostnameOverride": NAME,
        "nodePortAddresses": [f"{NODE}/32"],
        "metricsBindAddress": "127.0.0.1:10249",
        "healthzBindAddress": "127.0.0.1:10256",
        "conntrack": untouched | {"tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "oomScoreAdj": 0,
    }
