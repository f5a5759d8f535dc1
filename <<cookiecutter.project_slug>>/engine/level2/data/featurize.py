"""Section `featurize` of params.yaml: kept with a model, so that it can read rows of its table."""

from typing import Annotated

from pydantic import Field

from .feature import Strict


class Featurize(Strict):
    """Section `featurize`: columns derived from the contract's."""

    calendar: tuple[str, ...] = ()
    lags: tuple[Annotated[int, Field(ge=1)], ...] = ()
    entity_as_feature: bool = False
    own: tuple[str, ...] = ()
