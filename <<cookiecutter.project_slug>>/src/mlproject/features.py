"""Your features. Name one in params.yaml under `featurize.own` to use it.

Each entry has:
  function  of a pandas table of the inputs; it returns one value a row. A value must depend on its
            row alone: the same function answers requests, where a row comes by itself
  inputs    columns of the contract it is computed from; `event_timestamp` and the entity may be
            among them
  type      "float", "int", "bool" or "category"; as in the contract also min, max, unit,
            description, categories, and nullable where a value may be missing
"""

from typing import Any

COMFORTABLE = 15.0  # degrees below which buildings are heated


def heating_degrees(table: Any) -> Any:
    """Return by how many degrees it is too cold."""
    return (COMFORTABLE - table["temperature"]).clip(lower=0)


FEATURES = {
    "heating_degrees": {
        "function": heating_degrees,
        "inputs": ["temperature"],
        "type": "float",
        "min": 0,
        "unit": "degrees",
        "nullable": True,
    },
}
