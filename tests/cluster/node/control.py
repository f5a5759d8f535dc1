"""The control plane: etcd, API server, controller manager and scheduler."""

from .certificates import PKI
from .place import NODE, PODS, SERVICES, STATE
from .services import options, start, wait

ETCD = "http://127.0.0.1:2379"
PEER = "http://127.0.0.1:2380"


def start_all() -> None:
    """Start the four; the API server answers when this returns."""
    # thrown away with the cluster: nothing has to survive a power cut
    store = options(
        data_dir=STATE / "etcd",
        listen_client_urls=ETCD,
        advertise_client_urls=ETCD,
        listen_peer_urls=PEER,
        initial_advertise_peer_urls=PEER,
        initial_cluster=f"default={PEER}",
    )
    start("etcd", "etcd", *store, "--unsafe-no-fsync")
    start("kube-apiserver", "kube-apiserver", *_api(), "--allow-privileged")
    wait("kube-apiserver", 180, "kubectl", "get", "--raw", "/readyz")
    for name, more in (("controller-manager", _controllers()), ("scheduler", [])):
        user = STATE / f"{name.split('-', maxsplit=1)[0]}.kubeconfig"
        common = options(
            kubeconfig=user,
            leader_elect="false",
            bind_address="127.0.0.1",
            cert_dir=STATE / name,
            authentication_kubeconfig=user,
            authorization_kubeconfig=user,
        )
        start(f"kube-{name}", f"kube-{name}", *common, *more)


def _api() -> list[str]:
    return options(
        etcd_servers=ETCD,
        bind_address=NODE,
        advertise_address=NODE,
        service_cluster_ip_range=SERVICES,
        authorization_mode="Node,RBAC",
        enable_admission_plugins="NodeRestriction",
        client_ca_file=PKI / "ca.crt",
        tls_cert_file=PKI / "apiserver.crt",
        tls_private_key_file=PKI / "apiserver.key",
        kubelet_certificate_authority=PKI / "ca.crt",
        kubelet_client_certificate=PKI / "kubelet-client.crt",
        kubelet_client_key=PKI / "kubelet-client.key",
        kubelet_preferred_address_types="InternalIP",
        service_account_issuer="https://kubernetes.default.svc",
        service_account_key_file=PKI / "accounts.key",
        service_account_signing_key_file=PKI / "accounts.key",
        cert_dir=STATE / "apiserver",
        profiling="false",
    )


def _controllers() -> list[str]:
    return options(
        service_account_private_key_file=PKI / "accounts.key",
        use_service_account_credentials="true",
        root_ca_file=PKI / "ca.crt",
        cluster_signing_cert_file=PKI / "ca.crt",
        cluster_signing_key_file=PKI / "ca.key",
        cluster_cidr=PODS,
        allocate_node_cidrs="false",
    )
