"""Numbers and times of a workbook, or of any typed table, as the texts of the raw table."""

import pandas as pd

from ..data.columns import text_of
from ..data.contract import DataContract
from ..data.number_format import written
from ..data.time_names import NAMED
from ..data.time_written import written as written_time


def as_texts(table: pd.DataFrame, contract: DataContract) -> pd.DataFrame:
    """Numbers and times of a workbook in the notation of the contract's raw table."""
    forms = {name: item.format for name, item in contract.features.items()}
    forms[contract.target] = contract.target_format
    out = table.copy(deep=False)
    for column in table.columns:
        values, name = table[column], contract.rename.get(column, column)
        if isinstance(values.dtype, pd.StringDtype):
            continue
        form = forms.get(name)
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            texts = _moments(values, contract if name == contract.event_timestamp else None)
        elif form is not None:
            texts = [written(value, form) for value in values.astype("float64")]
        else:
            texts = [text_of(value) for value in values]
        out[column] = pd.array(texts, dtype=pd.StringDtype("pyarrow"))
    return out


def _moments(values: "pd.Series", contract: DataContract | None) -> list[str]:
    """Times of a workbook as texts: those of the event time in the contract's notation."""
    pattern = contract.timestamp_format if contract else None
    if contract is None or pattern not in NAMED:
        texts: list[str] = values.dt.strftime(pattern or "%Y-%m-%d %H:%M:%S").fillna("").tolist()
        return texts
    plain = contract.model_copy(update={"timezone": None, "event_hour": None})
    moments = values.dt.tz_localize("UTC") if values.dt.tz is None else values
    return ["" if time is pd.NaT else str(*written_time(plain, time).values()) for time in moments]
