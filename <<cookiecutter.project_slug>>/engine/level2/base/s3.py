"""Object storage: read, write and list objects; errors are one sentence without secrets.

Endpoint, region and credentials come from boto3: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, a profile, or
the role of the pod.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import ProjectError
from .files import atomic

_CREDENTIALS = {
    "AccessDenied": "the credentials lack the right to do this: grant it",
    "403": "the credentials are wrong or lack the right to do this: check AWS_ACCESS_KEY_ID "
    "and its rights",
    "InvalidAccessKeyId": "AWS_ACCESS_KEY_ID is unknown there: correct it",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY does not match AWS_ACCESS_KEY_ID: correct it",
    "ExpiredToken": "AWS_SESSION_TOKEN has expired: get a new one",
}

_AT_ONCE = 10  # requests at once, as many as boto3 keeps connections for
_SILENT = {
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "ReadTimeoutError",
}


def download(uri: str, path: Path, version: str | None = None) -> str | None:
    """Write an object to `path`; return its version if the bucket keeps versions."""
    bucket, key = _parts(uri)
    with _explained(uri) as client:
        wanted = {"VersionId": version} if version else {}
        found = client.head_object(Bucket=bucket, Key=key, **wanted)
        kept = found.get("VersionId", "null")
        pinned = {} if kept == "null" else {"VersionId": kept}
        with atomic(path) as temporary:
            client.download_file(bucket, key, str(temporary), ExtraArgs=pinned)
    return str(kept) if pinned else None


def upload(path: Path, uri: str) -> None:
    """Write a file to an object, atomically."""
    bucket, key = _parts(uri)
    with _explained(uri) as client, path.open("rb") as stream:
        client.upload_fileobj(stream, bucket, key)


def put(content: bytes, uri: str) -> None:
    """Write bytes to an object, atomically."""
    bucket, key = _parts(uri)
    with _explained(uri) as client:
        client.put_object(Bucket=bucket, Key=key, Body=content)


def listed(folder: str) -> list[str]:
    """The addresses of all objects below a folder, sorted; none if there is no such folder."""
    bucket, key = _parts(folder)
    with _explained(folder) as client:
        pages = client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=bucket, Prefix=f"{key.rstrip('/')}/")
        keys = [item["Key"] for page in found for item in page.get("Contents", ())]
    return sorted(f"s3://{bucket}/{one}" for one in keys)


def contents(uris: Sequence[str]) -> Iterator[bytes]:
    """The bytes of objects, in order; a few are fetched at once."""
    for start in range(0, len(uris), _AT_ONCE):
        some = [_parts(uri) for uri in uris[start : start + _AT_ONCE]]
        with _explained(uris[start]) as client, ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(lambda one: _content(client, *one), some))
        yield from found


def _content(client: Any, bucket: str, key: str) -> bytes:
    return bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())


def check(uri: str) -> None:
    """Raise ProjectError for an address that is not like s3://bucket/folder."""
    _parts(uri)


def delete(uri: str) -> None:
    """Remove an object; a missing one is not an error."""
    bucket, key = _parts(uri)
    with _explained(uri) as client:
        client.delete_object(Bucket=bucket, Key=key)


def _parts(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc or not parts.path.strip("/") or "@" in parts.netloc:
        shown = f"…@{uri.rpartition('@')[2]}" if "@" in uri else uri  # before @ may be a secret
        raise ProjectError(
            f"`{shown}` is not an object: write it like s3://bucket/folder/table.csv"
        )
    return parts.netloc, uri.split("/", 3)[3]  # a `?` or `#` belongs to the key


def _client() -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise ProjectError(
            "s3:// needs boto3, which is not installed: install requirements/pipeline.txt too"
        ) from None
    # three tries within seconds: an address that swallows requests must not hold a run for minutes
    patience = Config(
        connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return boto3.session.Session().client("s3", config=patience)  # the default one is never renewed


@contextmanager
def _explained(uri: str) -> Iterator[Any]:
    """A client whose errors become one sentence."""
    client = None
    try:
        client = _client()
        yield client
    except ProjectError:
        raise
    except Exception as error:
        module = type(error).__module__.split(".")[0]
        if module not in {"boto3", "botocore", "s3transfer"} and not isinstance(error, ValueError):
            raise
        raise ProjectError(f"{uri}: {_reason(error, client, uri)}") from error


def _reason(error: Exception, client: Any, uri: str) -> str:
    """What is wrong and what would be right."""
    where = client.meta.endpoint_url if client else "AWS_ENDPOINT_URL"
    name, response = type(error).__name__, getattr(error, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", ""))
    if name in {"NoCredentialsError", "PartialCredentialsError"}:
        return "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give a role"
    if code in {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}:
        return _missing(client, *_parts(uri), where)
    if code in _CREDENTIALS:
        return f"{_CREDENTIALS[code]} ({where})"
    if name in _SILENT:
        return f"no response from {where}: start the server or correct AWS_ENDPOINT_URL"
    if code == "400":
        return f"{where} refused the request: is the address right, are the credentials current?"
    line = (str(error).strip().splitlines() or [name])[0]
    return f"{line:.160} ({where})"


def _missing(client: Any, bucket: str, key: str, where: str) -> str:
    """Distinguish a missing bucket from a missing object."""
    from botocore.exceptions import ClientError

    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if str(error.response["Error"]["Code"]) in {"404", "NoSuchBucket"}:
            return f"there is no bucket `{bucket}` at {where}: create it or correct the address"
    return f"there is no object `{key}` in bucket `{bucket}`: upload it or correct the address"
