"""A table put into a real MinIO starts ct once: MinIO's events, our webhook, a stand-in GitHub.

MinIO is the real server with its own webhook target, the webhook runs as in production; only
GitHub's REST interface is the recorder of the project's own tests.
"""

import os
import re
import signal
import subprocess
import time

import pytest

from acting import stand_in_for_github
from projects import VENV, copy, python
from servers import free_port, minio, stop

pytestmark = pytest.mark.server
USER, PASSWORD = "tester", "not-a-real-password"
SECRET = "a-shared-secret-of-this-test"  # noqa: S105  made up
S3 = "import boto3; s3 = boto3.client('s3'); "
ARN = "arn:minio:sqs::ct:webhook"
PART = 5 * 2**20  # the smallest part of a multipart upload that another one follows


class Store:
    """MinIO with a bucket that tells the webhook of new objects."""

    def __init__(self, project, bucket):
        self.project, self.bucket = project, bucket
        self.do("s3.create_bucket(Bucket=B)")
        wanted = {"QueueConfigurations": [{"QueueArn": ARN, "Events": ["s3:ObjectCreated:*"]}]}
        how = f"Bucket=B, NotificationConfiguration={wanted}"
        self.do(f"s3.put_bucket_notification_configuration({how})")

    def do(self, code):
        return python(self.project, f"{S3}B = '{self.bucket}'; {code}")

    def put(self, key, text):
        return self.do(f"s3.put_object(Bucket=B, Key='{key}', Body={text.encode()!r})")


@pytest.fixture(scope="module")
def hub():
    found, token = stand_in_for_github()
    with found:
        yield found, token


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    return copy(bake(), tmp_path_factory.mktemp("events") / "load-forecast")


@pytest.fixture(scope="module")
def bucket():
    return f"b{free_port()}"


def start_webhook(project, hub, bucket, port):
    """The project's webhook as a process; returns it once it listens."""
    recorder, token = hub
    settings = {
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_OBJECTS": f"s3://{bucket}/in/",
        "GITHUB_API_URL": recorder.address,
        "GITHUB_REPOSITORY": recorder.repository,
        "GITHUB_TOKEN": token,
        "PYTHONPATH": str(project / "engine"),
    }
    process = subprocess.Popen(
        [str(VENV / "bin/python"), "-m", "level2", "webhook", "--port", str(port)],
        cwd=project,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert re.search(r"/events for s3://", process.stdout.readline()), process.stdout.read()
    return process


@pytest.fixture(scope="module")
def webhook(project, hub, bucket):
    """The webhook, and its port; a test may end it and start it again."""
    found = {"port": free_port()}
    found["process"] = start_webhook(project, hub, bucket, found["port"])
    yield found
    stop(found["process"])


def settings(folder, port, secret):
    """What makes MinIO send events there; those it could not deliver it keeps and sends again."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {"ENABLE": "on", "ENDPOINT": f"http://127.0.0.1:{port}/events"}
    known |= {"AUTH_TOKEN": secret, "QUEUE_DIR": str(folder)}
    return {f"MINIO_NOTIFY_WEBHOOK_{name}_ct": value for name, value in known.items()}


@pytest.fixture(scope="module")
def environ(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", USER)
        patch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield patch, tmp_path_factory


@pytest.fixture(scope="module")
def store(project, webhook, bucket, environ):
    patch, folders = environ
    folder = folders.mktemp("minio")
    more = settings(folder / "queue", webhook["port"], f"Bearer {SECRET}")
    url, process = minio(folder, USER, PASSWORD, **more)
    patch.setenv("AWS_ENDPOINT_URL", url)
    try:
        yield Store(project, bucket)
    finally:
        stop(process)


def sent(hub, number, seconds=15):
    """Wait for so many dispatches, and long enough to see one too many."""
    end = time.monotonic() + seconds
    while len(hub[0].dispatches) < number and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    assert hub[0].dispatches == [{"event_type": "new-data"}] * number
    return True


def test_an_object_put_starts_ct_and_the_same_bytes_again_do_not(store, hub):
    store.put("in/load 2019 ä.csv", "day,load\n1,2\n")
    assert sent(hub, 1)
    store.put("in/load 2019 ä.csv", "day,load\n1,2\n")
    store.put("elsewhere/load.csv", "day,load\n1,2\n")
    assert sent(hub, 1)
    store.put("in/load 2019 ä.csv", "day,load\n1,3\n")
    assert sent(hub, 2)


@pytest.fixture
def before(store, hub):
    hub[0].dispatches.clear()
    return store


MULTIPART = """
u = s3.create_multipart_upload(Bucket=B, Key='in/large.csv')['UploadId']
w = dict(Bucket=B, Key='in/large.csv', UploadId=u)
parts = [dict(PartNumber=n, ETag=s3.upload_part(PartNumber=n, Body=b'x' * {size}, **w)['ETag'])
         for n in (1, 2)]
{end}
"""


def test_an_upload_that_is_broken_off_starts_nothing_and_a_whole_one_does(before, hub):
    end = "s3.abort_multipart_upload(**w)"
    before.do("\n" + MULTIPART.format(size=PART, end=end))
    before.do("\n" + MULTIPART.format(size=PART, end="pass"))  # and one that is never ended
    before.put("in/marker.csv", "the last one that is told of")
    assert sent(hub, 1), "of the marker alone"
    whole = "s3.complete_multipart_upload(MultipartUpload=dict(Parts=parts), **w)"
    before.do("\n" + MULTIPART.format(size=PART, end=whole))
    assert sent(hub, 2)
    before.do("s3.delete_object(Bucket=B, Key='in/large.csv')")
    assert sent(hub, 2)


def test_what_lands_while_the_webhook_is_away_is_told_once_it_is_back(
    before, hub, webhook, project, bucket
):
    webhook["process"].send_signal(signal.SIGTERM)
    assert webhook["process"].wait(30) == 0
    before.put("in/meanwhile.csv", "day,load\n5,6\n")
    assert sent(hub, 0)
    webhook["process"] = start_webhook(project, hub, bucket, webhook["port"])
    assert sent(hub, 1, seconds=40)


def test_a_store_with_another_secret_is_refused(project, hub, webhook, environ, bucket):
    patch, folders = environ
    hub[0].dispatches.clear()
    folder = folders.mktemp("stranger")
    more = settings(folder / "queue", webhook["port"], "Bearer another-secret-of-16")
    url, process = minio(folder, USER, PASSWORD, **more)
    try:
        patch.setenv("AWS_ENDPOINT_URL", url)
        stranger = Store(project, bucket)
        stranger.put("in/forged.csv", "day,load\n7,8\n")
        time.sleep(4)  # longer than MinIO waits before it tries again
        waiting = [path for path in (folder / "queue").rglob("*") if path.is_file()]
        assert waiting, "its event was sent and not taken: it keeps it"
    finally:
        stop(process)
    assert hub[0].dispatches == []
