"""Write a made-up table, print its bytes in memory: python made_table.py FILE ROWS.

100 stations, one row a day each, 20 float features, a target made of a few of them and noise.
"""

import sys

import numpy as np
import pandas as pd

STATIONS, FEATURES = 100, 20


def make(rows: int) -> pd.DataFrame:
    """Return the table, rows in order of time."""
    random = np.random.default_rng(0)
    days = pd.date_range("1990-01-01", periods=rows // STATIONS, freq="D")
    names = [f"station_{number}" for number in range(STATIONS)]
    columns = {
        "station": np.tile(np.array(names, dtype=object), len(days)),
        "day": np.repeat(days, STATIONS),
    }
    numbers = random.normal(size=(rows, FEATURES))
    columns |= {f"x{number}": numbers[:, number] for number in range(FEATURES)}
    steps = numbers[:, 0] * numbers[:, 1] + 2 * np.sin(numbers[:, 2]) + 3 * (numbers[:, 3] > 0)
    columns["y"] = 20 + steps + numbers[:, 4:8].sum(axis=1) + random.normal(scale=0.5, size=rows)
    return pd.DataFrame(columns)


def main() -> None:
    """Write the file and say how much memory it takes once read."""
    path, rows = sys.argv[1], int(sys.argv[2])
    make(rows).to_parquet(path, index=False)
    print(int(pd.read_parquet(path).memory_usage(deep=True).sum()))


if __name__ == "__main__":
    main()
