"""A stand-in cluster as a process of its own, and a kubeconfig that leads to it."""

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

import level2

SOURCE = Path(level2.__file__).parents[1]
SERVER = Path(__file__).parent / "servers" / "kube_api.py"


class Cluster:
    """The running process and what tests ask of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},  # stands for what the image holds
        )
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def kubeconfig(self, user: str = "good", url: str | None = None) -> str:
        """Write a kubeconfig; return its path."""
        tree = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
            "clusters": [{"name": "it", "cluster": {"server": url or self.url}}],
            "users": [{"name": "me", "user": {"token": user}}],
        }
        path = self.folder / f"kubeconfig-{user}.yaml"
        path.write_text(yaml.safe_dump(tree))
        return str(path)

    def play(self, *faults: dict, **play: object) -> None:
        """Say how the controller behaves, and which requests meet a fault."""
        self._ask("play", {"play": play, "faults": list(faults)})

    def seen(self) -> dict:
        """What arrived, what is kept, what trials printed."""
        return self._ask("seen", {})

    def stop(self) -> None:
        """End the process by closing its input."""
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def _ask(self, what: str, body: dict) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", f"/stand-in/{what}", json.dumps(body))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer
