"""Your features. Name one in params.yaml under `featurize.own` to use it.

Each entry has:
  function  takes a pandas table of the inputs and returns one value per row. Each value must depend
            on its own row only: the same function serves requests, which contain single rows
  inputs    the columns of the contract it uses, possibly `event_timestamp` and the entity
  type      "float", "int", "bool" or "category"; as in the contract also min, max, unit,
            description, categories, and nullable if a value may be missing
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
