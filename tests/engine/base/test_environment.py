"""A wrong variable of the environment is named in one sentence, whoever reads it."""

import pytest

from level2.base.errors import ProjectError
from level2.intake.webhook.settings import WebhookSettings
from level2.kubeflow.access import AccessSettings
from level2.params.config import Settings
from level2.serving.settings import ServeSettings


@pytest.mark.parametrize(
    ("settings", "name", "said"),
    [
        (Settings, "PULL_REQUEST", "input should be a valid integer"),
        (Settings, "TASK_RETRIES", "input should be a valid integer"),
        (AccessSettings, "KF_PIPELINES_ALLOW_HTTP", "input should be a valid boolean"),
        (ServeSettings, "SERVE_MAX_ROWS", "input should be a valid integer"),
        (WebhookSettings, "WEBHOOK_BODY_SECONDS", "input should be a valid number"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(settings, name, said, monkeypatch):
    monkeypatch.setenv(name, "maybe")
    with pytest.raises(ProjectError) as caught:
        settings()
    assert str(caught.value).startswith(f"{name}: {said}")
    assert str(caught.value).endswith("(got 'maybe')")
    monkeypatch.setenv(name, "1")
    settings()


def test_settings_stay_as_they_were_read(monkeypatch):
    monkeypatch.setenv("PULL_REQUEST", "7")
    read = Settings()
    with pytest.raises(ValueError, match="frozen"):
        read.pull_request = 8
    monkeypatch.setenv("NOBODYS_VARIABLE", "x")
    assert Settings(pull_request=9).pull_request == 9
