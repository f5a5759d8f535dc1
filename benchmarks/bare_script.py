"""The reference of the whole loop: the same fits in plain scikit-learn, nothing around them.

Run in a project's folder after its loop: reads data/dataset.parquet and artifacts/tuning.json, fits
every trial on the same rows with the same parameters, then the chosen one and the baseline.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def build(family: str, params: dict[str, Any]) -> Any:
    """Return an unfitted model of one of the project's two families."""
    if family == "linear":
        imputer = SimpleImputer(strategy="median")
        return make_pipeline(imputer, StandardScaler(), Ridge(**params))
    return HistGradientBoostingRegressor(random_state=0, early_stopping=False, **params)


def rmse(model: Any, inputs: pd.DataFrame, truth: pd.Series) -> float:
    """Return the root mean squared error."""
    return float(np.sqrt(np.mean((model.predict(inputs) - truth) ** 2)))


def main() -> None:
    """Fit, and print the figures that must equal the project's."""
    table = pd.read_parquet("data/dataset.parquet")
    tuning = json.loads(Path("artifacts/tuning.json").read_text())
    features = [name for name in table.columns if name.startswith("x")]
    parts = {
        name: (rows[features], rows["y"]) for name, rows in table.groupby("split", observed=True)
    }
    found = [
        rmse(build(branch["family"], trial["params"]).fit(*parts["train"]), *parts["validation"])
        for branch in tuning["branches"]
        for trial in branch["trials"]
    ]
    rest = table[table["split"] != "test"]
    chosen = build(tuning["chosen"]["family"], tuning["chosen"]["params"])
    chosen.fit(rest[features], rest["y"])
    mean = DummyRegressor().fit(rest[features], rest["y"])
    figures = {"candidate": rmse(chosen, *parts["test"]), "mean": rmse(mean, *parts["test"])}
    print(json.dumps({"best": min(found), "trials": len(found), **figures}))


if __name__ == "__main__":
    main()
