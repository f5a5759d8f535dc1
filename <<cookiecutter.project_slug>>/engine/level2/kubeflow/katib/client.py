"""Katib: Experiments created, watched and removed through KatibClient."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...base.errors import ProjectError
from . import answers
from .experiment import DIGEST, OWNER

POLL = 2.0  # seconds between two looks at the cluster
PATIENCE = 5  # looks in a row that may go unanswered
TIMEOUTS = (5, 20)  # seconds to connect, and without a byte
Report = Callable[[int, str], None]  # trials that have ended, and a word on all


class Katib:
    """One namespace of a cluster. Raises ProjectError if it cannot be used."""

    def __init__(self, kubeconfig: str | None, namespace: str | None) -> None:
        self.client = _client(kubeconfig)
        self.namespace = namespace or str(self.client.namespace)
        self.server = str(self.client.custom_api.api_client.configuration.host)
        try:
            self.client.list_experiments(namespace=self.namespace)
        except Exception as error:
            raise self._fault("list experiments", error) from error

    def search(
        self, experiments: Mapping[str, dict[str, Any]], metric: str, minutes: float, report: Report
    ) -> dict[str, dict[str, Any]]:
        """Run one Experiment per family, all at once; return their results, see `results`.

        They are deleted when this returns, raises, or the process is told to stop.
        """
        names = {family: str(item["metadata"]["name"]) for family, item in experiments.items()}
        made: list[str] = []
        with _stoppable():
            try:
                for manifest in experiments.values():
                    self._create(manifest, made)
                self._wait(names, minutes, report)
                found = {family: self._results(name, metric) for family, name in names.items()}
            except BaseException as error:
                left = self._remove(made)
                if left and isinstance(error, ProjectError):
                    raise ProjectError(f"{error}; {left}") from error
                raise
        left = self._remove(made)
        if left:
            raise ProjectError(left)
        return found

    def _create(self, manifest: dict[str, Any], made: list[str]) -> None:
        """Create an Experiment, or adopt the one that an earlier attempt of this run created."""
        name = str(manifest["metadata"]["name"])
        for attempt in range(1, PATIENCE + 1):
            made.append(name)  # first: whoever stops us from here on must find it
            try:
                self.client.create_experiment(manifest, namespace=self.namespace)
                return
            except Exception as error:
                status = answers.status_of(error)
                if status is not None:
                    made.remove(name)  # it was not made, or it is another's
                if status == 409 and self._ours(name, manifest):
                    made.append(name)
                    return
                if status not in (None, 409) or attempt == PATIENCE:
                    raise self._fault("create experiments", error) from error
            time.sleep(POLL / 4)

    def _ours(self, name: str, manifest: dict[str, Any]) -> bool:
        """Whether an Experiment is ours; False while it is being deleted. Raises ProjectError."""
        found, wanted = self._look(name).metadata, manifest["metadata"]
        owner, digest = (found.labels or {}).get(OWNER), (found.annotations or {}).get(DIGEST)
        if (owner, digest) != (wanted["labels"][OWNER], wanted["annotations"][DIGEST]):
            raise ProjectError(
                f"Katib Experiment {name} in namespace {self.namespace} already exists and is "
                "not of this run: delete it, or give this run another PIPELINE_RUN_ID"
            )
        return found.deletion_timestamp is None

    def _wait(self, names: Mapping[str, str], minutes: float, report: Report) -> None:
        end = time.monotonic() + 60 * minutes
        while True:
            states = {family: self._look(name).status for family, name in names.items()}
            for family, status in states.items():
                said = answers.condition(status, answers.FAILED)
                if said:
                    trials = self._trials(names[family])
                    raise ProjectError(answers.failure(family, names[family], said, trials))
            ended, line = answers.progress(list(states.values()))
            report(ended, line)
            if all(answers.condition(status, answers.SUCCEEDED) for status in states.values()):
                return
            if time.monotonic() > end:
                raise ProjectError(
                    f"Katib has not finished within {minutes:g} minutes ({line}): raise "
                    f"tune.cluster.minutes, or see why pods in namespace {self.namespace} wait"
                )
            time.sleep(POLL)

    def _results(self, name: str, metric: str) -> dict[str, Any]:
        return answers.results(self._look(name).status, self._trials(name), metric)

    def _remove(self, made: list[str]) -> str:
        """Remove Experiments with their trials; return a sentence if that fails."""
        for name in dict.fromkeys(made):
            for attempt in range(1, PATIENCE + 1):
                try:
                    self.client.delete_experiment(name, namespace=self.namespace)
                    break
                except Exception as error:
                    status = answers.status_of(error)
                    if status == 404:
                        break
                    if status not in answers.PASSING or attempt == PATIENCE:
                        why = self._fault("delete experiments", error)
                        return f"remove Katib Experiment {name} by hand: {why}"
                time.sleep(POLL / 4)
        return ""

    def _look(self, name: str) -> Any:
        return self._patiently("get experiments", self.client.get_experiment, name)

    def _trials(self, name: str) -> list[Any]:
        return list(self._patiently("list trials", self.client.list_trials, name))

    def _patiently(self, doing: str, call: Callable[..., Any], name: str) -> Any:
        """Retry without a response: a long search outlives a restarted API server."""
        attempt = 1
        while True:
            try:
                return call(name, namespace=self.namespace)
            except Exception as error:
                if answers.status_of(error) not in answers.PASSING or attempt == PATIENCE:
                    raise self._fault(doing, error) from error
            attempt += 1
            time.sleep(POLL)

    def _fault(self, doing: str, error: BaseException) -> ProjectError:
        if isinstance(error, ProjectError):
            return error
        return ProjectError(answers.fault(doing, self.server, self.namespace, error))


def _client(kubeconfig: str | None) -> Any:
    try:
        from kubeflow.katib import KatibClient
        from kubernetes.config import ConfigException
    except ImportError as error:
        raise ProjectError(
            f"TUNER=katib needs {error.name}, which is not installed: "
            "install requirements/pipeline.txt too, or set TUNER=optuna"
        ) from None
    try:
        client = KatibClient(config_file=kubeconfig)
    except (ConfigException, OSError) as error:
        raise ProjectError(
            f"TUNER=katib finds no cluster ({str(error).splitlines()[0]:.120}): set KUBECONFIG, "
            "run in a pod, or set TUNER=optuna"
        ) from error
    rest = client.custom_api.api_client.rest_client
    plain = rest.request

    def bounded(*words: Any, **named: Any) -> Any:
        return plain(*words, **{**named, "_request_timeout": TIMEOUTS})

    rest.request = bounded  # KatibClient sets no limit: a request that is swallowed waits for ever
    return client


class _Stopped(BaseException):
    """SIGTERM arrived; not an Exception, because KatibClient converts those to its own."""


@contextmanager
def _stoppable() -> Iterator[None]:
    """Turn SIGTERM, which ends a pod, into an exception, so that Experiments are removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise _Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except _Stopped:
        raise ProjectError("told to stop (SIGTERM): the Experiments are removed") from None
    finally:
        signal.signal(signal.SIGTERM, before)
