"""The picture of the dashboard: its panels, as a real Prometheus answers their own questions."""

import json
import struct
import time
import urllib.parse
import urllib.request

import pytest
from test_whole_picture import need

from conftest import PROJECT, ROOT
from projects import python
from servers import free_port, start, stop

IMAGES = ROOT / "docs/images"
BOARD = PROJECT / "deploy/monitoring/grafana/serving.json"
HERE = f"import sys; sys.path.insert(0, {str(IMAGES)!r}); import json; "


def size(picture):
    """Width and height of a PNG."""
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def test_it_has_the_places_that_the_dashboard_has_now():
    places = [panel["gridPos"] for panel in json.loads(BOARD.read_text())["panels"]]
    rows = max(place["y"] + place["h"] for place in places)
    assert size(IMAGES / "dashboard.png") == (1200, 52 + 32 * rows + 10), "make dashboard-picture"
    assert (IMAGES / "dashboard.png").stat().st_size < 300_000


def test_where_it_is_shown_it_says_who_drew_it():
    for page in ("README.md", "docs/how-to/watch.md"):
        text = " ".join((ROOT / page).read_text().split())
        assert "images/dashboard.png" in text
        assert "drawn from the dashboard's own queries on a real Prometheus, not by Grafana" in text


@pytest.mark.slow
def test_buckets_are_taken_apart_and_numbers_have_a_readable_unit(tmp_path):
    code = "import panels; print(json.dumps([panels.taken_apart([('1', [0, 1], [1, 2]), "
    code += "('+Inf', [0, 1], [3, 2])]), [panels.worded(*pair) for pair in ((0.0042, 's'), "
    code += "(2.5, 's'), (90, 's'), (7200, 's'), (24.26, 'reqps'), (0, ''), (25941, ''))]]))"
    cells, words = json.loads(python(tmp_path, HERE + code))
    assert cells == [[1, 2], [2, 0]]
    assert words == ["4.2 ms", "2.5 s", "1.5 min", "2.0 hours", "24.3 req/s", "0", "25,941"]


def panel(kind, title, expr, legend, **more):
    target = {"expr": expr, "legendFormat": legend, "instant": kind == "stat"}
    place = {"x": 0 if kind == "stat" else 6, "y": 0, "w": 6, "h": 8}
    unit = {"defaults": {"unit": "cps"}}
    found = {"type": kind, "title": title, "gridPos": place, "fieldConfig": unit}
    return {**found, "options": {}, "targets": [target], **more}


ALIVE = panel("stat", "Alive", "sum(up)", "now")
PAGES = "sum by (job) (rate(prometheus_http_requests_total[$__rate_interval]))"
ASKED = panel("timeseries", "Asked", PAGES, "pages of {{job}}")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A Prometheus that watches itself, for long enough to know a rate."""
    program, folder = need("prometheus"), tmp_path_factory.mktemp("prometheus")
    host = f"127.0.0.1:{free_port()}"
    job = f'{{job_name: itself, static_configs: [{{targets: ["{host}"]}}]}}'
    (folder / "one.yaml").write_text(f"global: {{scrape_interval: 1s}}\nscrape_configs: [{job}]\n")
    words = [f"--config.file={folder}/one.yaml", f"--storage.tsdb.path={folder}/kept"]
    command = [program, *words, f"--web.listen-address={host}"]
    process = start(command, folder / "log", f"http://{host}/-/ready")
    asked = urllib.parse.quote("rate(prometheus_http_requests_total[1m]) > 0")
    until = time.monotonic() + 60
    while not told(f"http://{host}/api/v1/query?query={asked}"):
        assert time.monotonic() < until, "it knows no rate of its own pages"
        time.sleep(0.5)
    yield f"http://{host}"
    stop(process)


def told(url):
    """What Prometheus finds."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def drawn(address, folder, *panels):
    """Every word of the drawing."""
    (folder / "board.json").write_text(json.dumps({"title": "A board", "panels": panels}))
    code = "from pathlib import Path; import dashboard; from matplotlib.text import Text; "
    code += f"p = dashboard.Prometheus({address!r}, 60); b = json.loads(Path('board.json')"
    code += ".read_text()); f = dashboard.draw(b, p); f.savefig('board.png'); "
    code += "print(json.dumps([t.get_text() for t in f.findobj(Text)]))"
    return set(json.loads(python(folder, HERE + code)))


@pytest.mark.server
def test_a_real_prometheus_is_asked_and_what_it_says_is_drawn(address, tmp_path):
    words = drawn(address, tmp_path, ALIVE, ASKED)
    assert {"A board", "Alive", "1 c/s", "Asked", "pages of itself"} <= words
    assert [word for word in words if word.endswith(" c/s") and word[0] != "0"], "a rate"
    assert size(tmp_path / "board.png") == (1200, 52 + 32 * 8 + 10)


@pytest.mark.server
def test_a_panel_of_which_nothing_is_known_is_not_drawn(address, tmp_path):
    empty = panel("timeseries", "Empty", "rate(serving_nothing_total[$__rate_interval])", "x")
    with pytest.raises(AssertionError, match="Empty: Prometheus knows nothing of what this panel"):
        drawn(address, tmp_path, ALIVE, empty)
    assert not (tmp_path / "board.png").exists()
