"""The real kfp.Client plus what it lacks: time limits, checked ids, plain messages."""

import contextlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import kfp
import kfp_server_api
import urllib3
from kfp.client.token_credentials_base import TokenCredentialsBase
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from ..base.errors import ProjectError
from .access import Access
from .answers import Health, refusal
from .probe import unreachable

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
LIMITS = (5.0, 30.0)  # seconds to connect, seconds without a byte


class ConflictError(ProjectError):
    """The object to create exists already."""


class SilenceError(ProjectError):
    """The server did not respond, or reported that it cannot now."""


class _Fresh(TokenCredentialsBase):
    """Reads the token again for every request, so that a rotated file is noticed."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def refresh_api_key_hook(self, config: Any) -> None:
        """Called by the client before each request."""
        config.api_key["authorization"] = self._access.token()


class Connection:
    """A client of a probed server, whose every call returns or raises one sentence."""

    def __init__(self, access: Access, health: Health) -> None:
        self.access = access
        self.namespace = _namespace(access) if health.multi_user else None
        self.client = self.call("connecting", lambda: _client(access))

    def named(self, items: Iterator[Any], name: str) -> Any:
        """The first item of this name, or None."""
        return next((item for item in items if item.display_name == name), None)

    def pages(self, doing: str, page: Callable[[str], Any], attribute: str) -> Iterator[Any]:
        """Every item of a list that comes in pages."""
        token = ""
        while True:
            told = self.call(doing, partial(page, token))
            yield from getattr(told, attribute, None) or []
            token = getattr(told, "next_page_token", None) or ""
            if not token:
                return

    def runs(self, experiment: str) -> Iterator[Any]:
        """Every run of a KFP experiment, the newest first."""

        def page(token: str) -> Any:
            return self.client.list_runs(
                token, 100, "created_at desc", experiment_id=experiment, namespace=self.namespace
            )

        return self.pages("listing runs", page, "runs")

    def id(self, answer: Any, attribute: str, doing: str) -> str:
        """An id from the server. Raises ProjectError if there is none, as from a login page."""
        value = getattr(answer, attribute, None)
        if not value:
            raise ProjectError(
                f"{self.access.where} gave no id while {doing}: it may be a login page "
                "or not KFP 2; nothing is known to have started"
            )
        return str(value)

    def call(self, doing: str, call: Callable[[], Any]) -> Any:
        """Call the client without its output. Raises ProjectError for its errors."""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return call()
        except kfp_server_api.ApiException as error:
            status = error.status or 0
            sentence = refusal(doing, self.access.where, status, error.body or "")
            kind = (
                ConflictError
                if status == 409
                else SilenceError
                if _passing(status)
                else ProjectError
            )
            raise kind(sentence) from None
        except (HTTPError, TimeoutError) as error:
            said = unreachable(self.access, error, _limit(error))
            raise SilenceError(f"{said} (while {doing})") from None


def _limit(error: Exception) -> float:
    """The client's time limit in seconds that was exceeded."""
    reason = getattr(error, "reason", None) or error
    return LIMITS[0] if isinstance(reason, ConnectTimeoutError) else LIMITS[1]


def _passing(status: int) -> bool:
    """Whether a status indicates a transient state."""
    return status in (0, 408, 429) or status >= 500


def _client(access: Access) -> Any:
    """The real client, with time limits, and without following redirects to a login."""
    settings = access.settings
    client = kfp.Client(
        host=access.url,
        existing_token=None if settings.kf_pipelines_sa_token_path else access.token() or None,
        credentials=_Fresh(access) if settings.kf_pipelines_sa_token_path else None,
        cookies=access.cookie(),
        ssl_ca_cert=settings.kf_pipelines_ssl_ca_cert or None,
        namespace=settings.kf_pipelines_namespace or "kubeflow",
    )
    rest = client._run_api.api_client.rest_client
    rest.pool_manager.connection_pool_kw["retries"] = urllib3.Retry(
        2, redirect=0, raise_on_redirect=False
    )
    send = rest.request

    def limited(*words: Any, **named: Any) -> Any:
        named["_request_timeout"] = named.get("_request_timeout") or LIMITS
        return send(*words, **named)

    rest.request = limited
    return client


def _namespace(access: Access) -> str:
    """The namespace of the runs, which a multi-user server requires."""
    named = access.settings.kf_pipelines_namespace
    if not named and IN_CLUSTER.is_file():
        named = IN_CLUSTER.read_text(encoding="utf-8").strip()
    if not named:
        raise ProjectError(
            f"{access.where} is a multi-user server: set KF_PIPELINES_NAMESPACE to your namespace"
        )
    return named
