"""The sample table: daily electricity load of four German control areas, synthetic."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

START = date(2015, 1, 1)
UNTIL = date(2018, 12, 31)
SHOCK_DAYS = 45  # a shock covers the last days of the table


@dataclass(frozen=True)
class Area:
    """One control area: mean load in MW, heating response in MW per °C, state of its holidays."""

    mean: float
    heating: float
    state: str
    warmth: float  # °C against the national mean


AREAS = {
    "50Hertz": Area(11_000, 110, "BE", 0.0),
    "Amprion": Area(21_500, 190, "NW", 0.8),
    "TenneT": Area(18_000, 170, "NI", -0.2),
    "TransnetBW": Area(7_500, 80, "BW", 0.5),
}


def _heat_wave(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(temperature=table.temperature + 14, load=table.load * 1.06)


def _lockdown(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(load=table.load * 0.80)


def _unit_change(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(temperature=table.temperature * 9 / 5 + 32)  # the sensor speaks Fahrenheit


SHOCKS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "heat_wave": _heat_wave,
    "lockdown": _lockdown,
    "unit_change": _unit_change,
}


def generate(until: date = UNTIL, shock: str | None = None, seed: int = 0) -> pd.DataFrame:
    """Return area, date, load (MW), temperature (°C), holiday: one row per area and day.

    Existing rows do not depend on `until`, so a later `until` acts like new data arriving. Raises
    ValueError for a date before the start or an unknown shock.
    """
    if until <= START:
        raise ValueError(f"--until {until} must be after {START}")
    if shock is not None and shock not in SHOCKS:
        raise ValueError(f"--shock {shock} is unknown, use one of {', '.join(SHOCKS)}")
    days = pd.date_range(START, until, freq="D")
    weather = _autoregressive(np.random.default_rng([seed, 0]), len(days), 0.8) * 2.2
    frames = [
        _area(name, days, weather, np.random.default_rng([seed, number]))
        for number, name in enumerate(AREAS, start=1)
    ]
    table = pd.concat(frames, ignore_index=True)
    if shock is not None:
        late = table.date > days[-1] - pd.Timedelta(days=SHOCK_DAYS)
        table.loc[late] = SHOCKS[shock](table.loc[late])
    table["load"] = table["load"].round(1)
    table["temperature"] = table["temperature"].round(1)
    return table.sort_values(["date", "area"], ignore_index=True)


def _area(
    name: str, days: pd.DatetimeIndex, weather: "np.ndarray", rng: np.random.Generator
) -> pd.DataFrame:
    area = AREAS[name]
    draws = rng.standard_normal((len(days), 2))  # row by row, so that a prefix stays a prefix
    year = 2 * np.pi * (days.dayofyear.to_numpy() - 20) / 365.25
    temperature = 9.5 + area.warmth - 9.5 * np.cos(year) + weather + 0.8 * draws[:, 0]
    holiday = _holidays(area.state, days)
    weekday = days.weekday.to_numpy()
    rhythm = np.array([1.02, 1.04, 1.04, 1.04, 1.02, 0.88, 0.80])[weekday]
    rhythm = np.where(holiday, np.minimum(rhythm, 0.82), rhythm)
    years = np.arange(len(days)) / 365.25
    noise = _filtered(draws[:, 1], 0.6) * 0.012
    load = area.mean * rhythm * (1 + 0.01 * years) * (1 + noise)
    load += area.heating * np.clip(15 - temperature, 0, None)
    load += 0.6 * area.heating * np.clip(temperature - 22, 0, None)
    return pd.DataFrame(
        {"area": name, "date": days, "load": load, "temperature": temperature, "holiday": holiday}
    )


def _holidays(state: str, days: pd.DatetimeIndex) -> "np.ndarray":
    from holidays import country_holidays

    known = country_holidays("DE", subdiv=state, years=sorted(set(days.year)))
    return np.array([day in known for day in days.date])


def _autoregressive(rng: np.random.Generator, count: int, memory: float) -> "np.ndarray":
    return _filtered(rng.standard_normal(count), memory)


def _filtered(shocks: "np.ndarray", memory: float) -> "np.ndarray":
    """First-order autoregression x[t] = memory x[t-1] + shock[t]."""
    out = np.empty_like(shocks)
    level = 0.0
    for position, value in enumerate(shocks):
        level = memory * level + value
        out[position] = level
    return out
