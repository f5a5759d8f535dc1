"""Tuning on a cluster: the trials' dataset, the Experiments, and their results."""

import hashlib
import json
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from ...base import s3
from ...base.errors import ProjectError
from ...base.files import atomic, digest, explain, local_path
from ...model.search_plan import Plan
from ...params.config import Params, Settings
from ...project import Context
from .client import Katib
from .experiment import experiment, outcome
from .trial_job import TrialPod

OVERRIDES = "TRIAL_OVERRIDES"  # variable of a trial's pod: knobs set by hand, a JSON list
LIFE = (
    "TRIAL_SECONDS"  # least a trial may last: Katib fails one that ends before its collector starts
)
SECONDS = 5
PACKAGE = __name__.partition(".")[0]
_PLAIN = re.compile(r"[\w./:@+=-]+", re.ASCII)  # a shell reads the command of a trial
_READ = {"data", "featurize", "train"}  # sections of params.yaml that a trial reads whole


def search(context: Context, plan: Plan) -> tuple[dict[str, list[dict[str, Any]]], tuple[str, ...]]:
    """Let Katib run every family's trials; return them like the local tuner, and where they ran."""
    image, folder = check_settings(context.settings)
    for family, space in plan.spaces.items():
        if not space:
            raise ProjectError(
                f"params.yaml: tune.families.{family} has nothing to search, which Katib refuses: "
                "give it a range, or set TUNER=optuna"
            )
    settings, name = context.settings, context.params.data.name
    katib = Katib(settings.kubeconfig, settings.katib_namespace)
    uri = publish(context, folder)
    pod = _pod(context, image, uri)
    run = settings.pipeline_run_id or uuid.uuid4().hex
    total = sum(plan.shares.values())
    found = katib.search(
        {family: experiment(plan, family, name, run, pod) for family in plan.spaces},
        plan.metric,
        context.params.tune.cluster.minutes,
        lambda ended, line: context.progress.update(ended, total, line),
    )
    trials = {family: _outcome(plan, family, found[family]) for family in plan.spaces}
    return trials, (f"by Katib in {katib.namespace}", f"rows at {uri}")


def publish(context: Context, folder: str) -> str:
    """Copy the training set to where trials can read it, under its digest. Returns its address."""
    dataset = context.workspace.need(context.workspace.dataset, "build_dataset")
    known = digest(dataset)
    uri = f"{folder.rstrip('/')}/{known[:16]}/{dataset.name}"
    if not _PLAIN.fullmatch(uri):
        raise ProjectError(f"DATASET_URI `{folder}` may hold letters, digits and _ . / : @ + = -")
    if uri.startswith("s3://"):
        s3.upload(dataset, uri)
    else:
        with atomic(local_path(uri)) as temporary:
            shutil.copyfile(dataset, temporary)
    return uri


def fetch(uri: str, folder: Path, expected: str | None) -> Path:
    """Download the training set at an address. Raises ProjectError if the content differs."""
    if uri.startswith("s3://"):
        path = folder / "dataset.parquet"
        s3.download(uri, path)
    else:
        path = local_path(uri)
    try:
        found = digest(path)
    except OSError as error:
        why = explain(error, path) or error.strerror
        raise ProjectError(f"{uri} cannot be read ({why}): correct --dataset") from error
    if expected and found != expected:
        raise ProjectError(
            f"{uri} is not the training set of this run (SHA-256 {found[:12]}…, expected "
            f"{expected[:12]}…): tune again"
        )
    return path


def knobs_digest(params: Params) -> str:
    """SHA-256 of the params a trial reads: the image's must be those of the run."""
    tree = params.model_dump(mode="json", include=_READ)
    families = params.model_dump(mode="json", include={"tune": {"families"}})
    # in the order of the file: that of the features is that of the model's columns
    text = json.dumps([tree, families, params.metric])
    return hashlib.sha256(text.encode()).hexdigest()


def check_settings(settings: Settings) -> tuple[str, str]:
    """Image and folder for the dataset. Raises ProjectError if one is missing."""
    for name, value in (
        ("TRIAL_IMAGE", settings.trial_image),
        ("DATASET_URI", settings.dataset_uri),
    ):
        if not value:
            meant = {
                "TRIAL_IMAGE": "the project's image, preferably by digest",
                "DATASET_URI": "a folder that trials can read, like s3://bucket/tuning",
            }[name]
            raise ProjectError(f"TUNER=katib needs {name}: {meant}")
    return str(settings.trial_image), str(settings.dataset_uri)


def _pod(context: Context, image: str, uri: str) -> TrialPod:
    settings, cluster = context.settings, context.params.tune.cluster
    environment = {LIFE: str(SECONDS)}
    if context.overrides:
        environment[OVERRIDES] = json.dumps(context.overrides)
    if settings.aws_endpoint_url:
        environment["AWS_ENDPOINT_URL"] = settings.aws_endpoint_url
    words = ["python", "-m", PACKAGE, "train", "--dataset", uri]
    words += ["--dataset-digest", digest(context.workspace.dataset)]
    words += ["--params-digest", knobs_digest(context.params)]
    return TrialPod(
        image=image,
        command=words,
        # Kubernetes would read $(NAME) in a value
        environment={name: value.replace("$", "$$") for name, value in environment.items()},
        secret=settings.trial_secret,
        service_account=settings.trial_service_account,
        cpu=cluster.cpu,
        memory=cluster.memory,
        parallel=cluster.parallel_trials,
        minutes=cluster.minutes,
    )


def _outcome(plan: Plan, family: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return outcome(plan, family, found)
    except ValueError as error:
        raise ProjectError(f"Katib's answer for {family} is refused: {error}") from error
