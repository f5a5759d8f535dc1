"""Alert rules, dashboard and compose file, judged by their own tools where those are installed."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from layout import PROJECT

ROOT = PROJECT
DEPLOY = ROOT / "deploy"
MONITORING = DEPLOY / "monitoring"


def rules():
    tree = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    return [rule for group in tree["groups"] for rule in group["rules"]]


def panels():
    """Panels of the dashboard, those of folded rows too."""
    found = json.loads((MONITORING / "grafana" / "serving.json").read_text())["panels"]
    return [panel for item in found for panel in item.get("panels", [item])]


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def promtool(folder, *words, ok=True):
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed: it comes with Prometheus")
    done = subprocess.run(
        ["promtool", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_promtool_takes_configuration_and_rules():
    promtool(MONITORING, "check", "config", "prometheus.yaml")
    assert f"{len(rules())} rules found" in promtool(MONITORING, "check", "rules", "rules.yaml")


def test_every_alert_fires_on_a_bad_day_and_not_on_a_good_one():
    tried = yaml.safe_load((MONITORING / "rules_test.yaml").read_text())["tests"]
    ends = {
        (item["alertname"], bool(item["exp_alerts"]))
        for test in tried
        for item in test["alert_rule_test"]
    }
    assert ends == {(rule["alert"], fires) for rule in rules() for fires in (True, False)}
    promtool(MONITORING, "test", "rules", "rules_test.yaml")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"), [("> 0.01", "> 0.5"), ("for: 2m", "for: 1h"), ("> 90 *", "> 91 *")]
)
def test_a_planted_fault_in_a_rule_is_seen(tmp_path, old, new):
    text = (MONITORING / "rules.yaml").read_text()
    assert old in text
    (tmp_path / "rules.yaml").write_text(text.replace(old, new))
    shutil.copy(MONITORING / "rules_test.yaml", tmp_path)
    assert "FAILED" in promtool(tmp_path, "test", "rules", "rules_test.yaml", ok=False)


def test_promtool_takes_every_question_of_the_dashboard(tmp_path):
    asked = [item["expr"] for panel in panels() for item in panel["targets"]]
    assert len(asked) > 15
    made = [
        {"record": f"panel:{number}", "expr": text.replace("$__rate_interval", "5m")}
        for number, text in enumerate(asked)
    ]
    tree = {"groups": [{"name": "panels", "rules": made}]}
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump(tree))
    promtool(tmp_path, "check", "rules", "panels.yaml")
    tree["groups"][0]["rules"][0]["expr"] = "sum(rate(serving_requests_total[5m])"
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump(tree))
    promtool(tmp_path, "check", "rules", "panels.yaml", ok=False)


def test_every_alert_says_what_to_do():
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"`make ([a-z-]+)", (MONITORING / "rules.yaml").read_text()))
    assert named
    assert named <= targets


def test_the_dashboard_fits_its_grid_and_asks_the_datasource_that_is_there():
    source = yaml.safe_load((MONITORING / "grafana" / "datasource.yaml").read_text())
    [known] = source["datasources"]
    taken = set()
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        for item in (panel, *panel["targets"]):
            assert item["datasource"] == {"type": known["type"], "uid": known["uid"]}
    identities = [panel["id"] for panel in panels()]
    assert len(set(identities)) == len(identities)


# Compose


def weak(tree):
    """What a service of the compose file may that it need not, or leaves open."""
    found = []
    for name, item in tree["services"].items():
        found += [f"{name}: {port}" for port in item["ports"] if not port.startswith("127.0.0.1:")]
        if not (item.get("read_only") and item.get("cap_drop") == ["ALL"]):
            found.append(f"{name}: not sealed")
        if "no-new-privileges:true" not in item.get("security_opt", []):
            found.append(f"{name}: new privileges")
        if ":" not in item["image"] or item["image"].endswith(":latest"):
            found.append(f"{name}: image without a version")
        secret = [
            key
            for key, value in item.get("environment", {}).items()
            if re.search("PASSWORD|SECRET|TOKEN", key)
            and value != f"${{{key}:-}}"  # the environment's own, or nothing
        ]
        found += [f"{name}: {key}" for key in secret]
    return found


def test_the_machine_of_a_person_opens_no_port_to_others():
    assert weak(compose()) == []
    assert set(compose()["services"]) == {"service", "mlflow", "redis", "prometheus", "grafana"}


def test_a_planted_weakness_is_seen():
    tree = compose()
    tree["services"]["redis"] |= {"ports": ["6379:6379"], "read_only": False, "image": "redis"}
    tree["services"]["grafana"]["environment"] = {"GF_SECURITY_ADMIN_PASSWORD": "admin"}
    assert weak(tree) == [
        "redis: 6379:6379",
        "redis: not sealed",
        "redis: image without a version",
        "grafana: GF_SECURITY_ADMIN_PASSWORD",
    ]


def test_compose_names_what_is_there():
    services = compose()["services"]
    ours = services["service"]
    stages = re.findall(r"^FROM \S+ AS (\S+)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert ours["build"]["target"] in stages
    assert (DEPLOY / ours["build"]["context"] / ours["build"]["dockerfile"]).is_file()
    for item in services.values():
        for volume in item.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).is_file(), source
            elif not source.startswith("../"):
                assert source in compose()["volumes"]
    lock = (ROOT / "requirements" / "ui.txt").read_text()
    [version] = re.findall(r"^mlflow==([\d.]+)", lock, re.M)
    assert services["mlflow"]["image"].endswith(f":v{version}"), "the server fits the client"
    port = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["scrape_configs"][0]
    assert port["static_configs"][0]["targets"] == ["service:8000"]


def test_docker_compose_takes_it(tmp_path):
    known = shutil.which("docker")
    words = [known, "compose"] if known else []
    if (
        not known
        or subprocess.run([*words, "version"], capture_output=True, check=False).returncode
    ):
        if not shutil.which("docker-compose"):
            pytest.skip("docker compose is not installed")
        words = ["docker-compose"]
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(compose()))
    done = subprocess.run(
        [*words, "--file", "compose.yaml", "config", "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["services"]) == set(compose()["services"])
