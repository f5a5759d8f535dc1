"""Katib on the node: its own manifests, with its database as a process beside the pods."""

import base64
import subprocess

import yaml

from .place import BUILT, DEBIAN, LIBRARIES, NODE, STATE, environment
from .services import kubectl, options, start, wait

DATABASE = "katib-mysql"
INJECTION = "katib.kubeflow.org/metrics-collector-injection"
LEFT_OUT = {
    ("PersistentVolumeClaim", DATABASE),
    ("Deployment", DATABASE),  # a process here
    ("Deployment", "katib-ui"),
    ("Service", "katib-ui"),
    ("ServiceAccount", "katib-ui"),
    ("ClusterRole", "katib-ui"),
    ("ClusterRoleBinding", "katib-ui"),
    ("ConfigMap", "trial-templates"),  # of Katib's examples
}


def install() -> None:
    """Start the database, apply the manifests, wait for controller and database manager."""
    objects = fitted(list(yaml.safe_load_all((BUILT / "katib.yaml").read_text())))
    [secret] = [item for item in objects if item["metadata"]["name"] == f"{DATABASE}-secrets"]
    _database(base64.b64decode(secret["data"]["MYSQL_ROOT_PASSWORD"]).decode())
    kubectl("apply", "--server-side", "-f", "-", text=yaml.safe_dump_all(objects))
    for name in ("katib-db-manager", "katib-controller"):
        words = ["rollout", "status", f"deployment/{name}", "-n", "kubeflow", "--timeout=180s"]
        kubectl(*words)


def fitted(objects: list[dict]) -> list[dict]:
    """Leave out what no trial needs and lead the database's Service to this node."""
    kept = [item for item in objects if (item["kind"], item["metadata"]["name"]) not in LEFT_OUT]
    for item in kept:
        if item["kind"] == "Service" and item["metadata"]["name"] == DATABASE:
            del item["spec"]["selector"]
        if item["kind"] == "Namespace":  # else Katib's own pods wait for Katib's webhook
            item["metadata"].get("labels", {}).pop(INJECTION, None)
    return [*kept, _endpoints()]


def _endpoints() -> dict:
    labels = {"kubernetes.io/service-name": DATABASE}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{DATABASE}-node", "namespace": "kubeflow", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [NODE], "conditions": {"ready": True}}],
        "ports": [{"name": "dbapi", "port": 3306}],
    }


def _database(password: str) -> None:
    data, share = STATE / "mariadb", DEBIAN / "usr/share/mysql"
    common = options(basedir=DEBIAN / "usr", datadir=data, user="root", lc_messages_dir=share)
    data.mkdir()
    installed = subprocess.run(
        [
            DEBIAN / "usr/bin/mariadb-install-db",
            "--no-defaults",
            *common,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        env=environment() | {"LD_LIBRARY_PATH": LIBRARIES},
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        raise SystemExit(f" stopped: MariaDB's tables: {installed.stderr}{installed.stdout}")
    first = STATE / "first.sql"
    first.write_text(
        "CREATE DATABASE katib;\n"
        f"CREATE USER root@'%' IDENTIFIED BY '{password}';\n"
        "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n"
    )
    server = options(
        bind_address=NODE,
        socket=STATE / "mariadb.sock",
        pid_file=STATE / "mariadb.pid",
        init_file=first,
        character_set_server="utf8mb4",
        innodb_buffer_pool_size="64M",
        innodb_flush_log_at_trx_commit=0,
        skip_name_resolve="ON",
    )
    start("mariadb", "mariadbd", "--no-defaults", *common, *server)
    wait("mariadb", 60, "bash", "-c", f"exec 3<>/dev/tcp/{NODE}/3306")
