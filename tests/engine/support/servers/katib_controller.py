"""A stand-in for Katib's controller: draws parameters, runs each trial's command, reads its output.

The command runs as Katib's pods run it: joined by blanks, in a shell, both streams in one log.
"""

import itertools
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BACKOFF = "Job has reached the specified backoff limit"


def now(later=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later))


def condition(kind, message, status="True"):
    stamps = {"lastTransitionTime": now(), "lastUpdateTime": now()}
    return {"type": kind, "status": status, "reason": f"X{kind}", "message": message, **stamps}


class Controller:
    """Plays one Experiment: `experiment` and `trials` are what the API server shows."""

    def __init__(self, experiment, folder, secrets, play):
        self.experiment, self.folder, self.secrets, self.play = experiment, folder, secrets, play
        self.trials, self.logs, self.running, self.gone = [], {}, [], threading.Event()
        experiment["status"] = {"conditions": [condition("Created", "Experiment is created")]}

    def start(self):
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self):
        """The Experiment was deleted: its Jobs go with it."""
        self.gone.set()
        for process in self.running:
            kill(process)

    def _run(self):
        spec = self.experiment["spec"]
        if self.play.get("fail"):
            return self._finish("Failed", self.play["fail"])
        drawn = list(itertools.islice(draws(spec), spec["maxTrialCount"]))
        with ThreadPoolExecutor(spec["parallelTrialCount"]) as pool:
            list(pool.map(self._trial, range(len(drawn)), drawn))
        if not self.gone.is_set() and self._failed() <= spec["maxFailedTrialCount"]:
            self._finish("Succeeded", "max trial count has reached")
        return None

    def _trial(self, number, values):
        spec, name = self.experiment["spec"], f"{self.experiment['metadata']['name']}-{number:04d}"
        if self.gone.is_set() or self._failed() > spec["maxFailedTrialCount"]:
            return
        trial = {
            "apiVersion": "kubeflow.org/v1beta1",
            "kind": "Trial",
            "metadata": {"name": name, "creationTimestamp": now(number)},
            "spec": {
                "parameterAssignments": [{"name": k, "value": v} for k, v in values.items()],
            },
            "status": {"conditions": [condition("Running", "Trial is running")]},
        }
        self.trials.append(trial)
        self._count()
        while self.play.get("stall") and not self.gone.wait(0.05):
            pass
        code, log = self._job(values)
        self.logs[name] = log
        self._observe(trial, code, log)
        self._count()
        if self._failed() > spec["maxFailedTrialCount"]:
            self._finish("Failed", "Experiment has failed because max failed count has reached")

    def _job(self, values):
        template = json.dumps(self.experiment["spec"]["trialTemplate"]["trialSpec"])
        for name, value in values.items():
            template = template.replace(f"${{trialParameters.{name}}}", value)
        job = json.loads(template)["spec"]
        (container,) = job["template"]["spec"]["containers"]
        environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        for name in ("PYTHONPATH", "HOME", "OMP_NUM_THREADS"):
            if name in os.environ:  # stand for what the image holds
                environment[name] = os.environ[name]
        for item in container.get("envFrom", ()):
            environment |= self.secrets[item["secretRef"]["name"]]
        for item in container.get("env", ()):
            environment[item["name"]] = item["value"].replace("$$", "$")
        process = subprocess.Popen(
            ["sh", "-c", " ".join(container["command"])],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.running.append(process)
        began = time.monotonic()
        try:
            log, _ = process.communicate(timeout=job["activeDeadlineSeconds"])
        except subprocess.TimeoutExpired:
            kill(process)
            log, _ = process.communicate()
        if time.monotonic() - began < self.play.get("collector", 0):  # when the sidecar is up
            return 1, f"{log}unable to find main pid\n"
        return process.returncode, log

    def _observe(self, trial, code, log):
        metric = self.experiment["spec"]["objective"]["objectiveMetricName"]
        (pattern,) = self.experiment["spec"]["metricsCollectorSpec"]["source"]["filter"][
            "metricsFormat"
        ]
        found = [
            value
            for line in log.splitlines()
            for name, value in (match.group(1, 2) for match in re.finditer(pattern, line))
            if name == metric
        ]
        status = trial["status"]
        if code:
            status["conditions"] = [condition("Failed", f"Trial has failed: {BACKOFF}")]
        elif not found:
            status["conditions"] = [condition("MetricsUnavailable", "Metrics are not available")]
        else:
            status["conditions"] = [condition("Succeeded", "Trial has succeeded")]
            ordered = sorted(found, key=float)
            status["observation"] = {
                "metrics": [
                    {"name": metric, "latest": found[-1], "min": ordered[0], "max": ordered[-1]}
                ]
            }

    def _of(self, kind):
        return [
            item
            for item in self.trials
            if any(part["type"] == kind for part in item["status"]["conditions"])
        ]

    def _failed(self):
        return len(self._of("Failed")) + len(self._of("MetricsUnavailable"))

    def _count(self):
        status = self.experiment["status"]
        status |= {
            "trials": len(self.trials),
            "trialsRunning": len(self._of("Running")),
            "trialsSucceeded": len(self._of("Succeeded")),
            "trialsFailed": len(self._of("Failed")),
            "trialMetricsUnavailable": len(self._of("MetricsUnavailable")),
        }
        done = self._of("Succeeded")
        if done:
            status["currentOptimalTrial"] = self._optimal(done)

    def _optimal(self, done):
        objective = self.experiment["spec"]["objective"]
        key = {item["name"]: item["value"] for item in objective["metricStrategies"]}[
            objective["objectiveMetricName"]
        ]
        pick = min if objective["type"] == "minimize" else max
        if self.play.get("invert"):
            pick = max if pick is min else min
        best = pick(done, key=lambda item: float(item["status"]["observation"]["metrics"][0][key]))
        changed = self.play.get("optimal", {})
        return {
            "bestTrialName": best["metadata"]["name"],
            "parameterAssignments": [
                {**item, "value": changed.get(item["name"], item["value"])}
                for item in best["spec"]["parameterAssignments"]
                if changed.get(item["name"], "") is not None
            ],
            "observation": best["status"]["observation"],
        }

    def _finish(self, kind, message):
        conditions = self.experiment["status"]["conditions"]
        if not {"Failed", "Succeeded"} & {item["type"] for item in conditions}:
            conditions.append(condition(kind, message))


def kill(process):
    """End a trial's shell with what it runs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def draws(spec):
    """Assignments as a suggestion service would send them: texts."""
    settings = {item["name"]: item["value"] for item in spec["algorithm"]["algorithmSettings"]}
    rng = random.Random(int(settings.get("random_state", "0")))  # noqa: S311  draws, no secrets
    if spec["algorithm"]["algorithmName"] == "grid":
        names = [item["name"] for item in spec["parameters"]]
        every = list(itertools.product(*(grid(item) for item in spec["parameters"])))
        rng.shuffle(every)
        yield from (dict(zip(names, values, strict=True)) for values in every)
        return
    while True:
        yield {item["name"]: draw(item, rng) for item in spec["parameters"]}


def grid(item):
    space, whole = item["feasibleSpace"], item["parameterType"] == "int"
    if "list" in space:
        return space["list"]
    low, high, step = (float(space.get(key, 1)) for key in ("min", "max", "step"))
    values = [low + place * step for place in range(math.floor((high - low) / step + 1e-9) + 1)]
    return [str(int(value)) if whole else str(value) for value in values]


def draw(item, rng):
    space, whole = item["feasibleSpace"], item["parameterType"] == "int"
    if "list" in space or "step" in space:
        return rng.choice(grid(item))
    low, high = float(space["min"]), float(space["max"])
    if space.get("distribution") == "logUniform":
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    else:
        value = rng.uniform(low, high)
    return str(round(value)) if whole else str(value)
