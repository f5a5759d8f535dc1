"""Logs of a run's pods, which neither kfp.Client nor the run itself contains."""

import base64
import json
import time
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from ..base.errors import ProjectError
from .access import Access
from .answers import last_words, pod_names

SECONDS = 20.0  # for all the asking: the run has failed, its reason is worth this much
LIMIT = 5.0  # seconds without a byte
MOST = 1 << 20  # bytes of a log


def reason(access: Access, run: str, nodes: Iterable[str]) -> str:
    """The message of the first node whose log has one; empty if no log is available."""
    end = time.monotonic() + SECONDS
    trusted = access.settings.kf_pipelines_ssl_ca_cert or certifi.where()
    with urllib3.PoolManager(ca_certs=trusted, retries=False) as pool:
        for node in nodes:
            for address in _addresses(access, run, node):
                if time.monotonic() > end:
                    return ""
                if said := last_words(_read(pool, address, access)):
                    return said
    return ""


def _addresses(access: Access, run: str, node: str) -> Iterator[str]:
    """Where a node's log is: in the object store, which outlives the pod, or with the pod.

    A pod's log comes from the API server, or from the UI if a gateway allows nothing else.
    """
    settings = access.settings
    space = settings.kf_pipelines_namespace or settings.kf_pipelines_server_namespace
    yield f"{access.url}/apis/v2beta1/runs/{run}/nodes/{node}/artifacts/main-logs:read"
    for pod in pod_names(node):
        query = urlencode({"podname": pod, "runid": run, "podnamespace": space})
        yield f"{access.url}/apis/v1alpha1/runs/{run}/nodes/{pod}/log"
        yield f"{access.url}/k8s/pod/logs?{query}"


def _read(pool: urllib3.PoolManager, address: str, access: Access) -> str:
    """The end of a log, or empty if there is none."""
    limit = urllib3.Timeout(connect=LIMIT, read=LIMIT)
    try:
        told = pool.request(
            "GET",
            address,
            headers=access.headers(),
            timeout=limit,
            redirect=False,
            preload_content=False,
        )
        if told.status != 200 or "html" in told.headers.get("Content-Type", ""):
            return ""
        text = b""
        for part in told.stream(1 << 16):
            text = (text + part)[-2 * MOST :]
        if address.endswith(":read"):  # {"data": base64}
            text = base64.b64decode(json.loads(text)["data"])[-MOST:]
        return text.decode("utf-8", "replace")
    except (HTTPError, OSError, ProjectError, ValueError, KeyError, TypeError):
        return ""
