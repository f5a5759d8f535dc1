"""A service under load and drift with Prometheus beside it: `watched.py PROJECT OUTPUT.png`.

Starts both on 127.0.0.1, asks for a few minutes as many clients would, has dashboard.py draw what
Prometheus has seen meanwhile, and stops both by their own ids. `servers` is that of the tests.
"""

import concurrent.futures
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pandas as pd

from servers import free_port, start, stop

MINUTES, BUSY, EVERY = 5, 25.0, "2s"  # BUSY: requests a second where there are most
DASHBOARD = "deploy/monitoring/grafana/serving.json"
FEATURES = ("temperature", "holiday", "weekday", "day_of_year")
LAGS = ("load_lag_1", "load_lag_2", "load_lag_7", "load_lag_14")


def rows(table: pd.DataFrame, drift: float, dice: random.Random) -> list[dict]:
    """Features of one request; with `drift` a sensor speaks Fahrenheit and the load falls."""
    many = dice.choices((1, 4, 16), (12, 3, 1))[0]
    picked = table.sample(many, random_state=dice.randrange(2**31))
    found = []
    for row in picked.to_dict("records"):
        made = {name: row[name] for name in FEATURES} | {"area_key": row["area"]}
        made["holiday"] = bool(row["holiday"])
        made |= {name: int(row[name]) for name in ("weekday", "day_of_year")}
        made |= {name: float(row[name]) * (1 - 0.3 * drift) for name in LAGS}
        if dice.random() < 0.5 * drift:
            made["temperature"] = row["temperature"] * 1.8 + 32
        if dice.random() < 0.01 + 0.05 * drift:
            made["temperature"] = None
        found.append(made)
    return found


def question(table: pd.DataFrame, drift: float, dice: random.Random) -> dict:
    """A request: by entity alone, with all features, or with an area nobody knows."""
    if dice.random() < 0.2:
        return {"entities": [{"area": dice.choice(sorted(table["area"].unique()))}]}
    asked = rows(table, drift, dice)
    if dice.random() < 0.01:
        asked[0]["area_key"] = "Atlantis"
    return {"rows": asked}


def ask(url: str, body: dict) -> int:
    """Status of one answer."""
    try:
        data = json.dumps(body).encode()
        with urllib.request.urlopen(f"{url}/predict", data, timeout=30) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def load(url: str, table: pd.DataFrame, seconds: float) -> dict[int, int]:
    """Ask in waves, drifting from the middle on. Returns how often each status was answered."""
    dice, began, sent = random.Random(7), time.monotonic(), []  # noqa: S311  no secret
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        while (past := (time.monotonic() - began) / seconds) < 1:
            drift = min(1.0, max(0.0, (past - 0.5) * 5))
            sent.append(clients.submit(ask, url, question(table, drift, dice)))
            wave = 0.7 + 0.3 * math.sin(past * 4 * math.pi)
            time.sleep(dice.expovariate(BUSY * wave))
    codes = [item.result() for item in sent]
    return {code: codes.count(code) for code in sorted(set(codes))}


def prometheus(project: Path, service: str, folder: Path) -> tuple[str, subprocess.Popen]:
    """Prometheus with the project's own configuration; address and pace alone are replaced."""
    shutil.copytree(project / "deploy/monitoring", folder / "monitoring")
    file = folder / "monitoring/prometheus.yaml"
    text = file.read_text().replace("service:8000", service.removeprefix("http://"))
    file.write_text(text.replace("15s", EVERY))
    url = f"http://127.0.0.1:{free_port()}"
    words = [f"--config.file={file}", f"--storage.tsdb.path={folder}/kept"]
    words.append(f"--web.listen-address={url.removeprefix('http://')}")
    return url, start(["prometheus", *words], folder / "log", f"{url}/-/ready")


def main() -> None:
    """Start, load, draw, stop."""
    if not shutil.which("prometheus"):
        sys.exit(" stopped: prometheus is not installed: the system's packages have it")
    project, output = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    [package] = [path.parent.name for path in project.glob("src/*/errors.py")]
    table = pd.read_parquet(project / "data/features.parquet").dropna()
    running = []
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        url = f"http://127.0.0.1:{port}"
        words = [sys.executable, "-m", package, "serve", "--port", str(port)]
        env = {"PYTHONPATH": str(project / "engine"), "SERVE_LOG": f"{folder}/predictions.db"}
        try:
            ready = f"{url}/v2/health/ready"
            running.append(start(words, folder / "service", ready, cwd=project, **env))
            address, process = prometheus(project, url, folder)
            running.append(process)
            print(" answers  ", load(url, table, 60 * MINUTES), flush=True)
            draw = [sys.executable, str(Path(__file__).with_name("dashboard.py")), str(output)]
            draw += [address, str(project / DASHBOARD), str(60 * MINUTES)]
            subprocess.run(draw, check=True, env=os.environ)  # noqa: S603  our own words
        finally:
            for process in reversed(running):
                stop(process)
    print(f" picture   {output.name}")


if __name__ == "__main__":
    main()
