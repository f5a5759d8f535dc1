"""One trial, as Katib's pods run it: fit on the training rows, score, print `metric=value`."""

import dataclasses
import json
import math
import os
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from ...base.errors import ProjectError
from ...model import estimators
from ...model.search_space import read_values
from ...params.config import Params, load_params
from ...project import Context
from ...training import candidates
from ...workspace import Workspace
from .search import LIFE, OVERRIDES, fetch, knobs_digest


@dataclasses.dataclass(frozen=True)
class Expected:
    """Where the training set is, and the digests of it and of the params."""

    dataset: str | None
    dataset_digest: str | None = None
    params_digest: str | None = None


def run(
    root: Path,
    family: str,
    assignments: Sequence[str],
    expected: Expected,
    overrides: tuple[str, ...],
) -> None:
    """Train one family with the given parameters; print its metric. Writes nothing.

    In one of Katib's pods it takes at least TRIAL_SECONDS.
    """
    end = time.monotonic() + float(os.environ.get(LIFE, "0"))
    params = load_params(root / "params.yaml", overrides or _handed_over())
    if expected.params_digest and knobs_digest(params) != expected.params_digest:
        raise ProjectError(
            "params.yaml differs from that of the tuning run: build the image from its commit"
        )
    values = _values(params, family, assignments)
    with tempfile.TemporaryDirectory() as folder:
        context = Context(params, Workspace.at(root))
        dataset = context.workspace.dataset
        if expected.dataset:
            dataset = fetch(expected.dataset, Path(folder), expected.dataset_digest)
        score = candidates.scorer(context, dataset)
        with estimators.pinned(params.train.threads):
            value = score(family, values)
    if not math.isfinite(value):
        raise ProjectError(f"the trial gave no finite {params.metric}: {family} with {values}")
    print(f"{params.metric}={Decimal(repr(value)):f}", flush=True)
    time.sleep(max(end - time.monotonic(), 0))


def _handed_over() -> tuple[str, ...]:
    """The overrides of the run that created this trial."""
    return tuple(json.loads(os.environ.get(OVERRIDES, "[]")))


def _values(params: Params, family: str, assignments: Sequence[str]) -> dict[str, object]:
    """Typed parameters, each within the search space. Raises ProjectError."""
    candidates.check_family(family)
    if family not in params.tune.families:
        raise ProjectError(
            f"--trial {family}: params.yaml searches {', '.join(params.tune.families)} only"
        )
    texts: dict[str, str] = {}
    for item in assignments:
        name, separator, text = item.partition("=")
        if not separator:
            raise ProjectError(f"--set-param {item} is not of the form name=value, like alpha=0.1")
        texts[name] = text
    try:
        return read_values(params.tune.families[family], texts)
    except ValueError as error:
        raise ProjectError(f"--trial {family}: {error}") from None
