"""Your candidate estimators. Name one in params.yaml under `tune.families` to try it.

Each entry is a function of three arguments:
  task    "regression", "binary" or "multiclass"
  params  the values that the search chose, by name, from the family's ranges in params.yaml;
          with `train.class_weight` also `class_weight`: "balanced" or weights by class code
  seed    `train.seed`
It returns an unfitted scikit-learn estimator or Pipeline. Numbers arrive as float32 and may be
missing; categories arrive one-hot encoded. Import scikit-learn inside the function, because every
command reads this file.
"""

from typing import Any


def random_forest(task: str, params: dict[str, Any], seed: int) -> Any:
    """Return a random forest; missing numbers become the column's median.

    The forest itself accepts missing values, but its ONNX export predicts wrongly for them.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    forest = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        forest(random_state=seed, **params),
    )


ESTIMATORS = {"random_forest": random_forest}

# Names of those whose numbers are imputed and standardized first, such as nearest neighbours or a
# linear model. Leave trees out: rounding a scaled value can move it across a split in ONNX.
SCALED: set[str] = set()
