"""The first request to a KFP server: /healthz, with a time limit of our own."""

import re
import threading
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError

from ..base.errors import ProjectError
from .access import Access
from .answers import HEALTH, Health, judge_health, version_one

PROBE_SECONDS = 8.0


def probe(access: Access, seconds: float = PROBE_SECONDS) -> Health:
    """Request /healthz first. Raises ProjectError saying what responded, or that nothing did."""
    answer: list[Health | BaseException] = []

    def ask() -> None:
        try:
            answer.append(_ask(access, seconds))
        except Exception as error:
            answer.append(error)

    # A thread, because no time limit of a socket covers name resolution or a trickling body.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if not answer:
        raise ProjectError(_silent(access, seconds))
    if isinstance(answer[0], Health):
        return answer[0]
    if isinstance(answer[0], HTTPError):
        raise ProjectError(unreachable(access, answer[0], seconds)) from None
    raise answer[0]


def _ask(access: Access, seconds: float) -> Health:
    """One GET; after a 404 a second one, to tell an old server from a wrong path."""
    trusted = access.settings.kf_pipelines_ssl_ca_cert or certifi.where()  # as the client does
    if not Path(trusted).is_file():
        raise ProjectError(f"KF_PIPELINES_SSL_CA_CERT: {trusted} is not there")
    with urllib3.PoolManager(ca_certs=trusted, retries=False, timeout=seconds) as pool:

        def get(path: str) -> urllib3.BaseHTTPResponse:
            return pool.request("GET", access.url + path, headers=access.headers(), redirect=False)

        told = get(HEALTH)
        if told.status == 404 and get(HEALTH.replace("v2beta1", "v1beta1")).status == 200:
            raise ProjectError(version_one(access.where))
        kind, target = told.headers.get("Content-Type", ""), told.headers.get("Location", "")
        return judge_health(access.where, told.status, kind, told.data, target)


def _silent(access: Access, seconds: float) -> str:
    return (
        f"{access.where} does not respond within {seconds:g} s: "
        "a firewall, a VPN that is off, or a wrong address in KF_PIPELINES_ENDPOINT"
    )


def unreachable(access: Access, error: BaseException, seconds: float = PROBE_SECONDS) -> str:
    """One sentence for a connection that failed or broke."""
    error = getattr(error, "reason", None) or error
    if isinstance(error, NameResolutionError):
        host = urlsplit(access.url).hostname
        return f"the host {host} is not known (DNS): correct KF_PIPELINES_ENDPOINT"
    if isinstance(error, SSLError):
        return (
            f"{access.where} cannot be trusted ({_last(error)}): "
            "set KF_PIPELINES_SSL_CA_CERT to the file of its authority"
        )
    if isinstance(error, NewConnectionError):
        return (
            f"{access.where} refuses the connection ({_last(error)}): is it up, is the port right?"
        )
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return _silent(access, seconds)
    return f"{access.where} closed the connection: it may not be an HTTP server, or https is needed"


def _last(error: BaseException) -> str:
    """The innermost reason of an error, without the objects around it."""
    words = str(error).strip("()',\" ").rsplit(": ", 1)[-1]
    return re.sub(r"^\[Errno -?\d+\] ", "", words)[:120]
