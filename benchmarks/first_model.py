"""From an empty folder to a registered champion by the README's two commands: clone, make demo."""

import sqlite3
import statistics
import tempfile
from contextlib import closing
from pathlib import Path

from measure import ROOT, Row, environment, row, say, spend
from project import expect

WARM_GOAL = 60.0  # seconds
PEER, PEER_GOAL = 151.0, 150.0  # kedro's spaceflights starter, seconds on a machine of 2 cores
WARM_RUNS = 3


def rows(runs: int) -> list[Row]:
    """Wall seconds with empty package caches, once, then with the caches that run has filled."""
    warm = min(runs, WARM_RUNS)
    with tempfile.TemporaryDirectory() as folder:
        cold = first_model(Path(folder), "cold")
        seconds = [first_model(Path(folder), f"warm-{number}") for number in range(warm)]
    median = statistics.median(seconds)
    peer = "kedro spaceflights starter, 151 s, measured elsewhere"
    return [
        row("first model, caches warm", median, WARM_GOAL, "goal of 60 s", 1.0, "s wall", warm),
        row("first model, caches cold", cold, PEER, peer, PEER_GOAL / PEER, "s wall", 1),
    ]


def first_model(folder: Path, name: str) -> float:
    """Clone, `make demo` with an empty home, look for the champion. Returns wall seconds."""
    home, clone = folder / name / "home", folder / name / "clone"
    home.mkdir(parents=True)
    caches = {"UV_CACHE_DIR": str(folder / "uv"), "PIP_CACHE_DIR": str(folder / "pip")}
    variables = environment(home, **caches)
    git = spend(["git", "clone", "--quiet", str(ROOT), str(clone)], home, variables)
    demo = spend(["make", "demo"], clone, variables)
    store = clone / "demo" / "load-forecast" / "mlflow.db"
    expect(store.exists(), f"make demo left no {store.name}")
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        query = "SELECT count(*) FROM registered_model_aliases WHERE alias = 'champion'"
        (count,) = connection.execute(query).fetchone()
    expect(count == 1, f"make demo left {count} champions, 1 is expected")
    say(f"{name}: {git.wall + demo.wall:.1f} s")
    return git.wall + demo.wall
