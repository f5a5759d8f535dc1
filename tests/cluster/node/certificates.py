"""A certificate authority for one start of the cluster, and who it vouches for."""

import json
import subprocess
from pathlib import Path

from .place import NAME, NODE, STATE

PKI = STATE / "pki"
API = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]
# file: subject and alternative names
SIGNED = {
    "apiserver": (
        "/CN=kube-apiserver",
        [f"IP:{NODE}", "IP:127.0.0.1", "IP:10.96.0.1", *(f"DNS:{name}" for name in API)],
    ),
    "kubelet-client": ("/O=system:masters/CN=apiserver-kubelet", []),
    "node": (f"/O=system:nodes/CN=system:node:{NAME}", [f"IP:{NODE}", f"DNS:{NAME}"]),
    "admin": ("/O=system:masters/CN=admin", []),
    "controller": ("/CN=system:kube-controller-manager", []),
    "scheduler": ("/CN=system:kube-scheduler", []),
    "proxy": ("/CN=system:kube-proxy", []),
}
CLIENTS = ["node", "admin", "controller", "scheduler", "proxy"]


def make() -> None:
    """Write every key, certificate and kubeconfig."""
    PKI.mkdir(mode=0o700)
    _openssl("genrsa", "-out", "accounts.key", "2048")
    _key("ca")
    authority = ["-key", "ca.key", "-days", "365", "-subj", f"/CN={NAME}", "-out", "ca.crt"]
    _openssl("req", "-x509", "-new", *authority)
    for name, (subject, alternatives) in SIGNED.items():
        sign(name, subject, alternatives)
    for name in CLIENTS:
        (STATE / f"{name}.kubeconfig").write_text(json.dumps(_kubeconfig(name)))


def sign(name: str, subject: str, alternatives: list[str]) -> None:
    """Write a key and the authority's certificate for it."""
    _key(name)
    _openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
    lines = ["extendedKeyUsage=serverAuth,clientAuth"]
    if alternatives:
        lines.append(f"subjectAltName={','.join(alternatives)}")
    (PKI / f"{name}.ext").write_text("\n".join(lines))
    authority = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "365"]
    request = ["-in", f"{name}.csr", "-extfile", f"{name}.ext", "-out", f"{name}.crt"]
    _openssl("x509", "-req", *request, *authority)


def _key(name: str) -> None:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], cwd=PKI, check=True, capture_output=True)


def _kubeconfig(name: str) -> dict:
    def path(file: str) -> str:
        return str(Path(PKI, file))

    server = {"server": f"https://{NODE}:6443", "certificate-authority": path("ca.crt")}
    user = {"client-certificate": path(f"{name}.crt"), "client-key": path(f"{name}.key")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": server}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": name}}],
        "current-context": NAME,
    }
