"""How tasks run on a cluster: retries, CPU, memory, environment; the local runner ignores them."""

from dataclasses import dataclass

from kfp import kubernetes
from kfp.dsl import PipelineTask

RETRIES = 2  # of a task that uses a server, after a fault that may pass
SETTINGS = "pipeline-settings"  # ConfigMap, addresses
SECRETS = "pipeline-secrets"  # Secret, credentials: named here, never read here
ADDRESSES = (
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "DATASET_URI",
    "FEAST_FS_YAML_FILE_PATH",
    "FEAST_REGISTRY",
    "KATIB_NAMESPACE",
    "MLFLOW_TRACKING_URI",
    "MODEL_ENVIRONMENT",
    "TRIAL_SECRET",
    "TRIAL_SERVICE_ACCOUNT",
)
CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "REDIS_CONNECTION",
)
USER = 10001  # the image's own user


@dataclass(frozen=True)
class Pods:
    """Image, retries and resources of the tasks."""

    image: str
    commit: str  # of the code in the image, empty where it is not known
    retries: int = RETRIES  # none where a person watches
    branches: int | None = None  # of the candidates at once, all by default

    def light(self, *tasks: PipelineTask) -> None:
        """Tasks that read and write a record."""
        self._give(tasks, cpu="50m", most_cpu="1", memory="512Mi", most_memory="1Gi")

    def waiting(self, *tasks: PipelineTask) -> None:
        """Tasks that may only wait for others: the node's capacity is then for Katib's trials.

        With TUNER=optuna, `tune` itself computes, up to its limits, with the node's spare capacity.
        """
        self._give(tasks, cpu="50m", most_cpu="4", memory="512Mi", most_memory="8Gi")

    def networked(self, *tasks: PipelineTask) -> None:
        """Tasks that reach the object store, MLflow or the online store."""
        self._give(tasks, cpu="500m", most_cpu="2", memory="1Gi", most_memory="4Gi")

    def working(self, *tasks: PipelineTask) -> None:
        """Tasks that compute."""
        self._give(tasks, cpu="1", most_cpu="4", memory="2Gi", most_memory="8Gi")

    def retried(self, *tasks: PipelineTask) -> None:
        """Tasks that use a server, which may be briefly unavailable.

        KFP restarts a lost pod, but not a failed container (it merges Argo's policy OnError into
        everything, and kfp has no option for another): so the task itself also retries its command.
        """
        for task in tasks:
            task.set_retry(self.retries, backoff_duration="10s", backoff_factor=2)
            task.set_env_variable("TASK_RETRIES", str(self.retries))

    def _give(
        self,
        tasks: tuple[PipelineTask, ...],
        cpu: str,
        most_cpu: str,
        memory: str,
        most_memory: str,
    ) -> None:
        for task in tasks:
            task.set_container_image(self.image)
            task.set_caching_options(False)  # a cache key does not see the code in the image
            task.set_cpu_request(cpu).set_cpu_limit(most_cpu)
            task.set_memory_request(memory).set_memory_limit(most_memory)
            kubernetes.set_security_context(
                task, run_as_user=USER, run_as_group=USER, run_as_non_root=True
            )
            task.set_env_variable("GIT_COMMIT", self.commit)
            task.set_env_variable("TRIAL_IMAGE", self.image)  # Katib's trials run the same code
            names = dict(zip(ADDRESSES, ADDRESSES, strict=True))
            kubernetes.use_config_map_as_env(task, SETTINGS, names, optional=True)
            names = dict(zip(CREDENTIALS, CREDENTIALS, strict=True))
            kubernetes.use_secret_as_env(task, SECRETS, names, optional=True)
