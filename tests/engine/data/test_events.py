"""Notifications of object stores, read; what is not a notification is refused in a sentence."""

import copy
import json

import pytest

from level2.data.events import Made, made, stale, wanted
from level2.data.requests import RequestError

RECORD = {
    "eventVersion": "2.0",
    "eventSource": "minio:s3",
    "eventName": "s3:ObjectCreated:Put",
    "s3": {
        "bucket": {"name": "tables", "arn": "arn:aws:s3:::tables"},
        "object": {"key": "in/load+2019%C3%A4.csv", "size": 9, "eTag": "abc", "sequencer": "17A"},
    },
}
BRIDGE = {
    "version": "0",
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {
        "bucket": {"name": "tables"},
        "object": {"key": "in/load 2019.csv", "size": 9, "etag": "abc", "sequencer": "00621E"},
    },
}


def named(name):
    record = copy.deepcopy(RECORD)
    record["eventName"] = name
    return {"Records": [record]}


@pytest.mark.parametrize(
    "name",
    [
        "s3:ObjectCreated:Put",
        "ObjectCreated:Copy",
        "s3:ObjectCreated:CompleteMultipartUpload",
    ],
)
def test_an_object_made_is_read_with_its_key_decoded(name):
    assert made(named(name)) == [Made("tables", "in/load 2019ä.csv", "abc", "17A")]


@pytest.mark.parametrize(
    "tree",
    [
        named("s3:ObjectRemoved:Delete"),
        named("s3:ObjectAccessed:Get"),
        {"EventName": "s3:BucketCreated:*", "Key": "tables", "Records": None},
        {"Records": []},
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "tables"},
        {**BRIDGE, "detail-type": "Object Deleted"},
    ],
)
def test_what_makes_no_object_is_nothing(tree):
    assert made(tree) == []


def test_an_event_of_eventbridge_is_read_as_it_is():
    assert made(BRIDGE) == [Made("tables", "in/load 2019.csv", "abc", "00621E")]


def broken(change):
    tree = json.loads(json.dumps(named("s3:ObjectCreated:Put")))
    change(tree["Records"][0])
    return tree


@pytest.mark.parametrize(
    "tree",
    [
        [],
        "text",
        {},
        {"Records": 5},
        {"Records": {"a": 1}},
        {"Records": [None]},
        {"Records": [RECORD] * 1_001},
        {"detail-type": "Object Created"},
        broken(lambda record: record.pop("eventName")),
        broken(lambda record: record.update(eventName=7)),
        broken(lambda record: record["s3"].pop("bucket")),
        broken(lambda record: record["s3"]["bucket"].update(name="")),
        broken(lambda record: record["s3"]["bucket"].update(name=["tables"])),
        broken(lambda record: record["s3"]["object"].update(key=None)),
        broken(lambda record: record["s3"]["object"].update(key="k" * 1_025)),
        broken(lambda record: record["s3"]["object"].update(eTag=5)),
        broken(lambda record: record["s3"]["object"].update(sequencer=5)),
    ],
)
def test_what_is_no_notification_is_refused(tree):
    with pytest.raises(RequestError) as caught:
        made(tree)
    assert caught.value.status == 422


def test_an_object_or_a_folder_is_wanted():
    item = Made("tables", "in/load.csv", "a", "")
    for address, held in {
        "s3://tables/in/load.csv": True,
        "s3://tables/in/": True,
        "s3://tables/": True,
        "s3://tables/in": False,
        "s3://tables/in/load": False,
        "s3://table/": False,
        "s3://other/in/load.csv": False,
    }.items():
        assert wanted(item, address) is held, address


@pytest.mark.parametrize(
    ("etag", "order", "known"),
    [
        ("a", "5", True),  # told again
        ("a", "9", True),  # the same bytes put again
        ("b", "9", False),
        ("b", "5", True),  # no event is older and newer at once
        ("b", "4", True),  # an older one that was late
        ("b", "4F", True),  # compared as if written to equal length
        ("b", "5A", False),
        ("b", "", False),
    ],
)
def test_an_event_is_stale_where_it_says_nothing_new(etag, order, known):
    assert stale(Made("t", "k", etag, order), "a", "5") is known
    assert stale(Made("t", "k", "b", order), "a", "") is False
