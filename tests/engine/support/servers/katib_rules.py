"""What Katib's admission webhook refuses in an Experiment, told in Python for the tests.

After the rules of pkg/webhook/v1beta1/experiment/validator of Katib 0.19, as far as they concern
Experiments with a Job and the StdOut collector, with the checks of its Optuna suggestion service.
"""

import json
import math
import re

ALGORITHMS = {"random", "tpe", "multivariate-tpe", "grid", "cmaes", "sobol", "bayesianoptimization"}
SETTINGS = {
    "random": {"random_state"},
    "grid": {"random_state"},
    "multivariate-tpe": {"random_state", "n_startup_trials", "n_ei_candidates"},
    "sobol": set(),
}
PLACE = "${trialParameters.%s}"
LEFT = re.compile(r"\$\{trialParameters\.\w+\}")


def violations(experiment):
    """Yield every rule an Experiment breaks."""
    spec, name = experiment.get("spec", {}), experiment.get("metadata", {}).get("name", "")
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name):
        yield f"metadata.name {name!r} is not a name"
    if len(name) > 40:
        yield f"metadata.name {name!r} is longer than 40 letters"
    yield from _counts(spec)
    yield from _objective(spec.get("objective"))
    yield from _algorithm(spec)
    if spec.get("resumePolicy", "Never") not in ("Never", "LongRunning", "FromVolume"):
        yield "spec.resumePolicy is none"
    if not spec.get("parameters"):
        yield "spec.parameters or spec.nasConfig must be specified"
    for item in spec.get("parameters", ()):
        yield from _parameter(item)
    yield from _template(spec)
    yield from _collector(spec.get("metricsCollectorSpec", {}))


def _counts(spec):
    most, parallel, failed = (
        spec.get(key) for key in ("maxTrialCount", "parallelTrialCount", "maxFailedTrialCount")
    )
    if most is not None and most <= 0:
        yield "spec.maxTrialCount must be greater than 0"
    if parallel is not None and not 0 < parallel <= (most or parallel):
        yield "spec.parallelTrialCount must be above 0 and at most spec.maxTrialCount"
    if failed is not None and not 0 <= failed <= (most or failed):
        yield "spec.maxFailedTrialCount must be 0 to spec.maxTrialCount"


def _objective(objective):
    if not objective:
        yield "spec.objective must be specified"
        return
    if objective.get("type") not in ("minimize", "maximize"):
        yield "spec.objective.type must be minimize or maximize"
    if not objective.get("objectiveMetricName"):
        yield "spec.objective.objectiveMetricName must be specified"


def _algorithm(spec):
    algorithm = spec.get("algorithm") or {}
    name = algorithm.get("algorithmName")
    if name not in ALGORITHMS:
        yield f"spec.algorithm.algorithmName {name} has no suggestion service"
    for item in algorithm.get("algorithmSettings", ()):
        if item["name"] not in SETTINGS.get(name, ()):
            yield f"unknown setting {item['name']} for algorithm {name}"
        if not isinstance(item["value"], str):
            yield f"setting {item['name']} must be text"
    if name != "grid":
        return
    sizes = []
    for item in spec.get("parameters", ()):
        space = item["feasibleSpace"]
        if item["parameterType"] == "double" and not space.get("step"):
            yield f"{item['name']}: a grid needs a step"
            return
        if "list" in space:
            sizes.append(len(space["list"]))
        else:
            step = float(space.get("step", 1))
            sizes.append(math.floor((float(space["max"]) - float(space["min"])) / step + 1e-9) + 1)
    if spec.get("maxTrialCount", 0) > math.prod(sizes):
        yield "spec.maxTrialCount is above all combinations of the grid"


def _parameter(item):
    kind, space = item.get("parameterType"), item.get("feasibleSpace") or {}
    if kind not in ("int", "double", "categorical", "discrete"):
        yield f"{item.get('name')}: parameterType {kind} is not supported"
    if not space:
        yield f"{item.get('name')}: feasibleSpace must be specified"
    for key in ("min", "max", "step", "distribution"):
        if key in space and not isinstance(space[key], str):
            yield f"{item.get('name')}: feasibleSpace.{key} must be text"
    if space.get("distribution", "uniform") not in ("uniform", "logUniform", "normal", "logNormal"):
        yield f"{item.get('name')}: distribution is not supported"
    if kind in ("int", "double") and (
        space.get("list") or not space.get("min") or not space["max"]
    ):
        yield f"{item.get('name')}: min and max, and no list, for {kind}"
    if kind in ("categorical", "discrete"):
        if set(space) & {"min", "max", "step"}:
            yield f"{item.get('name')}: a list alone for {kind}"
        if not all(isinstance(value, str) for value in space.get("list", ())):
            yield f"{item.get('name')}: a list holds texts"


def _template(spec):
    template = spec.get("trialTemplate") or {}
    for key in ("primaryContainerName", "successCondition", "failureCondition", "trialSpec"):
        if not template.get(key):
            yield f"spec.trialTemplate.{key} must be specified"
    job = template.get("trialSpec") or {}
    text, known = json.dumps(job), {item["name"] for item in spec.get("parameters", ())}
    parameters = template.get("trialParameters")
    if parameters is None:
        yield "spec.trialTemplate.trialParameters must be specified"
        return
    for key in ("name", "reference"):
        if len({item.get(key) for item in parameters}) != len(parameters):
            yield f"trialParameters: a {key} is there twice"
    for item in parameters:
        if item.get("reference") not in known:
            yield f"trialParameters: reference {item.get('reference')} is no parameter"
        if PLACE % item.get("name") not in text:
            yield f"trialParameters: {item.get('name')} is not used in trialSpec"
        text = text.replace(PLACE % item.get("name"), "test-value")
    for left in LEFT.findall(text):
        yield f"{left} is in trialSpec and not in trialParameters"
    metadata = job.get("metadata", {})
    if metadata.get("name") or metadata.get("namespace"):
        yield "metadata.name and metadata.namespace of trialSpec must be omitted"
    if not job.get("apiVersion") or not job.get("kind"):
        yield "apiVersion and kind of trialSpec must be specified"


def _collector(collector):
    if collector.get("collector", {}).get("kind") != "StdOut":
        yield "the collector is not StdOut"
    for text in collector.get("source", {}).get("filter", {}).get("metricsFormat", ()):
        if re.compile(text).groups < 2:
            yield "metricsFormat needs two groups"
