"""Which faults of other servers are transient, judged by the exceptions libraries raise."""

import re
from collections.abc import Iterator
from typing import Any

# of requests, urllib3, botocore, redis and SQLAlchemy, none of which is imported for this
_LOST = {
    "ChunkedEncodingError",
    "ConnectTimeout",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "EndpointConnectionError",
    "IncompleteRead",
    "IncompleteReadError",
    "MaxRetryError",
    "NewConnectionError",
    "OperationalError",
    "ProtocolError",
    "ReadTimeout",
    "ReadTimeoutError",
    "ResponseStreamingError",
    "RetryError",
    "TimeoutError",
}
_NEVER = {"SSLError", "SSLCertVerificationError", "LocationParseError"}  # a wrong setting
_SAID = re.compile(r"failed with error code (\d{3})\b")  # MLflow, of an answer that is no JSON


def may_pass(error: BaseException) -> bool:
    """Whether a retry may succeed: a lost connection, a server that is busy or down.

    Never for a mistake: what is missing, refused or not understood stays so.
    """
    names = {type(item).__name__ for item in _chain(error)}
    if names & _NEVER:
        return False
    lost = any(isinstance(item, ConnectionError | TimeoutError) for item in _chain(error))
    statuses = [status for item in _chain(error) if (status := _status(item))]
    if statuses:  # the server did answer
        return statuses[0] in (408, 429) or (statuses[0] >= 500 and statuses[0] != 501)
    return lost or bool(names & _LOST)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and its causes, as a traceback would show them."""
    while error is not None:
        yield error
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)


def _status(error: BaseException) -> int | None:
    """The HTTP status an error carries."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:  # requests; kubernetes and kfp keep it in the error itself
        found = getattr(response, "status_code", None) or getattr(error, "status", None)
    if not found and (said := _SAID.search(str(error))):
        found = int(said[1])
    return found if isinstance(found, int) and found >= 400 else None
