"""The alias that names the champion of each environment.

The gate moves `champion`, which is also staging's; production's moves by an approval.
"""

from ..base.errors import ProjectError
from ..project import Context
from .mlflow_sqlite import CHAMPION

STAGING, PRODUCTION = "staging", "production"
# tags of a version that was promoted to production
STATE, APPROVED_BY, APPROVED_AT, PREVIOUS = (
    f"{PRODUCTION}.{key}" for key in ("state", "approved_by", "approved_at", "previous")
)


def alias(context: Context) -> str:
    """The alias of the environment in MODEL_ENVIRONMENT; without one `champion`, as on staging.

    Raises ProjectError for an unknown environment.
    """
    environment = context.settings.model_environment
    if environment not in ("", STAGING, PRODUCTION):
        raise ProjectError(
            f"MODEL_ENVIRONMENT={environment} is not an environment: use {STAGING} or {PRODUCTION}"
        )
    return context.params.ct.production_alias if environment == PRODUCTION else CHAMPION


def no_champion(context: Context) -> str:
    """Why there is no champion, and what makes one."""
    name = context.params.data.name
    if context.settings.model_environment == PRODUCTION:
        command = "`make run`" if context.params.ct.retrain else "`make promote ENV=production`"
        return f"{name} has no champion in production yet: {command} makes one"
    return (
        f"{name} has no champion yet: `make run` promotes one, "
        "or reports/report.md says why it was held"
    )


def may_train(context: Context) -> None:
    """Raises ProjectError where the gate may not move the champion: in production, by default."""
    if context.settings.model_environment == PRODUCTION and not context.params.ct.retrain:
        raise ProjectError(
            "the gate does not move production's champion: `make promote ENV=production` brings "
            "staging's there, or set ct.retrain: true to train in production"
        )
