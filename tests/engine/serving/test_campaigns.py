"""The service for long: small here, at full size by `pytest -m long`; what is found is printed."""

import http.client
import json
import shutil
import statistics
import subprocess
import time
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from requests_made import predictions, requests
from running import Load, command, logged, resident, serving, until

pytestmark = pytest.mark.slow


def full(*values):
    """A size for the campaign."""
    return pytest.param(*values, marks=pytest.mark.long)


class Caller:
    """One connection, opened again where the service has closed it."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method, path, headers, body):
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            raise


@pytest.mark.parametrize("count", [400, full(50_000)])
def test_no_generated_request_makes_it_fail(server, count):
    document = server.get("/openapi.json")[1]
    (name,) = [path for path in document["paths"] if path.endswith("/infer")]
    inputs = server.get(name.removesuffix("/infer"))[1]["inputs"]
    caller, found = Caller(server.port), Counter()

    def ask(number, made):
        @settings(
            max_examples=number, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(request=made)
        def once(request):
            status, data = caller.ask(*request)
            page = request[1] if request[1] in document["paths"] else "another page"
            found[page, status] += 1
            assert status < 500, request
            if status >= 400 and request[0] != "HEAD":
                assert len(json.loads(data)["error"]) > 10, request

        once()

    for page in ("/predict", name):
        ask(count // 8, predictions(document, inputs, page, fit=True))
        assert found[page, 200] > count / 10, "they fit"
        ask(count // 8, predictions(document, inputs, page, fit=False))
        assert found[page, 422] > count / 50, "many do not"
    ask(count, requests(document, inputs))
    statuses = Counter()
    for (_, status), number in found.items():
        statuses[status] += number
    print(f"\ncampaign: {sum(statuses.values()):,} generated requests, by status {dict(statuses)}")
    assert sum(statuses.values()) >= count
    assert not [name for name in server.metrics() if 'code="5' in name]
    assert server.post("/predict", {"rows": []})[0] == 422, "it is alive"


@pytest.mark.parametrize(("clients", "seconds"), [(16, 3), full(64, 60), full(256, 60)])
def test_many_clients_for_long(bundle, tmp_path, example, clients, seconds):
    with serving(tmp_path, "--model", str(bundle)) as running:
        load = Load(running.port, {"rows": [example]}, clients)
        time.sleep(seconds / 3)
        before = resident(running.process)
        time.sleep(seconds * 2 / 3)
        grown = resident(running.process) - before
        load.stop()
        assert running.stop() == 0
    assert load.failures == []
    slow = statistics.quantiles(load.seconds, n=100)[98] * 1e3
    print(
        f"\ncampaign: {clients} clients for {seconds} s: {len(load.answers):,} answers, none "
        f"refused, 99 % within {slow:.0f} ms, memory {grown:+.1f} MB over the last two thirds"
    )
    kept = Counter(row[1] for row in logged(tmp_path / "data/predictions.db"))
    assert kept == Counter(name for name, _, _ in load.answers), "each answer is logged once"
    assert grown < 30


def mounted(folder, size):
    """A disk of its own; False where nobody may mount one."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return subprocess.run(words, capture_output=True).returncode == 0


def fill(path):
    """Take all that is left of a disk."""
    with path.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))


@pytest.mark.parametrize("seconds", [2, full(30)])
def test_a_disk_that_is_full_and_then_is_not(bundle, tmp_path, example, seconds):
    disk = tmp_path / "disk"
    if not mounted(disk, "8m"):
        pytest.skip("a disk of its own needs the right to mount one")
    log = disk / "predictions.db"
    try:
        with serving(tmp_path, "--model", str(bundle), SERVE_LOG=str(log)) as running:
            assert running.post("/predict", {"rows": [example]})[0] == 200
            until(lambda: len(logged(log)) == 1)
            fill(disk / "filler")
            load = Load(running.port, {"rows": [example]}, 8)
            time.sleep(seconds)
            dropped = running.metrics()["serving_log_dropped_total"]
            (disk / "filler").unlink()
            until(lambda: len(logged(log)) > 50)
            load.stop()
            assert running.stop() == 0
        assert load.failures == [], "predictions go on"
        assert dropped > 0
        assert logged(log, "pragma integrity_check") == [("ok",)]
        kept, told = len(logged(log)), len(load.answers) + 1
        print(f"\ncampaign: full disk for {seconds} s: {told:,} answers, none refused, {kept:,}")
        assert kept < told
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("count", [3, full(60)])
def test_no_changed_byte_of_the_model_is_served(bundle, tmp_path, count):
    drawn = np.random.default_rng(0)
    data = (bundle / "model.onnx").read_bytes()
    for number in range(count):
        folder = shutil.copytree(bundle, tmp_path / f"model{number}")
        place = int(drawn.integers(len(data)))
        changed = bytes([data[place] ^ 1 << int(drawn.integers(8))])
        (folder / "model.onnx").write_bytes(data[:place] + changed + data[place + 1 :])
        done = command(tmp_path, "serve", "--port", "0", "--model", str(folder))
        assert (done.returncode, done.stdout) == (1, ""), place
        assert "SHA-256 differs" in done.stderr
    print(f"\ncampaign: {count} models with one bit changed, all refused")
