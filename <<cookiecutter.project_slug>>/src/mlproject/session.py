"""What a command of the terminal does: open the project, run steps, say what happened."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from .adapters import dvc, git
from .adapters.files import atomic, read_json
from .config import load_params
from .console import Screen
from .core.comparison import spread, won
from .core.metrics import DIRECTIONS
from .core.report import wording
from .errors import ProjectError
from .loop import STEPS, run_steps, sole_run, step_named
from .workspace import Context, Workspace

SAMPLE = Path("data/raw/load.csv")


def open_context(
    root: Path, overrides: tuple[str, ...], screen: Screen, experiment: str | None = None
) -> Context:
    """The project in `root` with its params."""
    params = load_params(root / "params.yaml", overrides)
    return Context(
        params, Workspace.at(root), progress=screen, experiment=experiment, overrides=overrides
    )


def run_one(
    root: Path, name: str, overrides: tuple[str, ...], experiment: str | None = None
) -> None:
    """Run one step alone; with `experiment` it is tracked as a trial."""
    screen = Screen(len(STEPS))
    context = open_context(root, overrides, screen, experiment)
    step = step_named(name)
    with sole_run(context.workspace):
        run_steps(
            context,
            [step],
            None,
            lambda _, item, detail, seconds: screen.step(
                STEPS.index(step) + 1, item, detail, seconds
            ),
        )


def run_loop(root: Path, start: str | None, overrides: tuple[str, ...]) -> None:
    """Run every step and show the summary."""
    from . import tracking  # MLflow takes a second to import: single steps do without

    screen = Screen(len(STEPS))
    context = open_context(root, overrides, screen)
    with sole_run(context.workspace):
        closed = tracking.registry(context).close_abandoned(tracking.experiment_name(context))
        if closed:
            screen.say(f"       {closed} run of a killed process marked KILLED in MLflow")
        run_steps(context, STEPS, start, screen.step)
        summarize(context, screen)


def summarize(context: Context, screen: Screen) -> None:
    """The metrics table, the verdict and where to look next."""
    workspace = context.workspace
    evaluation, decision = read_json(workspace.evaluation), read_json(workspace.decision)
    champion = evaluation["champion"]
    columns = {"candidate": evaluation["candidate"]["metrics"], **evaluation["baselines"]}
    if champion and champion["comparable"]:
        columns[f"champion v{champion['version']}"] = champion["metrics"]
    names = list(DIRECTIONS[evaluation["task"]])
    screen.say()
    screen.rows("", *wording.metrics_table(columns, names, evaluation["unit"]))
    screen.say()
    for text in origins(evaluation, context.params.promote.baseline_margin):
        screen.said_of("origins", text)
    name = context.params.data.name
    kept = f"{name} v{decision['champion']}" if decision["champion"] else "none yet"
    screen.say(
        f" champion  {kept}   ({decision['verdict']})",
        "green" if decision["verdict"] != "hold" else "yellow",
    )
    told = "held" if decision["verdict"] == "hold" else "fails"
    for reason in decision["reasons"]:
        screen.said_of(told, reason, "yellow")
    screen.say(f" report    {(workspace.reports / 'report.html').relative_to(workspace.root)}")
    screen.say(" next      make ui · make lineage · make experiment SET=tune.trials=40")


def origins(evaluation: dict[str, Any], margin: float) -> Iterator[str]:
    """The spread over the windows of time, where there are several."""
    found, metric = evaluation.get("origins") or (), evaluation["metric"]
    if len(found) > 1:
        low, high = (wording.metric(metric, value) for value in spread(found, metric))
        yield (
            f"{metric} {low} … {high} in {len(found)} windows of time, "
            f"the best baseline is beaten in {won(found, margin)}"
        )


def init(root: Path) -> None:
    """Git, DVC and data, each only where missing and each said once."""
    screen = Screen(0)
    params = load_params(root / "params.yaml")
    fresh = git.start(root)
    if fresh:
        screen.say(" git       this folder was no repository: made one")
    source = Workspace.at(root).source(params)
    if params.data.remote:
        _first_commit(root, screen, fresh)
        return
    if not source.exists() and params.data.source == str(SAMPLE) and not dvc.tracked(source):
        write_sample(source, None, None)
    if source.exists() and not dvc.tracked(source):
        dvc.track(root, source)
        screen.say(f" dvc       tracks {params.data.source}")
    _first_commit(root, screen, fresh)


def _first_commit(root: Path, screen: Screen, fresh: bool) -> None:
    """Commit everything in a repository just made; one that was there is its owner's business."""
    if fresh and git.commit_all(root, "Generated project"):
        screen.say(
            " git       first commit made, so that every model can name the code it came from"
        )


def write_sample(path: Path, until: date | None, shock: str | None) -> None:
    """Write the sample table as CSV, atomically."""
    from .core import sample

    try:
        table = sample.generate(until or sample.UNTIL, shock)
    except ValueError as error:
        raise ProjectError(str(error)) from None
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, date_format="%Y-%m-%d", lineterminator="\n")
    Screen(0).say(
        f" data      {path.name}: {len(table):,} rows until {table['date'].max():%Y-%m-%d}"
    )


def adopt(
    root: Path,
    data: Path,
    target: str,
    entity: str | None,
    timestamp: tuple[str, ...],
    task: str | None,
    exclude: tuple[str, ...],
    allow_leakage: tuple[str, ...],
    *,
    pattern: str | None = None,
    split: str | None = None,
    by: str | None = None,
    missing: tuple[str, ...] = (),
    decimal: str | None = None,
    delimiter: str | None = None,
) -> None:
    """Infer the contract of a table, write params.yaml and track the data."""
    from .steps import adopt as step

    screen = Screen(0)
    with sole_run(Workspace.at(root)):
        fresh = git.start(root)
        step.adopt(
            root,
            data,
            target,
            entity,
            timestamp,
            task,
            exclude,
            allow_leakage,
            screen.say,
            track=lambda path: dvc.track(root, path),
            pattern=pattern,
            split=split,
            by=by,
            reading=step.Reading(missing, decimal, delimiter),
        )
        _first_commit(root, screen, fresh)
    if not fresh:  # what is not committed cannot be gone back to
        if not git.knows_user(root):
            screen.say(' next      git config user.email "you@example.org"')
            screen.say(' next      git config user.name "Your Name"')
        screen.say(" next      git add --all && git commit, so that the model can be reproduced")
    screen.say(" next      make run")
