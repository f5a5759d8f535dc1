"""Plugin of pytest: each test begins with an empty Redis, database and bucket, by the settings."""

import os
from urllib.parse import unquote, urlsplit

import boto3
import psycopg
import pytest
import redis

BUCKET = "my-bucket"  # of the example in docs/how-to/run-on-a-server.md


@pytest.fixture(autouse=True)
def empty() -> None:
    """Remove what the test before has left."""
    host, port = os.environ["REDIS_CONNECTION"].split(":")
    redis.Redis(host, int(port)).flushall()
    at = urlsplit(os.environ["FEAST_REGISTRY"])
    where = f"host={at.hostname} port={at.port} dbname={at.path[1:]} user={at.username}"
    with psycopg.connect(where, password=unquote(at.password), sslmode="disable") as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    boto3.resource("s3").Bucket(BUCKET).objects.all().delete()
