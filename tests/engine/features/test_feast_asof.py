"""The ASOF offline store gives the frames of Feast's own duckdb store."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource
from feast.data_source import RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.repo_config import RepoConfig
from feast.types import Array, Bool, Float64, Int64, String, UnixTimestamp
from feast.value_type import ValueType

from level2.features import feast_asof

pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # ibis 12, DuckDB 2
    pytest.mark.filterwarnings("ignore:On demand feature view:RuntimeWarning"),
]

START = pd.Timestamp("2024-01-01", tz="UTC")
ROW = "row"  # numbers the entity rows: Feast's own store returns them in any order
KEY, OTHER = (
    Entity(name=name, join_keys=[name], value_type=ValueType.INT64) for name in ("key", "other")
)
NAME = Entity(name="name", join_keys=["name"], value_type=ValueType.STRING)


@dataclass
class Case:
    """What is applied and what is asked."""

    views: list[FeatureView]
    entity_df: pd.DataFrame
    features: list[str] | FeatureService
    on_demand: list[Any] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


def at(*hours: float | None) -> pd.Series:
    """Hours after START as datetime64[us, UTC]; None is a missing time."""
    times = [pd.NaT if hour is None else START + pd.Timedelta(hours=hour) for hour in hours]
    return pd.Series(times, dtype="datetime64[us, UTC]")


def asked(hours: pd.Series, **keys: Any) -> pd.DataFrame:
    """Entity frame with its rows numbered."""
    return pd.DataFrame({**keys, "event_timestamp": hours, ROW: range(len(hours))})


def history(hours: pd.Series, created: pd.Series | None = None, **columns: Any) -> pd.DataFrame:
    """Feature rows."""
    extra = {} if created is None else {"created": created}
    return pd.DataFrame({**columns, "event_timestamp": hours, **extra})


def view(
    folder: Path,
    table: pd.DataFrame,
    *entities: Entity,
    name: str = "view",
    ttl: timedelta = timedelta(0),
    mapping: dict[str, str] | None = None,
    **schema: Any,
) -> FeatureView:
    """Write `table` and declare a view of it; features are `schema`, by default a float `value`."""
    path = folder / f"{name}.parquet"
    table.to_parquet(path, index=False)
    return FeatureView(
        name=name,
        entities=list(entities),
        ttl=ttl,
        schema=[
            Field(name=key, dtype=kind) for key, kind in (schema or {"value": Float64}).items()
        ],
        source=FileSource(
            name=f"{name}_source",
            path=str(path),
            timestamp_field="event_timestamp",
            created_timestamp_column="created" if "created" in table else "",
            field_mapping=mapping,
        ),
    )


def ask(store_type: str, case: Case, folder: Path) -> pd.DataFrame:
    """Apply the case and return the training frame of a store of this type."""
    config = RepoConfig(
        project="asof",
        provider="local",
        registry=str(folder / "registry.db"),
        online_store={"type": "sqlite", "path": str(folder / "online.db")},
        offline_store={"type": store_type},
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    service = [case.features] if isinstance(case.features, FeatureService) else []
    store.apply([KEY, OTHER, NAME, *case.views, *case.on_demand, *service])
    job = store.get_historical_features(case.entity_df.copy(), case.features, **case.options)
    return job.to_df()


def compare(case: Case, folder: Path) -> pd.DataFrame:
    """Assert equal columns, dtypes and values, rows in the order asked; return the frame."""
    ours = ask(f"{feast_asof.__name__}.AsofOfflineStore", case, folder)
    feasts = ask("duckdb", case, folder)
    assert ours[ROW].tolist() == case.entity_df[ROW].tolist()
    feasts = feasts.set_index(ROW, drop=False).loc[ours[ROW]].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, feasts, check_exact=True)
    return ours


def ties(folder: Path) -> Case:
    """Three revisions of each of 30 rows, in mixed file order; a missing created time is oldest."""
    revisions = [(key, age) for age in (2, None, 3) for key in range(15)]
    revisions += [(key, age) for age in (3, 2, None) for key in range(15, 30)]
    keys, ages = zip(*revisions, strict=True)
    table = history(
        at(*[1.0] * 90), at(*ages), key=list(keys), value=[float(age or -1) for age in ages]
    )
    return Case([view(folder, table, KEY)], asked(at(*[5.0] * 30), key=range(30)), ["view:value"])


def expiry(folder: Path) -> Case:
    """A row exactly at its TTL still counts, a microsecond later it does not."""
    table = history(at(0, 1, 1), at(0, 1, 1), key=[1, 1, 2], value=[1.0, 2.0, 3.0])
    late = 3 + 1 / 3_600_000_000
    entities = asked(at(0.5, 3, late, 9, 3, late), key=[1, 1, 1, 1, 2, 2])
    return Case([view(folder, table, KEY, ttl=timedelta(hours=2))], entities, ["view:value"])


def moments(folder: Path) -> Case:
    """Equal times count; rows only in the future, of unknown keys or without any time do not."""
    table = history(at(1, 2, None, 5), key=[1, 1, 1, 2], value=[1.0, 2.0, 3.0, 4.0])
    entities = asked(at(0, 1, 1.5, 2, 9, 4, 9, None), key=[1, 1, 1, 1, 1, 2, 77, 1])
    return Case([view(folder, table, KEY)], entities, ["view:value"])


def null_keys(folder: Path) -> Case:
    """A missing key on either side matches nothing, and its entity row stays."""
    table = history(at(1, 1, 2), name=["a", None, "b"], value=[1.0, 2.0, 3.0])
    entities = asked(at(3, 3, 3, 3), name=["a", None, "b", "c"])
    return Case([view(folder, table, NAME)], entities, ["view:value"])


def null_integer_keys(folder: Path) -> Case:
    """Integer keys with gaps, which pandas holds as floats."""
    keys = pd.array([1, None, 2], dtype="Int64")
    table = history(at(1, 1, 2), key=keys, value=[1.0, 2.0, 3.0])
    entities = asked(at(3, 3, 3), key=[1.0, np.nan, 2.0])
    return Case([view(folder, table, KEY)], entities, ["view:value"])


def composite_keys(folder: Path) -> Case:
    """Two keys; swapping them, or gluing their digits, is another entity."""
    table = history(
        at(1, 1, 2, 1), key=[1, 11, 1, 2], other=[11, 1, 11, 1], value=[1.0, 2.0, 3.0, 4.0]
    )
    entities = asked(at(1, 3, 3, 3, 3), key=[1, 1, 11, 2, 1], other=[11, 11, 1, 1, 2])
    return Case([view(folder, table, KEY, OTHER)], entities, ["view:value"])


def aliases(folder: Path) -> Case:
    """One view joined twice, by two columns of the entity frame."""
    table = history(at(1, 2, 1), at(1, 2, 1), key=[1, 1, 2], value=[1.0, 2.0, 3.0])
    base = view(folder, table, KEY, ttl=timedelta(hours=4))
    both = FeatureService(
        name="both",
        features=[
            base.with_name(name).with_join_key_map({"key": name}) for name in ("origin", "target")
        ],
    )
    entities = asked(at(3, 1, 9), origin=[1, 2, 1], target=[2, 1, 1])
    return Case([base], entities, both, options={"full_feature_names": True})


def several_views(folder: Path) -> Case:
    """Views of different keys, TTLs and created columns; one entity row asked twice."""
    first = history(at(1, 4), at(1, 4), key=[1, 1], value=[1.0, 2.0])
    second = history(at(2, 3), key=[1, 2], other=[5, 5], value=[3.0, 4.0])
    third = history(at(0, 2), name=["a", "b"], amount=[5.0, 6.0])
    views = [
        view(folder, first, KEY, name="first", ttl=timedelta(hours=1)),
        view(folder, second, KEY, OTHER, name="second"),
        view(folder, third, NAME, name="third", ttl=timedelta(days=1), amount=Float64),
    ]
    entities = asked(at(4, 4, 2, 1), key=[1, 1, 2, 1], other=[5, 5, 5, 5], name=["a", "a", "b", ""])
    refs = ["third:amount", "first:value", "second:value"]
    return Case(views, entities, refs, options={"full_feature_names": True})


def short_names(folder: Path) -> Case:
    """Features of two views under their own names, beside a label and out of file order."""
    first = history(at(1), key=[1], a=[1.0], b=[2])
    second = history(at(1), key=[1], c=["x"], d=[True])
    views = [
        view(folder, first, KEY, name="first", a=Float64, b=Int64),
        view(folder, second, KEY, name="second", c=String, d=Bool),
    ]
    entities = asked(at(2, 0), key=[1, 1]).assign(label=[0.5, 0.25])
    return Case(views, entities, ["second:d", "first:b", "second:c", "first:a"])


def on_demand(folder: Path) -> Case:
    """Transformations after the join, from features and from a request column."""
    base = view(folder, history(at(1, 2), key=[1, 1], value=[1.0, 2.0]), KEY)
    request = RequestSource(name="request", schema=[Field(name="factor", dtype=Float64)])

    def scaled(inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"product": inputs["value"] * inputs["factor"]})

    derived = on_demand_feature_view(
        sources=[base, request], schema=[Field(name="product", dtype=Float64)]
    )(scaled)
    entities = asked(at(1, 5, 0), key=[1, 1, 1]).assign(factor=[10.0, 20.0, 30.0])
    return Case([base], entities, ["scaled:product", "view:value"], on_demand=[derived])


def types(folder: Path) -> Case:
    """Every kind of feature, with a gap in the newest row and with no row at all."""
    values = {
        "whole": pd.array([1, None], dtype="Int64"),
        "word": ["x", None],
        "flag": pd.array([True, None], dtype="boolean"),
        "when": at(7, None),
        "series": [[1.0, 2.0], None],
    }
    kinds: dict[str, Any] = {"whole": Int64, "word": String, "flag": Bool, "when": UnixTimestamp}
    table = history(at(1, 2), at(1, 2), key=[1, 1], **values)
    feature_view = view(folder, table, KEY, **kinds, series=Array(Float64))
    refs = [f"view:{name}" for name in values]
    return Case([feature_view], asked(at(1, 2, 0), key=[1, 1, 1]), refs)


def renamed_columns(folder: Path) -> Case:
    """Columns that the source renames."""
    table = history(at(1, 2), k=[1, 1], v=[1.0, 2.0])
    base = view(folder, table, KEY, mapping={"k": "key", "v": "value"})
    return Case([base], asked(at(1, 3), key=[1, 1]), ["view:value"])


def no_entity(folder: Path) -> Case:
    """A view joined by its placeholder key alone."""
    table = history(at(1, 2), __dummy_id=["", ""], value=[1.0, 2.0])
    return Case([view(folder, table)], asked(at(0, 1, 3), __dummy_id=[""] * 3), ["view:value"])


def created_cut(folder: Path) -> Case:
    """Values that were not yet known at the event time are left out on request."""
    table = history(at(1, 2), at(1, 8), key=[1, 1], value=[1.0, 2.0])
    options = {"filter_by_created_timestamp": True}
    base = view(folder, table, KEY)
    return Case([base], asked(at(3, 9), key=[1, 1]), ["view:value"], options=options)


def _times(folder: Path, convert: Callable[[pd.Series], pd.Series]) -> Case:
    table = history(at(1, 2, 3), at(1, 2, 3), key=[1, 1, 1], value=[1.0, 2.0, 3.0])
    base = view(folder, table, KEY, ttl=timedelta(hours=1))
    entities = asked(at(0, 1, 2, 3, 5), key=[1] * 5)
    entities["event_timestamp"] = convert(entities["event_timestamp"])
    return Case([base], entities, ["view:value"])


def naive_times(folder: Path) -> Case:
    """Entity times without zone are UTC."""
    return _times(folder, lambda times: times.dt.tz_localize(None))


def nanosecond_times(folder: Path) -> Case:
    """Entity times in nanoseconds, whole microseconds: finer ones are refused by both stores."""
    return _times(folder, lambda times: times.dt.as_unit("ns") - pd.Timedelta(1, unit="us"))


def text_times(folder: Path) -> Case:
    """Entity times as ISO text."""
    return _times(folder, lambda times: times.map(pd.Timestamp.isoformat))


def zoned_times(folder: Path) -> Case:
    """Entity times of another zone."""
    return _times(folder, lambda times: times.dt.tz_convert("America/New_York"))


def stored_times(folder: Path) -> Case:
    """Feature times without zone in the file, and created times in nanoseconds."""
    created = at(1, 2, 3).dt.as_unit("ns")
    table = history(at(1, 2, 2).dt.tz_localize(None), created, key=[1] * 3, value=[1.0, 2.0, 3.0])
    return Case([view(folder, table, KEY)], asked(at(0, 1, 2, 3), key=[1] * 4), ["view:value"])


def nothing_asked(folder: Path) -> Case:
    """An entity frame without rows."""
    base = view(folder, history(at(1), key=[1], value=[1.0]), KEY)
    return Case([base], asked(at(1), key=[1]).iloc[:0], ["view:value"])


def no_rows(folder: Path) -> Case:
    """Entity rows for a feature table without rows."""
    table = history(at(1), at(1), key=[1], value=[1.0]).iloc[:0]
    return Case([view(folder, table, KEY)], asked(at(1, 2), key=[1, 2]), ["view:value"])


CASES = [
    ties,
    expiry,
    moments,
    null_keys,
    null_integer_keys,
    composite_keys,
    aliases,
    several_views,
    short_names,
    on_demand,
    types,
    renamed_columns,
    no_entity,
    created_cut,
    naive_times,
    nanosecond_times,
    text_times,
    zoned_times,
    stored_times,
    nothing_asked,
    no_rows,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_frames_equal_feasts(case: Callable[[Path], Case], tmp_path: Path) -> None:
    compare(case(tmp_path), tmp_path)


@pytest.mark.parametrize("seed", range(5))
def test_random_tables_equal_feasts(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    n, rows = 400, 150
    table = history(
        at(*random.integers(0, 24, n)),
        at(*random.permutation(n)),  # unique, so that one row is the newest
        key=random.integers(0, 8, n),
        name=random.choice(np.array(["a", "b", None]), n),
        value=np.where(random.random(n) < 0.1, np.nan, random.normal(size=n)),
    )
    entities = asked(
        at(*random.integers(-2, 30, rows)),
        key=random.integers(0, 10, rows),
        name=random.choice(np.array(["a", "b", "c", None]), rows),
    )
    ttl = timedelta(hours=int(random.integers(0, 4)))
    frame = compare(
        Case([view(tmp_path, table, KEY, NAME, ttl=ttl)], entities, ["view:value"]), tmp_path
    )
    assert 0 < frame["value"].notna().sum() < rows


def _with_features(change: Callable[[Any], Any]) -> tuple[str, Callable[..., Any]]:
    right = feast_asof._features
    return "_features", lambda *arguments: change(right(*arguments))


def forgets_created() -> tuple[str, Callable[..., Any]]:
    """Take any revision of the newest row."""
    nothing = ibis.null().cast("timestamp('UTC')")
    return _with_features(lambda table: table.mutate(**{feast_asof.CREATED: nothing}))


def leaves_out_equal_times() -> tuple[str, Callable[..., Any]]:
    """Count only rows strictly before the entity row."""
    late = ibis.interval(microseconds=1)
    return _with_features(
        lambda table: table.mutate(**{feast_asof.TIME: table[feast_asof.TIME] + late})
    )


def matches_null_keys() -> tuple[str, Callable[..., Any]]:
    """Let a missing key of the feature table be a key like any other."""
    key = f"{feast_asof.KEY}0"
    return _with_features(lambda table: table.mutate(**{key: table[key].fill_null("c")}))


def forgets_ttl() -> tuple[str, Callable[..., Any]]:
    """Keep rows however old."""
    right = feast_asof._newest

    def wrong(entities: Any, moment: str, view: FeatureView, features: Any) -> Any:
        endless = copy(view)
        endless.ttl = timedelta(0)
        return right(entities, moment, endless, features)

    return "_newest", wrong


def drops_unmatched_rows() -> tuple[str, Callable[..., Any]]:
    """Return only entity rows that have features, as Feast's file store does."""
    right = feast_asof._join
    return "_join", lambda *arguments: right(*arguments).drop_null("value")


@pytest.mark.parametrize(
    ("fault", "case"),
    [
        (forgets_created, ties),
        (leaves_out_equal_times, moments),
        (matches_null_keys, null_keys),
        (forgets_ttl, expiry),
        (drops_unmatched_rows, moments),
    ],
)
def test_suite_sees_planted_faults(
    fault: Callable[[], tuple[str, Callable[..., Any]]],
    case: Callable[[Path], Case],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, wrong = fault()
    monkeypatch.setattr(feast_asof, name, wrong)
    with pytest.raises(AssertionError):
        compare(case(tmp_path), tmp_path)
