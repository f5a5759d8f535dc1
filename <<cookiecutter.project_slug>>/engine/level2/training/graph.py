"""The only declaration of the graph: steps in order, with their inputs and outputs.

The loop and the commands are made from it; `dvc.yaml`, the paths of a workspace and the components
of the pipeline are checked against it.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..base.errors import ProjectError

if TYPE_CHECKING:
    from ..model.records import Records
    from ..project import Context


@dataclass(frozen=True)
class Step:
    """One step of the loop.

    It reads `sections` of params.yaml and `inputs` and writes `outputs`, which must be complete
    before the next step; both are properties of the workspace. `rooms` of the engine (or single
    modules) contain the code that determines its result, besides the step's own module; `owned` are
    the team's modules that may change it, or its feature repository. A step that writes a `record`
    also returns it; a step that `takes` one is given it when both run in one process.
    """

    name: str
    sections: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rooms: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    record: str = ""
    takes: tuple[str, ...] = ()

    def load(self) -> Any:
        """Import the step's module with its dependencies, as late as possible."""
        return importlib.import_module(f".steps.{self.name}", __package__)

    def run(self, context: "Context", records: "Records | None" = None) -> str:
        """Run the step with the records of those before it and add its own. Returns its line."""
        known = cast("dict[str, Any]", {} if records is None else records)
        taken = {name: known[name] for name in self.takes if name in known}
        told = self.load().run(context, **taken)
        if self.record:
            told, known[self.record] = told
        return str(told)


STEPS = (
    Step(
        "ingest",
        sections=("data", "validate"),
        inputs=(),  # the tables that params.yaml names
        outputs=("ingested", "raw"),
        rooms=("data", "features", "training/source_tables.py"),
        owned=("feature_repo",),
    ),
    Step(
        "validate",
        sections=("data", "validate"),
        inputs=("ingested",),
        outputs=("validation",),
        rooms=("data", "baseline", "training/leakage.py", "training/leakage_sums.py"),
    ),
    Step(
        "featurize",
        sections=("data", "featurize"),
        inputs=("ingested", "validation"),
        outputs=("features",),
        rooms=("data", "features", "training/source_tables.py"),
        owned=("feature_repo", "features"),
    ),
    Step(
        "build_dataset",
        sections=("data", "featurize", "build_dataset", "train"),
        inputs=("ingested", "features"),
        outputs=("dataset",),
        rooms=("data", "features", "model"),
        owned=("feature_repo",),
    ),
    Step(
        "tune",
        sections=("data", "featurize", "tune", "train", "evaluate"),
        inputs=("dataset",),
        outputs=("tuning",),
        rooms=("data", "features", "model", "training/candidates.py", "training/optuna.py"),
        owned=("estimators", "metrics"),
        record="tuning",
    ),
    Step(
        "train",
        sections=("data", "featurize", "train", "evaluate"),
        inputs=("dataset", "tuning"),
        outputs=("model",),
        rooms=("data", "features", "model", "training/cutting.py"),
        owned=("estimators",),
        takes=("tuning",),
    ),
    Step(
        "evaluate",
        sections=("data", "featurize", "evaluate"),
        inputs=("raw", "ingested", "validation", "dataset", "tuning", "model"),
        outputs=("evaluation", "metrics", "predictions", "tracked"),
        rooms=(
            "data",
            "features",
            "model",
            "baseline",
            "training/origins.py",
            "training/rolling.py",
        ),
        owned=("estimators", "metrics"),
        record="evaluation",
    ),
    Step(
        "promote",
        sections=("data", "promote"),
        inputs=("raw", "model", "evaluation", "tracked"),
        outputs=("decision",),
        rooms=("model", "registry"),
        owned=("metrics", "rules", "notices"),
        record="decision",
        takes=("evaluation",),
    ),
    Step(
        "report",
        sections=(),
        inputs=(
            "raw",
            "validation",
            "tuning",
            "evaluation",
            "predictions",
            "tracked",
            "decision",
        ),
        outputs=(),
        rooms=("data", "model", "reports"),
        owned=("metrics", "rules"),
        takes=("tuning", "evaluation", "decision"),
    ),
)
EXPERIMENT_STEPS = tuple(step for step in STEPS if step.name != "promote")  # what DVC runs


def step_named(name: str) -> Step:
    """The step of that name. Raises ProjectError listing the names."""
    for step in STEPS:
        if step.name == name:
            return step
    raise ProjectError(
        f"there is no step `{name}`: use one of {', '.join(item.name for item in STEPS)}"
    )
