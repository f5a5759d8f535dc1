"""The whole loop with its terminal output, and the summary at the end."""

from collections.abc import Iterator
from pathlib import Path

from ..base.console import Screen
from ..base.files import read_json
from ..model import wording
from ..model.comparison import spread, won
from ..model.metrics import DIRECTIONS
from ..model.records import Evaluation, GateRecord, Records
from ..project import Context, open_context
from .graph import STEPS
from .loop import run_steps, sole_run


def run_loop(root: Path, start: str | None, overrides: tuple[str, ...]) -> GateRecord:
    """Run every step of the project in `root`, from `start` if given, and show the summary.

    Returns the gate's decision; if `start` comes after the gate, its earlier one.
    Raises ProjectError if a step does, or while another run works in this folder.
    """
    from ..registry import environments, tracking  # MLflow takes a second to import

    screen = Screen(len(STEPS))
    context = open_context(root, overrides, screen)
    environments.may_train(context)
    with sole_run(context.workspace):
        closed = tracking.registry(context).close_abandoned(tracking.experiment_name(context))
        if closed:
            screen.say(f"       {closed} run of a killed process marked KILLED in MLflow")
        records = run_steps(context, STEPS, start, screen.step)
        return summarize(context, screen, records)


def summarize(context: Context, screen: Screen, records: Records) -> GateRecord:
    """The metrics table, the verdict and where to look next.

    What is not among `records` was made by another process and is read from its file.
    """
    workspace = context.workspace
    evaluation: Evaluation = records.get("evaluation") or read_json(workspace.evaluation)
    decision: GateRecord = records.get("decision") or read_json(workspace.decision)
    champion = evaluation["champion"]
    columns = {"candidate": evaluation["candidate"]["metrics"], **evaluation["baselines"]}
    if champion and champion["comparable"]:
        columns[f"champion v{champion['version']}"] = champion["metrics"]
    names = list(DIRECTIONS[evaluation["task"]])
    screen.say()
    screen.rows("", *wording.metrics_table(columns, names, evaluation["unit"]))
    screen.say()
    for text in _origins(evaluation, context.params.promote.baseline_margin):
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
    return decision


def _origins(evaluation: Evaluation, margin: float) -> Iterator[str]:
    """The spread over the windows of time, if there are several."""
    found, metric = evaluation.get("origins") or (), evaluation["metric"]
    if len(found) > 1:
        low, high = (wording.metric(metric, value) for value in spread(found, metric))
        yield (
            f"{metric} {low} … {high} in {len(found)} windows of time, "
            f"the best baseline is beaten in {won(found, margin)}"
        )
