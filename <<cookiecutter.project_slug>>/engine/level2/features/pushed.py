"""Rows of a source that somebody pushes, held to what its table is held to."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..base.errors import ProjectError, WrongValueError
from ..data.contract import DataContract
from ..data.requests import RequestError, shown
from ..data.source_columns import columns_of, windowed
from ..data.source_rows import typed
from ..data.source_schema import sent_columns
from ..data.typed_rows import model_columns


def check_source(contract: DataContract, name: str) -> None:
    """Raise ProjectError for a source that is unknown, or that no single row says anything of."""
    if name not in contract.sources:
        known = ", ".join(f"`{source}`" for source in contract.sources)
        right = f"it has {known}" if known else "it has none: `make add-source` adds one"
        raise ProjectError(f"`{name}` is not a source of data.sources in params.yaml: {right}")
    if windowed(contract, name):
        raise ProjectError(
            f"`{name}` has windows over its rows, so a new row is not what is served: put the rows "
            f"into {contract.sources[name].path} and run `make run`"
        )


def typed_rows(raw: pd.DataFrame, contract: DataContract, name: str, place: str) -> pd.DataFrame:
    """The rows typed as those of the source's table, in order of their times.

    `raw` has the columns of the source's file, `place` is the name of the rows in messages. Raises
    ProjectError naming the row for what does not fit the contract.
    """
    source = contract.sources[name].model_copy(update={"path": place})
    own = contract.model_copy(update={"sources": {**contract.sources, name: source}})
    table = typed(raw, own, name)
    features = columns_of(contract, name)
    columns = {source.raw.get(column, column): column for column in features}
    model_columns(raw.rename(columns=columns), features, place, source.missing_markers)
    return table


def sent_rows(rows: Sequence[Any], contract: DataContract, name: str) -> pd.DataFrame:
    """Rows of JSON objects, typed as above. Raises RequestError naming the row and its field."""
    source = contract.sources[name]
    columns = sent_columns(contract, name)
    numbers = {
        source.raw.get(column, column)
        for column, item in columns_of(contract, name).items()
        if item.type in {"float", "int"}
    }
    for place, row in enumerate(rows):
        where = f"rows[{place}]"
        if type(row) is not dict:
            raise RequestError(f"{where} is not an object: give {', '.join(columns)}", field="rows")
        for column in columns:
            if column not in row:
                raise RequestError(
                    f"{where}.{column} is missing: null says that a value is unknown", field=column
                )
        for column, value in row.items():
            if column not in columns:
                raise RequestError(f"{where} takes {', '.join(columns)} only", field=column)
            plain = type(value) in (str, int, float) or value is None
            if not plain and not (type(value) is bool and column not in numbers):
                raise RequestError(
                    f"{where}.{column} is {shown(value)}: give a text or a number", field=column
                )
    raw = pd.DataFrame(list(rows), columns=columns).astype(object)
    raw.index.name = "row"
    try:
        return typed_rows(raw, contract, name, "rows")
    except WrongValueError as error:
        number, column = error.row.rpartition(" ")[2], source.raw.get(error.column, error.column)
        value = f"`{error.value:.60}`" if error.value else "null"
        raise RequestError(
            f"rows[{number}].{column} is {value}: {error.problem}", field=column
        ) from None
    except ProjectError as error:
        raise RequestError(str(error), field="rows") from None
