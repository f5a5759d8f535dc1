"""Section `featurize` of params.yaml, stored with a model so that it can read raw rows."""

from typing import Annotated

from pydantic import Field

from .feature import Strict


class Featurize(Strict):
    """Section `featurize`: features derived from the contract's columns."""

    calendar: tuple[str, ...] = ()
    lags: tuple[Annotated[int, Field(ge=1)], ...] = ()
    entity_as_feature: bool = False
    own: tuple[str, ...] = ()
