"""The same model behind BentoML, whose batches are adaptive."""

import os

import bentoml
import numpy as np
import pandas as pd
from scikit_model import load, predict_frame

FEATURES = [f"x{number}" for number in range(20)]


@bentoml.service(workers=1, traffic={"timeout": 60})
class Model:
    """One model, its file under MODEL."""

    def __init__(self) -> None:
        """Read the file."""
        self._model = load(os.environ["MODEL"])

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=1000)
    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The numbers of a batch."""
        return np.array(predict_frame(self._model, pd.DataFrame(rows, columns=FEATURES)))
