"""Environments of the servers that are compared, one each, and how they are started."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from measure import ROOT, MeasureError, say

PEERS = Path(__file__).with_name("peers")
KEPT = Path(__file__).with_name(".work")
SAME = ("scikit-learn==1.9.1", "skops==0.16.0", "pandas==2.3.3", "numpy==2.4.6")  # as in the lock
WANTED = {"mlserver": "mlserver==1.7.1", "bentoml": "bentoml==1.4.39"}


def mlserver(folder: Path, model: str, variables: dict[str, str]) -> tuple:
    """Words, page and variables; requests are gathered for up to 2 ms, 64 at most."""
    home = folder / "mlserver"
    home.mkdir()
    settings = {"parallel_workers": 0, "debug": False, "use_structured_logging": False}
    (home / "settings.json").write_text(json.dumps({**settings, "metrics_endpoint": None}))
    described = {
        "name": "model",
        "implementation": "mlserver_model.Model",
        "max_batch_size": 64,
        "max_batch_time": 0.002,
        "parameters": {"uri": model},
    }
    (home / "model-settings.json").write_text(json.dumps(described))
    python = _environment("mlserver")
    own = {"MLSERVER_HTTP_PORT": "PORT", "MLSERVER_GRPC_PORT": "0", "MLSERVER_HOST": "127.0.0.1"}
    words = [str(python.parent / "mlserver"), "start", str(home)]
    return words, "/v2/models/model/ready", {**variables, **own}


def bentoml(model: str, variables: dict[str, str]) -> tuple:
    """Words, page and variables; batches adapt themselves."""
    python = _environment("bentoml")
    own = {"MODEL": model, "BENTOML_DO_NOT_TRACK": "True"}
    words = [str(python.parent / "bentoml"), "serve", "bentoml_batched:Model"]
    words += ["--working-dir", str(PEERS), "--host", "127.0.0.1", "--port", "PORT"]
    return words, "/readyz", {**variables, **own}


def _environment(name: str) -> Path:
    """Python of a peer's environment, made where it is missing. Raises MeasureError."""
    place = KEPT / name
    python, ready = place / "bin/python", place / f".{WANTED[name]}"
    if ready.exists():
        return python
    uv = shutil.which("uv")
    if uv is None:
        raise MeasureError("uv is missing, which installs the servers to compare with: make bench")
    say(f"{WANTED[name]} into {place.relative_to(ROOT)}")
    make = [uv, "venv", "--quiet", "--clear", "--python", "3.11", str(place)]
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    for command in (make, [*install, WANTED[name], *SAME]):
        done = subprocess.run(  # noqa: S603  fixed words
            command, env=dict(os.environ), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise MeasureError(f"{WANTED[name]} cannot be installed: {done.stderr[-400:]}")
    ready.touch()
    return python
