"""The team's declarations in its own modules, checked and registered with the engine.

Each function of the team is called through a guard: a fault in it becomes one sentence that names
the file and the line.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from ..base.errors import ProjectError
from ..data.feature import Feature
from ..features import own
from ..model import estimators, gate, metrics
from ..model.metrics import Array
from ..model.records import Evaluation
from .owner import declared, fault, function, kind, module, shown

DIRECTIONS: dict[str, metrics.Direction] = {"lower": "minimize", "higher": "maximize"}


def install(root: Path) -> None:
    """Register what the team declares. Raises ProjectError for a fault in one of the modules."""
    estimators.add_own(_families(module(root, "estimators")))
    metrics.add_own(_metrics(module(root, "metrics")))
    gate.add_own(_rules(module(root, "rules")))
    own.add_own(_features(module(root, "features")))


def _features(found: ModuleType | None) -> dict[str, own.OwnFeature]:
    return {
        name: _feature(found, name, value)
        for name, value in declared(found, "FEATURES", ()).items()
        if found is not None
    }


def _feature(found: ModuleType, name: str, value: Any) -> own.OwnFeature:
    place = f"{shown(str(found.__file__))}: FEATURES[{name!r}]"
    if not isinstance(value, Mapping) or not {"function", "inputs", "type"} <= set(value):
        raise ProjectError(f"{place} must be a dict of function, inputs and type")
    inputs = value["inputs"]
    if isinstance(inputs, str) or not inputs or not all(isinstance(item, str) for item in inputs):
        raise ProjectError(f"{place} has inputs={inputs!r:.60}, use a list of columns")
    about = {key: item for key, item in value.items() if key not in ("function", "inputs")}
    try:
        feature = Feature.model_validate(about)
    except ValidationError as error:
        [first, *_] = error.errors()
        where = ".".join(map(str, first["loc"])) or "it"
        raise ProjectError(f"{place}: {where}: {first['msg']}") from None
    compute = function(found, f"FEATURES[{name!r}]['function']", value["function"])
    return own.OwnFeature(feature, tuple(inputs), _computed(found, name, compute), place)


def _computed(found: ModuleType, name: str, compute: Callable[..., Any]) -> Callable[..., Any]:
    """Compute a feature; a fault is named by file and line."""
    file = str(found.__file__)

    def computed(table: Any) -> Any:
        try:
            return compute(table)
        except Exception as error:
            raise ProjectError(f"{fault(error, file)} (feature {name})") from error

    return computed


def _families(found: ModuleType | None) -> dict[str, estimators.Family]:
    entries = declared(found, "ESTIMATORS", estimators.BUILT_IN)
    if found is None:
        return {}
    scaled = getattr(found, "SCALED", ())
    strange = sorted(str(name) for name in scaled if name not in entries)
    if strange:
        raise ProjectError(
            f"{shown(str(found.__file__))}: SCALED names `{strange[0]}`, "
            "which is not one of ESTIMATORS"
        )
    return {
        name: estimators.Family(
            _guarded(found, name, function(found, f"ESTIMATORS[{name!r}]", value)),
            scaled=name in scaled,
            trusted=estimators.TRUSTED,
        )
        for name, value in entries.items()
    }


def _guarded(found: ModuleType, name: str, build: Callable[..., Any]) -> Callable[..., Any]:
    """Build an estimator and check that it is one."""
    file = str(found.__file__)

    def guarded(task: str, params: Mapping[str, Any], seed: int) -> Any:
        try:
            model = build(task, dict(params), seed)
        except (TypeError, ValueError):  # parameters that it does not take: the caller names them
            raise
        except Exception as error:
            raise ProjectError(fault(error, file)) from error
        verb = "predict" if task == "regression" else "predict_proba"
        if isinstance(model, type) or not all(
            hasattr(model, wanted) for wanted in ("fit", "get_params", verb)
        ):
            raise ProjectError(
                f"{shown(file)}: {name} returned {kind(model)} for task {task}, "
                f"it must return a scikit-learn estimator with `{verb}`"
            )
        return model

    return guarded


def _metrics(found: ModuleType | None) -> dict[str, metrics.Own]:
    taken = {name for names in metrics.BUILT_IN.values() for name in names}
    return {
        name: _metric(found, name, value)
        for name, value in declared(found, "METRICS", taken).items()
        if found is not None
    }


def _metric(found: ModuleType, name: str, value: Any) -> metrics.Own:
    entry, place = f"METRICS[{name!r}]", shown(str(found.__file__))
    wanted = {"function", "better", "tasks"}
    if not isinstance(value, Mapping) or set(value) != wanted:
        raise ProjectError(f"{place}: {entry} must be a dict of {', '.join(sorted(wanted))}")
    better, tasks = value["better"], value["tasks"]
    if better not in DIRECTIONS:
        raise ProjectError(f"{place}: {entry} has better={better!r:.40}, use 'higher' or 'lower'")
    if isinstance(tasks, str) or not tasks or not set(tasks) <= set(metrics.DIRECTIONS):
        raise ProjectError(
            f"{place}: {entry} has tasks={tasks!r:.60}, use a list of "
            f"{', '.join(metrics.DIRECTIONS)}"
        )
    measure = function(found, f"{entry}['function']", value["function"])
    return metrics.Own(DIRECTIONS[better], tuple(tasks), _measured(found, name, measure))


def _measured(found: ModuleType, name: str, measure: Callable[..., Any]) -> metrics.Measure:
    """Compute a metric on arrays that cannot be written to; only a finite number passes."""
    file = str(found.__file__)

    def measured(*given: Array) -> float:
        views = [values.view() for values in given]
        for view in views:
            view.flags.writeable = False
        try:
            value = measure(*views)
        except Exception as error:
            raise ProjectError(f"{fault(error, file)} (metric {name})") from error
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ProjectError(
                f"{shown(file)}: metric {name} returned {kind(value)}, it must return a number"
            ) from None
        if not math.isfinite(number):
            raise ProjectError(
                f"{shown(file)}: metric {name} returned {number} for {len(given[0]):,} rows, "
                "it must return a finite number for any rows"
            )
        return number

    return measured


def _rules(found: ModuleType | None) -> dict[str, gate.OwnRule]:
    return {
        name: _judged(found, name, function(found, f"RULES[{name!r}]", value))
        for name, value in declared(found, "RULES", ()).items()
        if found is not None
    }


def _judged(found: ModuleType, name: str, judge: Callable[..., Any]) -> gate.OwnRule:
    """Ask a rule for its reasons; anything but a list of sentences is refused."""
    file = str(found.__file__)

    def judged(evaluation: Evaluation) -> Sequence[str]:
        try:
            reasons = judge(evaluation)
        except Exception as error:
            raise ProjectError(f"{fault(error, file)} (rule {name})") from error
        if not isinstance(reasons, list | tuple) or not all(
            isinstance(reason, str) and reason.strip() for reason in reasons
        ):
            raise ProjectError(
                f"{shown(file)}: rule {name} returned {kind(reasons)}, "
                "it must return a list of sentences, an empty one to pass"
            )
        return reasons

    return judged
