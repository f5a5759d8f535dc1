"""KFP components: each places its artifacts, runs one command, and moves its outputs."""

from functools import partial

from kfp import dsl  # it reads annotations on import: they stay real objects here
from kfp.dsl import (
    HTML,
    Artifact,
    ClassificationMetrics,
    Dataset,
    Input,
    Markdown,
    Metrics,
    Model,
    Output,
    PipelineTaskFinalStatus,
)

component = partial(dsl.component, base_image="python", install_kfp_package=False)


@component
def ingest(
    source: str, overrides: list[str], ingested: Output[Dataset], raw: Output[Artifact]
) -> list[str]:
    """Read the raw table. Returns the overrides for every later task."""
    from level2.kubeflow import task

    knobs = task.knobs(overrides, source)
    task.run("ingest", {}, {"ingested": ingested.path, "raw": raw.path}, knobs)
    return knobs


@component
def validate(overrides: list[str], ingested: Input[Dataset], validation: Output[Artifact]) -> None:
    """Check the table against its contract and against the champion's data."""
    from level2.kubeflow import task

    task.run("validate", {"ingested": ingested.path}, {"validation": validation.path}, overrides)


@component
def featurize(overrides: list[str], ingested: Input[Dataset], features: Output[Dataset]) -> None:
    """Derive features, apply Feast's declarations, materialize the online store."""
    from level2.kubeflow import task

    task.run("featurize", {"ingested": ingested.path}, {"features": features.path}, overrides)


@component
def build_dataset(
    overrides: list[str],
    ingested: Input[Dataset],
    features: Input[Dataset],
    dataset: Output[Dataset],
) -> list[str]:
    """Join features onto labels point in time, and split. Returns the families to tune."""
    from level2.kubeflow import task

    task.run(
        "build_dataset",
        {"ingested": ingested.path, "features": features.path},
        {"dataset": dataset.path},
        overrides,
    )
    return task.families(overrides)


@component
def tune_family(
    family: str,
    tuner: str,
    run: str,
    source: str,
    overrides: list[str],
    dataset: Input[Dataset],
    branch: Output[Artifact],
    trials: Output[Metrics],
) -> None:
    """Search the parameters of one candidate estimator."""
    from level2.kubeflow import task

    task.run(
        "tune_family",
        {"dataset": dataset.path},
        {"branches": branch.path},
        task.knobs(overrides, source),
        settings={"tuner": tuner, "pipeline_run_id": run},
        arguments={"family": task.word(family)},
    ).log_branch(trials)


@component
def select(
    overrides: list[str],
    branches: Input[list[Artifact]],
    tuning: Output[Artifact],
    candidates: Output[Metrics],
) -> None:
    """Choose the better branch by the declared metric and direction, on the validation rows."""
    from level2.kubeflow import task

    task.run(
        "select", {"branches": task.paths(branches)}, {"tuning": tuning.path}, overrides
    ).log_branches(candidates)


@component
def train(
    overrides: list[str], dataset: Input[Dataset], tuning: Input[Artifact], model: Output[Model]
) -> None:
    """Fit the chosen estimator on all rows outside the test set."""
    from level2.kubeflow import task

    task.run(
        "train", {"dataset": dataset.path, "tuning": tuning.path}, {"model": model.path}, overrides
    ).describe_model(model)


@component
def evaluate(
    run: str,
    overrides: list[str],
    raw: Input[Artifact],
    ingested: Input[Dataset],
    validation: Input[Artifact],
    dataset: Input[Dataset],
    tuning: Input[Artifact],
    model: Input[Model],
    metrics: Output[Artifact],
    evaluation: Output[Artifact],
    predictions: Output[Dataset],
    tracked: Output[Artifact],
    scores: Output[Metrics],
    classes: Output[ClassificationMetrics],
) -> None:
    """Test the candidate on the newest rows and track it as an MLflow run."""
    from level2.kubeflow import task

    done = task.run(
        "evaluate",
        {
            "ingested": ingested.path,
            "raw": raw.path,
            "validation": validation.path,
            "dataset": dataset.path,
            "tuning": tuning.path,
            "model": model.path,
        },
        {
            "metrics": metrics.path,
            "evaluation": evaluation.path,
            "predictions": predictions.path,
            "tracked": tracked.path,
        },
        overrides,
        settings={"pipeline_run_id": run},
    )
    done.log_scores(scores)
    done.log_classes(classes)


@component
def promote(
    overrides: list[str],
    raw: Input[Artifact],
    model: Input[Model],
    evaluation: Input[Artifact],
    tracked: Input[Artifact],
    decision: Output[Artifact],
) -> str:
    """Apply the gate to the candidate and register it. Returns `hand_over` or `hold`."""
    from level2.kubeflow import task

    return task.run(
        "promote",
        {
            "raw": raw.path,
            "model": model.path,
            "evaluation": evaluation.path,
            "tracked": tracked.path,
        },
        {"decision": decision.path},
        overrides,
    ).branch


@component
def hand_over(
    image: str, overrides: list[str], decision: Input[Artifact], handed_over: Output[Artifact]
) -> str:
    """Write the record a deployment starts from. Returns one line."""
    from level2.kubeflow import task

    return task.run(
        "hand_over",
        {"decision": decision.path},
        {"handed_over": handed_over.path},
        overrides,
        arguments={"image": image},
    ).line


@component
def hold(overrides: list[str], decision: Input[Artifact]) -> str:
    """Say why the candidate is held. Returns one line."""
    from level2.kubeflow import task

    return task.run("hold", {"decision": decision.path}, {}, overrides).line


@component
def report(
    became: str,
    overrides: list[str],
    raw: Input[Artifact],
    validation: Input[Artifact],
    tuning: Input[Artifact],
    evaluation: Input[Artifact],
    predictions: Input[Dataset],
    tracked: Input[Artifact],
    decision: Input[Artifact],
    report_page: Output[HTML],
    report_summary: Output[Markdown],
    report_plots: Output[Artifact],
) -> None:
    """Write the report on the candidate; `became` is what happened to it."""
    from level2.kubeflow import task

    report_summary.metadata["became"] = became
    task.run(
        "report",
        {
            "raw": raw.path,
            "validation": validation.path,
            "tuning": tuning.path,
            "evaluation": evaluation.path,
            "predictions": predictions.path,
            "tracked": tracked.path,
            "decision": decision.path,
        },
        {
            "report_page": report_page.path,
            "report_summary": report_summary.path,
            "report_plots": report_plots.path,
        },
        overrides,
    )


@component
def record(
    trigger: str, name: str, run: str, status: PipelineTaskFinalStatus, outcome: Output[Artifact]
) -> None:
    """Record how the run ended, whatever happened in it."""
    from level2.kubeflow import task

    task.run(
        "record",
        {},
        {"outcome": outcome.path},
        settings={"pipeline_run_id": run},
        arguments={
            "trigger": trigger,
            "run": name,
            "state": status.state,
            "failed": status.error_message,
        },
    )
