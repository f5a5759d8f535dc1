"""The project's trained scikit-learn model, for every server that is compared."""

from pathlib import Path
from typing import Any

import pandas as pd
import skops.io

TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


def load(path: str) -> Any:
    """Read the file that `train` wrote."""
    return skops.io.load(Path(path), trusted=TRUSTED)


def predict_frame(model: Any, frame: pd.DataFrame) -> list[float]:
    """A number for each row."""
    return model.predict(frame.astype("float32")).tolist()
