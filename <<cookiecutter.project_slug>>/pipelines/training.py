"""The training pipeline: how outputs of tasks become inputs of others."""

from typing import Any

from kfp import dsl

from . import components as task
from .cluster_tasks import Pods


def build(name: str, image: str, pods: Pods, default_tuner: str) -> Any:
    """The pipeline of the project `name`, its tasks running in `image`, placed by `pods`.

    A run that names no tuner, like one started in KFP's own pages, has `default_tuner`.
    """

    @dsl.pipeline(name=name, description="Trains, judges and promotes; writes what to deploy.")
    def training(
        trigger: str = "manual",
        tuner: str = default_tuner,
        source: str = "",
        overrides: list[str] = [],  # noqa: B006  KFP reads the default, nobody changes it
    ) -> None:
        run = dsl.PIPELINE_JOB_ID_PLACEHOLDER
        ended = task.record(trigger=trigger, name=dsl.PIPELINE_JOB_NAME_PLACEHOLDER, run=run)
        with dsl.ExitHandler(ended):
            ingest = task.ingest(source=source, overrides=overrides)
            knobs = ingest.outputs["Output"]
            table, raw = ingest.outputs["ingested"], ingest.outputs["raw"]
            validate = task.validate(overrides=knobs, ingested=table)
            featurize = task.featurize(overrides=knobs, ingested=table).after(validate)
            build_dataset = task.build_dataset(
                overrides=knobs, ingested=table, features=featurize.outputs["features"]
            )
            dataset = build_dataset.outputs["dataset"]
            families = build_dataset.outputs["Output"]
            with dsl.ParallelFor(families, name="candidates", parallelism=pods.branches) as family:
                tune = task.tune_family(
                    family=family,
                    tuner=tuner,
                    run=run,
                    source=source,  # kfp 2.17's local runner gives a loop no output but its item
                    overrides=overrides,
                    dataset=dataset,
                )
            select = task.select(overrides=knobs, branches=dsl.Collected(tune.outputs["branch"]))
            tuning = select.outputs["tuning"]
            train = task.train(overrides=knobs, dataset=dataset, tuning=tuning)
            model = train.outputs["model"]
            evaluate = task.evaluate(
                run=run,
                overrides=knobs,
                raw=raw,
                ingested=table,
                validation=validate.outputs["validation"],
                dataset=dataset,
                tuning=tuning,
                model=model,
            )
            judged, tracked = evaluate.outputs["evaluation"], evaluate.outputs["tracked"]
            promote = task.promote(
                overrides=knobs, raw=raw, model=model, evaluation=judged, tracked=tracked
            )
            decision = promote.outputs["decision"]
            with dsl.If(promote.outputs["Output"] == "hand_over", name="stands"):
                hand_over = task.hand_over(image=image, overrides=knobs, decision=decision)
            with dsl.Else(name="held"):
                hold = task.hold(overrides=knobs, decision=decision)
            report = task.report(
                became=dsl.OneOf(hand_over.outputs["Output"], hold.output),
                overrides=knobs,
                raw=raw,
                validation=validate.outputs["validation"],
                tuning=tuning,
                evaluation=judged,
                predictions=evaluate.outputs["predictions"],
                tracked=tracked,
                decision=decision,
            )
        pods.light(ended, select, hand_over, hold)
        pods.networked(ingest, validate, featurize, evaluate, promote, report)
        pods.waiting(tune)
        pods.working(build_dataset, train)
        pods.retried(ended, ingest, validate, featurize, build_dataset, tune, select)
        pods.retried(evaluate, promote, hand_over, hold, report)

    return training
