"""Requests a second, start and memory of the service, against bare FastAPI and other servers."""

import statistics
import tempfile
from pathlib import Path

import load
import project
import yaml
from measure import Row, row, say
from serving_targets import MANY, Target, asked, same_numbers, started

TRAINED = 20_000
CLIENTS = (1, 8, 64)
SECONDS = 3
GOALS = {  # times the requests a second of
    "noop": ("a FastAPI no-op", 0.85),
    "sklearn": ("FastAPI + scikit-learn", 8.0),
    "mlserver": ("MLServer, batching", 1.0),
    "bentoml": ("BentoML, batching", 1.0),
}
READY, MEMORY = 3.0, 300.0  # seconds, MB

Rates = dict[tuple[str, int], list[load.Rate]]


def rows(runs: int) -> list[Row]:
    """All servers stand side by side on one core and are asked in turn from another."""
    runs = min(runs, 3)
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder), TRAINED, 1)
        _one_family(made.root / "params.yaml")
        made.verb("run")
        with started(made) as servers:
            targets = asked(servers)
            same_numbers(targets)
            rates = _rates(targets, runs)
            memory = servers["ours"].megabytes()
        starts = _starts(made, runs)
    return [*_ratios(rates, runs), *_own(starts, memory, runs)]


def _one_family(path: Path) -> None:
    """A forest of boosted trees as large as people's are, and no search."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    size = {"type": "int", "min": 100, "max": 101}
    tree["tune"]["families"] = {"hist_gradient_boosting": {"max_iter": size}}
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")


def _rates(targets: dict[str, Target], runs: int) -> Rates:
    found: Rates = {}
    for number in range(runs):
        for clients in CLIENTS:
            for name, item in targets.items():
                if "rows" in name and clients != 8:
                    continue
                rate = load.ask(item.server.port, item.path, item.body, clients, SECONDS)
                found.setdefault((name, clients), []).append(rate)
                say(f"{number + 1}/{runs} {clients:>2} clients {name}: {rate.each_second:,.0f}/s")
    return found


def _ratios(rates: Rates, runs: int) -> list[Row]:
    def middle(name: str, clients: int) -> float:
        return statistics.median(rate.each_second for rate in rates[name, clients])

    found = []
    for clients in CLIENTS:
        ours = middle("ours", clients)
        for peer, (words, goal) in GOALS.items():
            name, theirs = f"serving, {clients} clients, {words}", middle(peer, clients)
            found.append(row(name, ours, theirs, words, goal, "req/s", runs, at_least=True))
        name, words = f"serving by entity, {clients} clients", "the same with all features"
        entity = middle("entity", clients)
        found.append(row(name, entity, ours, words, 0.5, "req/s", runs, at_least=True))
    for peer in ("noop", "sklearn"):
        words, goal = GOALS[peer]
        mine, theirs = middle(f"ours, {MANY} rows", 8), middle(f"{peer}, {MANY} rows", 8)
        name = f"serving {MANY} rows, 8 clients, {words}"
        found.append(row(name, mine, theirs, words, None, "req/s", runs, at_least=True))
    slow = [statistics.median(rate.p99 for rate in rates[name, 64]) for name in ("ours", "noop")]
    return [*found, row("serving, p99 at 64 clients", *slow, GOALS["noop"][0], None, "ms", runs)]


def _starts(made: project.Project, runs: int) -> dict[str, float]:
    """Seconds to the first ready, of the champion and of a folder as an image has it."""
    made.verb("bundle")
    found: dict[str, list[float]] = {"from the registry": [], "from a folder": []}
    for _ in range(runs):
        for name, words in zip(found, ([], ["--model", "artifacts/bundle"]), strict=True):
            port = load.free_port()
            command = [str(made.python), "-m", "level2", "serve", "--port", str(port)]
            ready = "/v2/health/ready"
            with load.server([*command, *words], port, ready, made.root, made.variables) as one:
                found[name].append(one.seconds)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def _own(starts: dict[str, float], memory: float, runs: int) -> list[Row]:
    found = [
        row(f"serving, start to ready, {name}", seconds, READY, "3 s", 1.0, "s wall", runs)
        for name, seconds in starts.items()
    ]
    name = "serving, memory after the load, entities included"
    return [*found, row(name, memory, MEMORY, "300 MB", 1.0, "MB", 1)]
