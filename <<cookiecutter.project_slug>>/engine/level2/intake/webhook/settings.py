"""Addresses and secrets of the webhook, from the environment; without pandas."""

import re
from pathlib import Path

from pydantic import Field, SecretStr

from ...base.environment import Environment
from ...base.errors import ProjectError

SHORTEST = 16  # characters of the shared secret


class WebhookSettings(Environment):
    """Variables `WEBHOOK_*`, and GitHub's under the names its jobs use."""

    webhook_secret: SecretStr = SecretStr("")  # what the store sends as Authorization
    webhook_objects: str = ""  # s3://bucket/table.csv or s3://bucket/folder/; else data.source
    webhook_record: Path = Path("data/webhook.db")
    webhook_max_body_bytes: int = Field(262_144, ge=1_024, le=2**24)
    webhook_body_seconds: float = Field(10, gt=0, le=600)
    github_api_url: str = "https://api.github.com"
    github_repository: str = ""
    github_token: SecretStr = SecretStr("")  # may send repository_dispatch: contents, write

    @property
    def max_body_bytes(self) -> int:
        """The limit, as required by the body reader."""
        return self.webhook_max_body_bytes

    @property
    def body_seconds(self) -> float:
        """The limit, as required by the body reader."""
        return self.webhook_body_seconds

    def check(self) -> None:
        """Raise ProjectError for the first missing or invalid setting."""
        if len(self.webhook_secret.get_secret_value()) < SHORTEST:
            raise ProjectError(
                f"WEBHOOK_SECRET needs {SHORTEST} characters or more: `openssl rand -hex 32` makes "
                "one, the store sends it"
            )
        if not self.github_token.get_secret_value():
            raise ProjectError("GITHUB_TOKEN is not set: a token that may send repository_dispatch")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", self.github_repository):
            raise ProjectError("GITHUB_REPOSITORY names the repository with ct: owner/project")
