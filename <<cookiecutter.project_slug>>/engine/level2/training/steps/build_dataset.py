"""Join features onto labels point in time, and split."""

import numpy as np
import pandas as pd

from ...base.amounts import plural
from ...base.errors import ProjectError
from ...base.files import atomic
from ...data import parquet
from ...data.contract import TIMESTAMP
from ...data.rows import reorder
from ...features.transforms import model_features
from ...model import split
from ...project import Context


def run(context: Context) -> str:
    """Write the training set: key, features, target, weights, split. Returns one line."""
    params, workspace = context.params, context.workspace
    contract = params.data
    workspace.need(workspace.features, "featurize")
    wanted = [*contract.key, contract.target]
    apart = contract.group if contract.group not in [*contract.features, *wanted] else None
    wanted += [name for name in (apart, contract.sample_weight) if name]
    labels = parquet.read(workspace.need(workspace.ingested, "ingest"), columns=wanted)
    from ...features import feast

    joined = feast.historical(feast.open_store(workspace, params), params, labels)
    order = [*contract.key, *model_features(contract, params.featurize), contract.target]
    order += [name for name in wanted if name not in order]  # groups and weights
    dataset = pd.DataFrame({name: joined[name] for name in order}, copy=False)
    del joined
    dataset[TIMESTAMP] = dataset[TIMESTAMP].astype(labels[TIMESTAMP].dtype)
    entity = pd.factorize(dataset[contract.entity_column], sort=True)[0]
    reorder(dataset, np.lexsort((entity, dataset[TIMESTAMP])))
    dataset["split"] = _split(context, dataset)
    if apart:
        del dataset[apart]
    counts = dataset["split"].value_counts()
    for name in (split.TRAIN, split.VALIDATION, split.TEST):
        if counts.get(name, 0) < 2:
            raise ProjectError(
                f"{contract.source}: {plural(counts.get(name, 0), 'row')} for the {name} part, "
                "at least 2 are needed: bring more rows or change build_dataset in params.yaml"
            )
    _refuse_empty(context, dataset)
    with atomic(workspace.dataset) as path:
        parquet.write(dataset, path)
    parts = " · ".join(
        f"{counts[name]:,} {name}" for name in (split.TRAIN, split.VALIDATION, split.TEST)
    )
    return f"{len(dataset):,} rows · {parts}"


def _refuse_empty(context: Context, dataset: pd.DataFrame) -> None:
    """Raise ProjectError for a feature without any value, or no weight, in the training rows."""
    trains, weight = dataset["split"] == split.TRAIN, context.params.data.sample_weight
    if weight is not None and not dataset.loc[trains, weight].any():
        raise ProjectError(
            f"{context.params.data.source}: `{weight}` (data.sample_weight) is 0 in every training "
            "row: at least one must be above 0"
        )
    for name in model_features(context.params.data, context.params.featurize):
        if dataset.loc[trains, name].isna().all():
            raise ProjectError(
                f"{context.params.data.source}: `{name}` has no value in any training "
                "row: remove it from params.yaml or add rows that have it"
            )


def _split(context: Context, dataset: pd.DataFrame) -> "pd.Series[str]":
    settings, contract = context.params.build_dataset, context.params.data
    if settings.split == "time":
        labels = split.by_time(
            dataset[TIMESTAMP], settings.test_fraction, settings.validation_fraction
        )
    elif settings.split == "group":
        labels = split.by_group(
            dataset[contract.group],
            settings.test_fraction,
            settings.validation_fraction,
            context.params.train.seed,
        )
    else:
        classes = None if contract.task == "regression" else dataset[contract.target]
        names = [*model_features(contract, context.params.featurize), contract.target]
        drawn = split.marks(dataset[names], context.params.train.seed)
        labels = split.at_random(
            classes, drawn, settings.test_fraction, settings.validation_fraction
        )
    return pd.Series(labels, index=dataset.index, dtype="category")
