"""The servers that are compared, all started side by side, and what each of them is asked."""

import contextlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import load
import peers_env
import project
from measure import say

MANY = 100  # rows of a long request
PEERS = Path(__file__).with_name("peers")


@dataclass(frozen=True)
class Target:
    """Who is asked, where and what."""

    server: load.Server
    path: str
    body: Any


def _commands(made: project.Project) -> dict[str, tuple[list[str], str, dict[str, str]]]:
    """Words, page that says it is ready, and variables of each server; PORT is filled in."""
    model, python = str(made.root / "artifacts/model/model.skops"), str(made.python)
    plain = {**made.variables, "PYTHONPATH": str(PEERS)}
    ours = [python, "-m", "level2", "serve", "--port", "PORT"]
    return {
        "ours": (ours, "/v2/health/ready", made.variables),
        "noop": ([python, str(PEERS / "fastapi_noop.py"), "PORT"], "/", plain),
        "sklearn": ([python, str(PEERS / "fastapi_sklearn.py"), "PORT", model], "/", plain),
        "mlserver": peers_env.mlserver(made.root.parent, model, plain),
        "bentoml": peers_env.bentoml(model, plain),
    }


@contextlib.contextmanager
def started(made: project.Project) -> Iterator[dict[str, load.Server]]:
    """Every server, ready."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name, (words, ready, variables) in _commands(made).items():
            port = load.free_port()
            command = [word.replace("PORT", str(port)) for word in words]
            settings = {key: text.replace("PORT", str(port)) for key, text in variables.items()}
            serving = load.server(command, port, ready, made.root, settings)
            found[name] = stack.enter_context(serving)
            say(f"{name} ready after {found[name].seconds:.1f} s")
        yield found


def asked(servers: dict[str, load.Server]) -> dict[str, Target]:
    """What each server is asked; `entity` and `..., 100 rows` are asked of the same ones."""
    numbers = [round(math.sin(place), 3) for place in range(project.FEATURES)]
    one = {f"x{place}": number for place, number in enumerate(numbers)}
    keyed = {"station": "station_7", "day": "1990-01-02", **one}
    tensor = {"name": "x", "shape": [1, len(numbers)], "datatype": "FP64", "data": numbers}
    known = {"ours": "/predict", "noop": "/predict", "sklearn": "/predict"}
    found = {name: Target(servers[name], path, {"rows": [keyed]}) for name, path in known.items()}
    inputs = {"inputs": [tensor]}
    found["mlserver"] = Target(servers["mlserver"], "/v2/models/model/infer", inputs)
    found["bentoml"] = Target(servers["bentoml"], "/predict", {"rows": [numbers]})
    entity = {"entities": [{"station": "station_7"}]}
    found["entity"] = Target(servers["ours"], "/predict", entity)
    for name, path in known.items():
        found[f"{name}, {MANY} rows"] = Target(servers[name], path, {"rows": [keyed] * MANY})
    return found


def same_numbers(targets: dict[str, Target]) -> None:
    """Raise MeasureError unless every server answers by the same model."""
    told = {name: item.server.ask(item.path, item.body) for name, item in targets.items()}
    found = {
        "ours": told["ours"]["predictions"][0],
        "sklearn": told["sklearn"]["predictions"][0],
        "mlserver": told["mlserver"]["outputs"][0]["data"][0],
        "bentoml": told["bentoml"][0],
    }
    near = all(math.isclose(value, found["ours"], rel_tol=1e-4) for value in found.values())
    project.expect(near, f"the servers answer by other models: {json.dumps(found)}")
    project.expect(len(told["entity"]["predictions"]) == 1, f"{told['entity']}")
