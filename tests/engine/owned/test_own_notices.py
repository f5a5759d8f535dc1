"""The team's own notices: called with a small record, never able to undo what they are about."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from level2.owned import owner
from mlproject import notices

RECORD = {
    "model": "small-load",
    "version": "2",
    "champion": "2",
    "previous": "1",
    "reasons": ["rmse is too large", "a slice got worse"],
    "metric": "rmse",
    "value": 412.66,
}


@pytest.fixture
def chat(monkeypatch):
    """The texts that an incoming webhook on this machine has received."""
    texts = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            texts.append(json.loads(body)["text"])
            self.send_response(404 if self.path == "/gone" else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("NOTICE_URL", f"http://127.0.0.1:{server.server_port}/hook\n")
        yield texts
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("registered")
def test_a_chat_hears_what_happened(chat, tmp_path):
    assert owner.notify(tmp_path, "promoted", RECORD) == ""
    assert owner.notify(tmp_path, "promoted", {**RECORD, "previous": None}) == ""
    assert owner.notify(tmp_path, "held", RECORD) == ""
    told = {"model": "small-load", "version": "2", "action": "retrain", "reason": "it errs more"}
    assert owner.notify(tmp_path, "decided", {**told, "findings": []}) == ""
    assert chat == [
        "small-load v2 is the champion and replaces v1 (rmse 412.7)",
        "small-load v2 is the champion (rmse 412.7)",
        "small-load v2 was held: rmse is too large; a slice got worse",
        "small-load v2: retrain, it errs more",
    ]


@pytest.mark.usefixtures("registered")
def test_without_an_address_nobody_is_told(chat, monkeypatch, tmp_path):
    monkeypatch.delenv("NOTICE_URL")
    assert owner.notify(tmp_path, "held", RECORD) == ""
    assert chat == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("gone", "HTTPError: HTTP Error 404: Not Found"),
        ("file", "ValueError: NOTICE_URL must begin with https:// or http://"),
    ],
)
@pytest.mark.usefixtures("chat", "registered")
def test_an_address_that_does_not_answer_is_said(monkeypatch, tmp_path, path, said):
    url = notices.os.environ["NOTICE_URL"].strip().replace("hook", path)
    monkeypatch.setenv("NOTICE_URL", "file:///etc/passwd" if path == "file" else url)
    found = owner.notify(tmp_path, "held", RECORD)
    assert found.startswith("the notice failed: ")
    assert "src/mlproject/notices.py line " in found
    assert found.endswith(said)
    assert "\n" not in found


def test_a_notice_gets_a_copy_and_its_fault_is_a_sentence(own, tmp_path):
    record = {**RECORD, "reasons": ["one"]}
    own("notices", "def held(record):\n    record['reasons'].clear()\n    return 1 / 0\n")
    assert owner.notify(tmp_path, "held", record) == (
        "the notice failed: src/own_team/notices.py line 3: ZeroDivisionError: division by zero"
    )
    assert record["reasons"] == ["one"]
    assert owner.notify(tmp_path, "promoted", record) == "", "none is declared"
    own("notices", "held = 'everybody'\n")
    assert owner.notify(tmp_path, "held", record) == (
        "the notice failed: src/own_team/notices.py: held is a str, it must be a function"
    )
    own("notices", "import nobody_has_this\n")
    assert owner.notify(tmp_path, "held", record) == (
        "the notice failed: src/own_team/notices.py line 1: "
        "ModuleNotFoundError: No module named 'nobody_has_this'"
    )


def test_without_a_module_nobody_is_told(own, tmp_path):
    own("estimators", "")
    assert owner.notify(tmp_path, "held", RECORD) == ""
