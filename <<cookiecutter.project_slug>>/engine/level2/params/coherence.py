"""What sections of params.yaml ask of one another."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..data.contract import TIMESTAMP
from ..features import own
from ..features.lags import period
from ..features.transforms import CALENDAR, derived_features, model_features
from ..model import class_weights, constraints, recall, search_space
from ..model.estimators import FAMILIES
from ..model.families import too_wide
from ..model.gate import own_rules
from ..model.metrics import BUILT_IN, choosable

if TYPE_CHECKING:
    from .config import Params


def problems(params: "Params") -> Iterator[str]:
    """Yield what sections ask of each other and do not get: the first one is refused."""
    data, featurize, lag = params.data, params.featurize, params.evaluate.seasonal_naive_lag
    yield from _unknown_metrics(params)
    for name in params.promote.rules:
        if name not in own_rules():
            known = ", ".join(own_rules()) or "none is"
            yield f"promote.rules: `{name}` is not declared in rules.py ({known})"
    if not data.has_time and (
        params.build_dataset.split == "time" or featurize.calendar or featurize.lags
    ):
        yield "a time split, calendar features and lags need data.event_timestamp"
    if params.build_dataset.split == "group" and data.group is None:
        yield "build_dataset.split: group needs data.group, the column of the groups"
    if data.group is not None and params.build_dataset.split != "group":
        yield "data.group needs build_dataset.split: group"
    derives = featurize.calendar or featurize.lags or featurize.own or featurize.entity_as_feature
    if not (data.features or derives):
        yield "data.features is empty and featurize derives nothing: a model needs an input"
    if data.frequency is not None and period(data.frequency) is None:
        yield f"data.frequency: `{data.frequency}` is not a period like 1D, 1h or MS"
    if (featurize.lags or lag) and not data.frequency:
        yield "lags and the seasonal-naive baseline need data.frequency (like 1D or 1h)"
    if params.evaluate.horizon > 1 and not data.frequency:
        yield "evaluate.horizon counts periods: it needs data.frequency (like 1D or 1h)"
    yield from _too_short(params)
    if (featurize.lags or lag) and data.task != "regression":
        yield "lags of the target and the seasonal-naive baseline need task regression"
    if featurize.entity_as_feature and not data.entities:
        yield "featurize.entity_as_feature needs data.entities, the list of allowed values"
    if params.evaluate.threshold is not None:
        yield from params.evaluate.threshold.problems(data.classes)
    yield from recall.problems(params.promote.min_recall, data.classes)
    yield from class_weights.problems(params.train.class_weight, data.classes)
    if params.train.coverage is not None and data.task != "regression":
        yield "train.coverage is for numbers: classes have probabilities and no interval"
    if params.promote.coverage is not None and params.train.coverage is None:
        yield "promote.coverage judges intervals: ask for them with train.coverage, like 0.9"
    if params.monitor.coverage is not None and params.train.coverage is None:
        yield "monitor.coverage watches intervals: ask for them with train.coverage, like 0.9"
    if "polynomial" in params.tune.families and (wide := too_wide(model_features(data, featurize))):
        yield f"tune.families.polynomial: {wide}"
    yield from search_space.problems(params.tune.families, params.tune.sampler)
    yield from _unknown_columns(params)
    searched = {name: FAMILIES[name] for name in params.tune.families if name in FAMILIES}
    unable = [name for name, family in searched.items() if family.monotonic is False]
    inputs = model_features(data, featurize)
    yield from constraints.problems(params.train.monotonic, inputs, data.task, unable)


def _unknown_metrics(params: "Params") -> Iterator[str]:
    """Yield metrics that nobody declared, and bounds on those that are not computed."""
    task, known = params.data.task, choosable(params.data.task)
    for key, names in {
        "evaluate.metric": [params.metric],
        "evaluate.metrics": params.evaluate.metrics,
        "promote.thresholds": params.promote.thresholds,
    }.items():
        for name in names:
            if name not in known:
                yield (
                    f"{key}: `{name}` is not a metric of task {task}, use one of {', '.join(known)}"
                )
    for name in params.promote.thresholds:
        if name not in (*BUILT_IN[task], *params.computed):
            yield f"promote.thresholds: `{name}` must be named under evaluate.metrics too"


def _too_short(params: "Params") -> Iterator[str]:
    """Yield values of the past that are not known yet when a row is predicted."""
    lag, ahead = params.evaluate.seasonal_naive_lag, params.data.horizon or 1
    horizon = max(params.evaluate.horizon, ahead)
    knob = "data.horizon" if ahead == horizon > 1 else "evaluate.horizon"
    for key, periods in (
        ("featurize.lags", params.featurize.lags),
        ("evaluate.seasonal_naive_lag", (lag,) if lag else ()),
    ):
        early = [count for count in periods if count < horizon]
        if early:
            yield (
                f"{key}: {early[0]} is shorter than {knob} {horizon}: that value is "
                "not known yet when a row is predicted, leave it out or lower the horizon"
            )


def _unknown_columns(params: "Params") -> Iterator[str]:
    """Yield derived names that nobody knows or that the contract has already taken."""
    data, featurize = params.data, params.featurize
    for name in featurize.calendar:
        if name not in CALENDAR:
            yield f"featurize.calendar: `{name}` is unknown, use one of {', '.join(CALENDAR)}"
    yield from _unknown_own_features(params)
    taken = {name.casefold(): name for name in (*data.features, data.target, data.entity_column)}
    for name in derived_features(data, featurize):
        met = taken.get(name.casefold())
        if met is not None:
            which = "is" if met == name else f"is `{met}`, for DuckDB,"
            problem = f"`{name}` is derived and {which} a column of the data too"
            yield f"featurize: {problem}: rename it"
    columns = [*model_features(data, featurize), data.entity_column, data.target]
    for name in params.evaluate.slices:
        if name not in columns:
            yield (
                f"evaluate.slices: `{name}` is not a column of the training set, "
                f"use one of {', '.join(columns)}"
            )


def _unknown_own_features(params: "Params") -> Iterator[str]:
    """Yield features of the project's own that it does not declare, or that lack an input."""
    for name in params.featurize.own:
        if name not in own.choosable():
            known = ", ".join(own.choosable()) or "none is"
            yield f"featurize.own: `{name}` is not declared in features.py ({known})"
            continue
        columns = (*params.data.features, params.data.entity_column, TIMESTAMP)
        own_names = dict.fromkeys(params.data.time_columns, TIMESTAMP) | params.data.rename
        for column in own.inputs_of(name):
            if column not in columns:
                yield (
                    f"featurize.own: {name} is computed from `{column}`, which is not one of "
                    f"{', '.join(columns)}"
                    + (f" (write `{own_names[column]}`)" if column in own_names else "")
                )
