"""The cluster's DNS: dnsmasq over a hosts file that follows the Services.

dns.py FOLDER ADDRESS. Names of Services with an address are answered; pods' own names are not.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

WATCH = ["kubectl", "get", "services", "--all-namespaces", "-o", "json"]
WATCH += ["--watch", "--output-watch-events"]


def serve(folder: Path, address: str) -> None:
    """Answer until the process is ended."""
    folder.mkdir(exist_ok=True)
    hosts = folder / "services"
    hosts.touch()
    # inherited until dnsmasq takes it: a service seen before that would end dnsmasq
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = subprocess.Popen(
        [
            "dnsmasq",
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
            f"--listen-address={address}",
            f"--addn-hosts={hosts}",
            "--local=/cluster.local/",
            "--cache-size=0",
            "--user=root",
            "--pid-file",
        ]
    )
    while True:  # the watch ends when the API server closes it: list again
        names: dict[str, str] = {}
        with subprocess.Popen(WATCH, stdout=subprocess.PIPE, text=True) as watch:
            assert watch.stdout
            for line in watch.stdout:
                update(names, json.loads(line))
                write(hosts, names)
                if server.poll() is not None:
                    sys.exit(f" stopped: dnsmasq ended with {server.returncode}")
                server.send_signal(signal.SIGHUP)
        time.sleep(1)


def update(names: dict[str, str], event: dict) -> None:
    """Take one event of a watch into the addresses by `service.namespace`."""
    service = event["object"]
    name = f"{service['metadata']['name']}.{service['metadata']['namespace']}"
    address = service["spec"].get("clusterIP")
    if event["type"] == "DELETED" or address in (None, "", "None"):
        names.pop(name, None)
    else:
        names[name] = address


def write(hosts: Path, names: dict[str, str]) -> None:
    """Replace the hosts file whole."""
    lines = [
        f"{address} {name}.svc.cluster.local {name}.svc {name}\n"
        for name, address in sorted(names.items())
    ]
    part = hosts.with_name(f".{hosts.name}")
    part.write_text("".join(lines))
    part.replace(hosts)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2])
