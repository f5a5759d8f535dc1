"""The service behind BentoML: the same model, checks and numbers, without log, metrics and reload.

`make serve-bentoml` serves the champion; MODEL_FOLDER names what `bundle` wrote.
"""

import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

os.environ["BENTOML_DO_NOT_TRACK"] = "True"  # telemetry stays off, whoever starts it

import bentoml
from bentoml.exceptions import BentoMLException

from level2.data.requests import RequestError
from level2.serving.request_limits import batch
from level2.serving.settings import ServeSettings
from level2.serving.sources import Folder


@bentoml.service(workers=1)
class Predictor:
    """One model version from a folder; its files are checked against their record."""

    def __init__(self) -> None:
        source = Folder(Path(os.environ["MODEL_FOLDER"]))
        self._served = source.load(source.current())
        self._limit = ServeSettings().max_rows

    @bentoml.api
    def predict(self, rows: list[Any]) -> dict[str, Any]:
        """Rows with all features, as POST /predict of the service takes them."""
        served = self._served
        try:
            columns = served.checker.columns(batch({"rows": rows}, "rows", self._limit))
            found = served.answers(served.score(columns))
        except RequestError as error:
            raise BentoMLException(str(error), error_code=HTTPStatus(error.status)) from None
        stamp = served.stamp
        return {"model": stamp.name, "version": stamp.version, "predictions": found}
