"""The command line: one verb per step, and what people do around the loop."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from . import terminal
from .errors import ProjectError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Overrides = Annotated[
    list[str] | None, typer.Option("--set", "-S", help="Change a knob: tune.trials=5")
]


def main() -> None:
    """Run a command."""
    terminal.main(terminal.spoken(app), "interrupted; `run --from STEP` goes on where it was")


def _verb(name: str) -> None:
    """Register one step as a command of its own: what DVC, KFP and Katib call."""

    def command(
        overrides: Overrides = None,
        experiment: Annotated[str | None, typer.Option(help="Track as this trial.")] = None,
    ) -> None:
        from . import session

        session.run_one(Path.cwd(), name, tuple(overrides or ()), experiment)

    app.command(name, help=f"Run the step {name} alone.", rich_help_panel="Steps")(command)


for _name in (
    "ingest",
    "validate",
    "featurize",
    "build_dataset",
    "tune",
    "evaluate",
    "promote",
    "report",
):
    _verb(_name)


@app.command(help="Run the step train alone, or one trial of a tuner.", rich_help_panel="Steps")
def train(
    overrides: Overrides = None,
    experiment: Annotated[str | None, typer.Option(help="Track as this trial.")] = None,
    trial: Annotated[
        str | None, typer.Option(help="Family to try: print its metric, write nothing.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set-param", help="Parameter of the trial: alpha=0.1")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Training set of the trial, a path or s3://.")
    ] = None,
    dataset_digest: Annotated[str | None, typer.Option(help="SHA-256 it must have.")] = None,
    params_digest: Annotated[str | None, typer.Option(help="SHA-256 of the knobs.")] = None,
) -> None:
    """Fit the chosen estimator on all rows that do not judge; or one trial on the train rows."""
    if trial is None:
        if assignments or dataset or dataset_digest or params_digest:
            raise ProjectError("--set-param, --dataset and the digests belong to a --trial FAMILY")
        from . import session

        session.run_one(Path.cwd(), "train", tuple(overrides or ()), experiment)
        return
    from .kubeflow.katib import trial as one

    expected = one.Expected(dataset, dataset_digest, params_digest)
    one.run(Path.cwd(), trial, assignments or (), expected, tuple(overrides or ()))


@app.command()
def init() -> None:
    """Make the folder a Git and DVC repository and the sample table, where they are missing."""
    from . import session

    session.init(Path.cwd())


@app.command()
def run(
    start: Annotated[str | None, typer.Option("--from", help="Resume at this step.")] = None,
    overrides: Overrides = None,
) -> None:
    """Run the whole loop in this process, promotion included."""
    from . import session

    session.run_loop(Path.cwd(), start, tuple(overrides or ()))


@app.command()
def sample(
    until: Annotated[str, typer.Option(help="Last day, like 2019-06-30.")] = "",
    shock: Annotated[str | None, typer.Option(help="heat_wave, lockdown or unit_change.")] = None,
    output: Annotated[Path, typer.Option(help="CSV file to write.")] = Path("data/raw/load.csv"),
) -> None:
    """Write the sample table; a later --until is new data arriving."""
    from . import session

    session.write_sample(output, _day(until), shock)


@app.command()
def adopt(
    data: Annotated[
        Path, typer.Argument(help="CSV, TSV, parquet or Excel file, or a .gz or .zip of one.")
    ],
    target: Annotated[str, typer.Argument(help="Column to predict.")],
    entity: Annotated[
        str | None, typer.Option(help="Column that names the thing a row is about.")
    ] = None,
    timestamp: Annotated[
        str, typer.Option(help="Column that says when, or several: year,month.")
    ] = "",
    pattern: Annotated[
        str | None,
        typer.Option("--format", help="How it is written: %d/%m/%Y, unix_s, quarter, ..."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="time, random or group.")] = None,
    by: Annotated[
        str | None, typer.Option(help="Column of groups that must not be divided.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="regression, binary or multiclass.")] = None,
    exclude: Annotated[str, typer.Option(help="Columns to leave out, comma-separated.")] = "",
    allow_leakage: Annotated[
        str, typer.Option(help="Columns that look like the answer and stay.")
    ] = "",
    missing: Annotated[
        str, typer.Option(help="Words or numbers that mean a missing value, comma-separated.")
    ] = "",
    decimal: Annotated[
        str | None, typer.Option(help="`.` or `,`, where numbers could be read in two ways.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="comma, semicolon, tab or bar, where two of them fit.")
    ] = None,
) -> None:
    """Turn the project to your own table: infer the contract, write params.yaml, track the data."""
    from . import session

    session.adopt(
        Path.cwd(),
        data,
        target,
        entity,
        _names(timestamp),
        task,
        _names(exclude),
        _names(allow_leakage),
        pattern=pattern,
        split=split,
        by=by,
        missing=_names(missing),
        decimal=decimal,
        delimiter=delimiter,
    )


@app.command()
def experiment(
    name: Annotated[
        str | None, typer.Option(help="Name of run and folder; else made of the knobs.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Run the loop with other knobs, tracked under `experiments`; the registry is not touched."""
    from . import experiments

    experiments.experiment(Path.cwd(), name, tuple(overrides or ()))


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(help="YAML: estimator families and parameter lists.")],
) -> None:
    """Train every combination in a file and rank them; the registry is not touched."""
    from . import experiments

    experiments.sweep(Path.cwd(), file)


@app.command()
def lineage(
    version: Annotated[str, typer.Argument(help="Version number, or `champion`.")] = "champion",
) -> None:
    """Say which data, features, run, environment and commit a model version comes from."""
    from . import provenance

    provenance.show(Path.cwd(), version)


@app.command()
def reproduce(
    version: Annotated[str, typer.Argument(help="Version number, or `champion`.")] = "champion",
) -> None:
    """Train a version again from its recorded commit and data, and compare."""
    from . import provenance

    provenance.reproduce(Path.cwd(), version)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8000,
    model: Annotated[
        Path | None, typer.Option(help="Folder written by `bundle`, instead of the registry.")
    ] = None,
) -> None:
    """Serve predictions of the champion over HTTP, until Ctrl-C."""
    from .serving import run as service

    service.serve(Path.cwd(), host, port, model)


@app.command()
def predict(
    table: Annotated[Path, typer.Option("--input", help="CSV, parquet or Excel, all features.")],
    output: Annotated[Path, typer.Option(help="CSV or parquet file to write.")],
    model: Annotated[
        Path | None, typer.Option(help="Folder written by `bundle`, instead of the registry.")
    ] = None,
) -> None:
    """Predict every row of a table with the champion, in little memory."""
    from . import offline

    offline.predict(Path.cwd(), table, output, model)


@app.command()
def bundle(
    output: Annotated[Path, typer.Option(help="Folder to write.")] = Path("artifacts/bundle"),
    version: Annotated[str, typer.Option(help="Version number, or `champion`.")] = "champion",
    record: Annotated[Path | None, typer.Option(help="Also what `deploy` starts from.")] = None,
    image: Annotated[str, typer.Option(help="Of the pipeline, for the record.")] = "",
) -> None:
    """Write a model version as a folder that serves without MLflow, for an image."""
    from . import offline

    offline.bundle(Path.cwd(), output, version, record, image)


@app.command()
def deploy(
    environment: Annotated[str, typer.Argument(help="staging or production.")],
    image: Annotated[str, typer.Option(help="Image that serves: repository@sha256:digest.")] = "",
    record: Annotated[Path, typer.Option(help="What the pipeline handed over.")] = Path(
        "artifacts/hand_over.json"
    ),
    canary: Annotated[
        int | None, typer.Option(min=1, max=99, help="Percent of the requests to begin with.")
    ] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Stop at the canary.")] = False,
    minutes: Annotated[float, typer.Option(min=0, help="To wait for pods.")] = 10,
    watch: Annotated[float, typer.Option(min=0, help="Seconds to watch a canary.")] = 60,
) -> None:
    """Deploy the model handed over to the cluster of an environment, and wait until it serves."""
    from .deploy import deployment
    from .deploy.environment import Patience

    patience = Patience(minutes, watch)
    deployment.deploy(Path.cwd(), environment, image, record, canary, hold, patience)


@app.command()
def rollback(
    environment: Annotated[str, typer.Argument(help="staging or production.")],
    minutes: Annotated[float, typer.Option(min=0, help="To wait for it.")] = 10,
) -> None:
    """Serve the version before the one deployed."""
    from .deploy import deployment
    from .deploy.environment import Patience

    deployment.rollback(Path.cwd(), environment, Patience(minutes))


@app.command()
def monitor(
    source: Annotated[
        str, typer.Option(help="log, data, or auto: the log where it has enough rows.")
    ] = "auto",
    evidently: Annotated[
        bool, typer.Option("--evidently", help="Also write a page by Evidently.")
    ] = False,
    overrides: Overrides = None,
) -> None:
    """Compare what the champion meets now with what it was accepted on."""
    from . import watching

    watching.monitor(Path.cwd(), source, tuple(overrides or ()), evidently)


@app.command()
def decide(
    apply: Annotated[bool, typer.Option("--apply", help="Do it here: retrain, or tell.")] = False,
    overrides: Overrides = None,
) -> None:
    """Decide what the monitor's verdict asks for, and leave a record."""
    from . import deciding

    deciding.decide(Path.cwd(), apply, tuple(overrides or ()))


@app.command("loop-demo")
def loop_demo() -> None:
    """Show the loop on the sample: serve, log, drift, monitor, decide, retrain, promote, reload."""
    from . import loop_demo as demo

    demo.show(Path.cwd())


@app.command()
def inbox(
    folder: Annotated[Path, typer.Option(help="Where tables land.")] = Path("data/inbox"),
    settle: Annotated[
        float, typer.Option(min=0.1, help="Seconds a file must be still to count as whole.")
    ] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Take what is there, then end.")] = False,
) -> None:
    """Take new tables as they land: judge, merge into the raw table, retrain."""
    from .intake import inbox as loop

    loop.watch(Path.cwd(), folder, settle, once)


@app.command()
def webhook(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8080,
) -> None:
    """Receive events of an object store and start ct on GitHub for new data, until Ctrl-C."""
    from .intake.webhook import run as receiver

    receiver.serve(Path.cwd(), host, port)


@app.command()
def pull() -> None:
    """Have the tracked raw table here: from DVC's cache, else from its remote."""
    from . import pull as data

    data.pull(Path.cwd())


@app.command("ci-report")
def ci_report(
    base: Annotated[str, typer.Option(help="Revision to compare with.")] = "HEAD^1",
) -> None:
    """Write a pull request's report and verdict into reports/pull_request."""
    from .github import ci

    ci.report(Path.cwd(), base)


@app.command("ci-outcome")
def ci_outcome(
    trigger: Annotated[str, typer.Option(help="What started the run.")] = "manual",
) -> None:
    """Say how the last run of the pipeline on this machine ended."""
    from .github import ci

    ci.outcome(Path.cwd(), trigger)


@app.command("ci-drift")
def ci_drift() -> None:
    """Watch the champion on new raw data and decide, for the jobs that act."""
    from .github import ci

    ci.drift(Path.cwd())


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ProjectError(f"--until {text} is no date: write it like 2019-06-30") from None


def _names(text: str) -> tuple[str, ...]:
    import csv

    lines = csv.reader([text], skipinitialspace=True)  # a name with a comma stands in quotes
    return tuple(name.strip() for line in lines for name in line if name.strip())
