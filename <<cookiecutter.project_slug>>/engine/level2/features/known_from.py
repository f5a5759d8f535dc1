"""The time from which a row of a source may be used, with a horizon later than its own."""

import pandas as pd

from ..data.contract import TIMESTAMP, DataContract
from ..data.source_columns import CREATED
from ..data.zones import later
from .lags import period


def usable(table: pd.DataFrame, contract: DataContract, name: str) -> pd.DataFrame:
    """The rows of a source, each at the time from which a row of the main table may use it.

    A row that is predicted `horizon` periods ahead uses what was known that much earlier.
    """
    if contract.horizon is None:
        return table
    ahead = period(contract.frequency or "") * contract.horizon
    times = [CREATED] if contract.sources[name].known_in_advance else [TIMESTAMP, CREATED]
    zone = contract.timezone
    return table.assign(
        **{time: later(table[time], ahead, zone) for time in times if time in table.columns}
    )
