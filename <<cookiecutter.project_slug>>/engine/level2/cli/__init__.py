"""The command line: one file per command; the eight plain steps share `steps.py`.

Imports happen when a command runs, so that names and help texts load quickly.
"""

import typer

from ..base import terminal
from . import (
    _tuners,
    add_source,
    adopt,
    bundle,
    ci_drift,
    ci_outcome,
    ci_promotion,
    ci_report,
    decide,
    deploy,
    engine_check,
    experiment,
    inbox,
    init,
    lineage,
    loop_demo,
    monitor,
    predict,
    promote_to,
    pull,
    push,
    push_features,
    reproduce,
    rollback,
    run,
    sample,
    serve,
    ship_log,
    steps,
    sweep,
    train,
    webhook,
)

COMMANDS = (
    init.init,
    run.run,
    sample.sample,
    adopt.adopt,
    add_source.add_source,
    push_features.push_features,
    experiment.experiment,
    sweep.sweep,
    lineage.lineage,
    reproduce.reproduce,
    serve.serve,
    ship_log.ship_log,
    predict.predict,
    bundle.bundle,
    promote_to.promote_to,
    deploy.deploy,
    rollback.rollback,
    monitor.monitor,
    decide.decide,
    loop_demo.loop_demo,
    inbox.inbox,
    webhook.webhook,
    pull.pull,
    push.push,
    ci_report.ci_report,
    ci_outcome.ci_outcome,
    ci_drift.ci_drift,
    ci_promotion.ci_promotion,
    engine_check.engine_check,
)


def main() -> None:
    """Run a command."""
    _tuners.register()
    terminal.main(terminal.spoken(app), "interrupted; `make run FROM=STEP` resumes there")


def _application() -> typer.Typer:
    """All commands, in the order of the help."""
    application = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    for name in steps.PLAIN:
        step = application.command(
            name, help=f"Run the step {name} alone.", rich_help_panel="Steps"
        )
        step(steps.command(name))
    trained = "Run the step train alone, or one trial of a tuner."
    application.command(help=trained, rich_help_panel="Steps")(train.train)
    for command in COMMANDS:
        application.command()(command)
    return application


app = _application()
