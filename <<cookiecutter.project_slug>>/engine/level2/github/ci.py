"""What workflows need from a project: a pull request's report, how a run ended, drift."""

from pathlib import Path

from ..base import dvc, git
from ..base.console import Screen
from ..base.errors import ProjectError
from ..base.files import read_json, write_json, write_text
from ..params.config import Settings, load_params
from ..project import Context
from ..registry.champion import reader
from ..workspace import Workspace
from . import pull_request


def report(root: Path, base: str) -> None:
    """Write the report and the verdict on a change against the revision `base`."""
    params, workspace, screen = load_params(root / "params.yaml"), Workspace.at(root), Screen(0)
    settings = Settings()
    if not git.known(root, base):
        raise ProjectError(f"`{base}` is not a revision of this repository: fetch the base branch")
    change = pull_request.PullRequest(
        evaluation=read_json(workspace.need(workspace.evaluation, "make repro")),
        metrics=dvc.difference(root, "metrics", base).get("artifacts/metrics.json", {}),
        params=dvc.difference(root, "params", base).get("params.yaml", {}),
        data=git.changed(root, base, "data"),
    )
    decision = pull_request.judge(change, params.promote)
    summary = workspace.need(workspace.report_summary, "make repro").read_text(encoding="utf-8")
    folder = workspace.reports / "pull_request"
    write_text(folder / "report.md", pull_request.render(change, decision, summary))
    if settings.pull_request:
        write_json(folder / "pull_request.json", {"number": settings.pull_request})
    verdict = "pass" if decision.promote else "hold"
    tell(settings, f"verdict={verdict}\n", (folder / "report.md").read_text(encoding="utf-8"))
    screen.say(f" verdict   {verdict}", "green" if decision.promote else "yellow")
    for reason in decision.reasons:
        screen.say(f" held      {reason}", "yellow")
    screen.say(f" report    {(folder / 'report.md').relative_to(root)}")


def outcome(root: Path, trigger: str) -> None:
    """Print how the last run of the production pipeline on this machine ended."""
    workspace, settings = Workspace.at(root), Settings()
    decision = read_json(workspace.need(workspace.decision, "make pipeline"))
    promoted = decision["verdict"] == "promote"
    ended = "promoted" if promoted else "champion kept"
    champion = f"v{decision['champion']}" if decision["champion"] else "none"
    why = "; ".join(decision["reasons"])
    line = f"{trigger}: {ended}, champion {champion}{f' ({why})' if why else ''}"
    params = load_params(root / "params.yaml")
    data = dvc.recorded(workspace.source(params)) or "none"
    facts = {"ended": ended, "version": decision["version"] or "none", "data": data[:12]}
    outputs = "".join(f"{name}={value}\n" for name, value in facts.items())
    body = workspace.need(workspace.report_summary, "make pipeline").read_text(encoding="utf-8")
    tell(settings, outputs, f"### {line}\n\n{body}")
    Screen(0).say(f" ended     {line}", "green" if promoted else "yellow")


def outcome_on_cluster(root: Path, trigger: str) -> None:
    """Print which version the registry calls champion after a run of the pipeline on a cluster.

    It is passed on as `version` only if it was trained on the data of this commit: an older
    champion that was kept belongs to another commit's lock.
    """
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    champion = reader(context).champion(context.params.data.name)
    here = dvc.recorded(context.workspace.source(context.params))
    used = champion.tags.get("data.hash", "") if champion else ""
    ours = champion is not None and here in (None, used)
    version = champion.version if champion else "none"
    line = f"{trigger}: ran on the cluster, champion {f'v{version}' if champion else 'none'}"
    if champion and not ours:
        line += f" (trained on other data than this commit's: {used[:12]})"
    facts = {"version": version if ours else "none", "data": (here or used or "none")[:12]}
    outputs = "".join(f"{name}={value}\n" for name, value in facts.items())
    tell(context.settings, outputs, f"### {line}\n")
    Screen(0).say(f" ended     {line}", "green" if ours else "yellow")


def tell_drift(workspace: Workspace) -> None:
    """Pass the monitor's findings and the decision on to later jobs."""
    verdict, record = read_json(workspace.watched), read_json(workspace.decided)
    drifted = "true" if verdict["verdict"] == "alarm" else "false"
    outputs = f"drift={drifted}\naction={record['action']}\n"
    tell(Settings(), outputs, workspace.decided_summary.read_text(encoding="utf-8"))


def tell(settings: Settings, outputs: str, summary: str) -> None:
    """Write outputs for later steps and the job's page, if there is a job."""
    for path, text in ((settings.github_output, outputs), (settings.github_step_summary, summary)):
        if path:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(text)
