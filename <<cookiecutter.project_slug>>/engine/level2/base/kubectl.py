"""kubectl: a port-forward to the KFP API, if there is a kubeconfig but no address."""

import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from types import TracebackType

from .errors import ProjectError

SERVICE, PORT = "svc/ml-pipeline", 8888
START_SECONDS = 20.0


def kubeconfig() -> bool:
    """Whether the user has a kubeconfig."""
    named = os.environ.get("KUBECONFIG", "")
    files = [Path(part) for part in named.split(os.pathsep) if part]
    return any(path.is_file() for path in files or [Path.home() / ".kube" / "config"])


def ui_command(namespace: str) -> str:
    """The command to reach the KFP UI with the same kubeconfig."""
    return f"kubectl -n {namespace} port-forward svc/ml-pipeline-ui 8080:80"


class Tunnel:
    """A `kubectl port-forward` process of our own, stopped by its process id."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The local end."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> "Tunnel":
        """Start and wait until it listens."""
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the process we started."""
        self._stop()

    def revive(self) -> None:
        """Restart on the same port if the process has ended, as port-forwards often do."""
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._start()

    def _start(self) -> None:
        """Raises ProjectError with kubectl's own reason if it does not come up."""
        program = shutil.which("kubectl")
        if program is None:
            raise ProjectError(
                "kubectl is not installed and KF_PIPELINES_ENDPOINT is not set: install kubectl "
                "for a port-forward, or set the address"
            )
        ports = f"{self._port or ''}:{PORT}"
        words = [program, "-n", self._namespace, "port-forward", "--address", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*words, SERVICE, ports],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said: list[str] = []
        up = threading.Event()
        threading.Thread(target=self._listen, args=(self._process, said, up), daemon=True).start()
        up.wait(START_SECONDS)
        found = next((re.search(r"127\.0\.0\.1:(\d+) ->", line) for line in said[-1:]), None)
        if found is None:
            self._stop()
            reason = said[-1][:200] if said else f"no response in {START_SECONDS:g} s"
            raise ProjectError(
                f"kubectl cannot forward to {SERVICE} in {self._namespace}: {reason}"
            )
        self._port = int(found[1])

    @staticmethod
    def _listen(process: "subprocess.Popen[str]", said: list[str], up: threading.Event) -> None:
        """Collect kubectl's output until it listens or ends; then keep its pipe empty."""
        assert process.stdout is not None  # noqa: S101  it was opened with a pipe
        for line in process.stdout:
            if not up.is_set():
                said.append(line.strip())
                if " -> " in line:
                    up.set()
        up.set()

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
