"""Notifications of an object store about new objects, in the format of S3."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from .requests import RequestError

_MOST = 1_000  # objects in a notification
_LONGEST = 1_024  # characters of a key


class Made(NamedTuple):
    """An object that was completely written."""

    bucket: str
    key: str
    etag: str  # names its bytes
    order: str  # of two events on one key the later has the greater one; empty where not told

    @property
    def address(self) -> str:
        """The address in the form of the data contract."""
        return f"s3://{self.bucket}/{self.key}"


def made(tree: Any) -> list[Made]:
    """The objects in a notification. Raises RequestError for anything else.

    MinIO and S3 send `Records`, EventBridge one `detail`; a test event of S3 has neither.
    """
    if type(tree) is not dict:
        raise RequestError("a notification is a JSON object with `Records`")
    if tree.get("Event") == "s3:TestEvent":
        return []
    try:
        found = list(_records(tree) if "Records" in tree else _detail(tree))
    except (KeyError, TypeError, AttributeError):
        raise RequestError(
            "this is not a notification of S3, MinIO or EventBridge: each record needs its event's "
            "name, bucket, key and eTag"
        ) from None
    for item in found:
        if any(type(part) is not str for part in item) or not (item.bucket and item.key):
            raise RequestError("bucket, key, eTag and sequencer of a record are texts")
        if len(item.key) > _LONGEST or len(item.etag) > _LONGEST:
            raise RequestError(f"keys have at most {_LONGEST:,} characters")
    return found


def _records(tree: dict[str, Any]) -> Iterator[Made]:
    records = tree["Records"] or []  # MinIO sends null for events on a bucket
    if len(records) > _MOST:
        raise RequestError(f"{len(records):,} records, at most {_MOST:,} are taken at once")
    for record in records:
        if record["eventName"].removeprefix("s3:").startswith("ObjectCreated:"):
            thing = record["s3"]["object"]
            bucket, key = record["s3"]["bucket"]["name"], unquote_plus(thing["key"])
            yield Made(bucket, key, thing["eTag"], thing.get("sequencer", ""))


def _detail(tree: dict[str, Any]) -> Iterator[Made]:
    if tree["detail-type"] == "Object Created":
        thing = tree["detail"]["object"]
        bucket = tree["detail"]["bucket"]["name"]
        yield Made(bucket, thing["key"], thing["etag"], thing.get("sequencer", ""))


def wanted(item: Made, objects: str) -> bool:
    """Whether it is the object at that address, or in the folder it names."""
    return item.address.startswith(objects) if objects.endswith("/") else item.address == objects


def stale(item: Made, etag: str, order: str) -> bool:
    """Whether an event is outdated by one that already reported this eTag."""
    if item.etag == etag:
        return True
    width = max(len(item.order), len(order))
    later = order.ljust(width, "0") >= item.order.ljust(width, "0")
    return bool(item.order and order) and later
