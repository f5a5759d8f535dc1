"""A project's staging overlay fitted to KFP alone, as docs/how-to/kubeflow-cluster.md says."""

from pathlib import Path

import yaml

TASKS, TRIALS = "kubeflow", "load-forecast-staging-trials"
ACCOUNT = "pipeline"  # of the project: it has what the overlay gives it and nothing else
SETTINGS = {
    "AWS_ENDPOINT_URL": "http://test-minio.kubeflow:9000",
    "DATASET_URI": "s3://load-forecast/trials",
    "FEAST_REGISTRY": "s3://load-forecast/feast/registry.db",
    "KATIB_NAMESPACE": TRIALS,
    "MLFLOW_TRACKING_URI": "http://test-mlflow.kubeflow:5000",
}
SECRETS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "of-a-cluster-of-tests",
    "REDIS_CONNECTION": "test-redis.kubeflow:6379",
}


def fit(project: Path) -> Path:
    """Change the overlay of a generated project; return its folder."""
    overlay = project / "deploy" / "kubeflow" / "overlays" / "staging"
    own = TRIALS.removesuffix("-trials")
    tasks, trials = (overlay / part / "kustomization.yaml" for part in ("pipeline", "trials"))
    text = tasks.read_text().replace("  - namespace.yaml\n", "")
    tasks.write_text(text.replace(f"namespace: {own} #", f"namespace: {TASKS} #"))
    trials.write_text(trials.read_text().replace(f"value: {own} ", f"value: {TASKS} "))
    settings = overlay / "pipeline" / "settings.yaml"
    item = yaml.safe_load(settings.read_text())
    item["data"] |= SETTINGS
    settings.write_text(yaml.safe_dump(item, sort_keys=False))
    return overlay


def secrets() -> list[dict]:
    """The Secret of the tasks, and that of the trials, which need the object store alone."""
    of_trials = {name: value for name, value in SECRETS.items() if name.startswith("AWS_")}
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "pipeline-secrets", "namespace": space},
            "stringData": values,
        }
        for space, values in ((TASKS, SECRETS), (TRIALS, of_trials))
    ]
