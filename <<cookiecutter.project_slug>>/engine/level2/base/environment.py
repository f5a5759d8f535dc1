"""Settings from the environment: a wrong value is one sentence that names its variable."""

from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import ProjectError


class Environment(BaseSettings):
    """Variables of the environment, read once. Raises ProjectError for a value that is not valid.

    Fields for secrets are of type SecretStr, which takes any text: what is quoted is no secret.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = f"{self.model_config.get('env_prefix', '')}{first['loc'][0]}".upper()
            said = f"{name}: {first['msg'].lower()} (got {first['input']!r:.60})"
            raise ProjectError(said) from None
