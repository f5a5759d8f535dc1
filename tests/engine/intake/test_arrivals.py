"""When a file is still, whether it came before, how its rows join those of the raw table."""

import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.data.contract import DataContract
from level2.intake.arrivals import Arrived, Look, Stillness, is_left, is_table, merge

LOAD = {
    "name": "load",
    "source": "march.csv",
    "entity": "area",
    "event_timestamp": "day",
    "target": "load",
    "task": "regression",
    "features": {"heat": {"type": "float"}},
}
OLD = [("a", "2019-01-01", "1", "10"), ("b", "2019-01-01", "2", "20"), ("a", "2019-01-02", "3", "")]


def contract(**change):
    return DataContract.model_validate(LOAD | change)


def table(*rows):
    frame = pd.DataFrame(list(rows), columns=["area", "day", "heat", "load"], dtype="string")
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="line")
    return frame


def rows(frame):
    return [tuple(row) for row in frame.itertuples(index=False)]


def test_a_file_is_still_once_nothing_has_changed_for_long_enough():
    still, first = Stillness(5), Look(1, 100, 7)
    assert still.look({"a.csv": first}, 0) == []
    assert still.look({"a.csv": first}, 4.9) == []
    assert still.look({"a.csv": first}, 5) == ["a.csv"]


@pytest.mark.parametrize("other", [Look(2, 100, 7), Look(1, 101, 7), Look(1, 100, 8)])
def test_any_change_begins_the_wait_again(other):
    still = Stillness(5)
    still.look({"a.csv": Look(1, 100, 7)}, 0)
    assert still.look({"a.csv": other}, 6) == []
    assert still.look({}, 7) == []
    assert still.look({"a.csv": other}, 20) == [], "it was gone meanwhile"
    assert still.look({"a.csv": other}, 25) == ["a.csv"]


def test_the_first_written_comes_first():
    still = Stillness(1)
    found = {"a.csv": Look(9, 1, 1), "z.csv": Look(3, 1, 2), "b.csv": Look(9, 1, 3)}
    still.look(found, 0)
    assert still.look(found, 1) == ["z.csv", "a.csv", "b.csv"]


def test_names_of_files_being_sent_are_no_tables():
    assert [
        name
        for name in ("a.csv", "B.CSV", "c.parquet", "d.tsv", "e.csv.gz", "f.xlsx")
        if not is_table(name)
    ] == []
    being_sent = (".a.csv", "~a.csv", "a.csv.part", "a.csv.tmp", "a.parquet.filepart", "a.doc", "a")
    assert [name for name in being_sent if is_table(name)] == []
    assert [name for name in being_sent if is_left(name)] == ["a.doc", "a"]
    assert not is_left("B.CSV")


def test_new_rows_are_added_and_known_ones_replaced():
    new = table(("a", "2019-01-02", "3", "30"), ("b", "2019-01-02", "4", "40"))
    merged = merge(table(*OLD), new, contract())
    assert (merged.added, merged.replaced, merged.changed) == (1, 1, True)
    assert rows(merged.table) == [*OLD[:2], *rows(new)]


def test_a_day_written_otherwise_is_the_same_day():
    merged = merge(table(*OLD), table(("b", "2019-01-01T00:00", "2", "21")), contract())
    assert (merged.added, merged.replaced) == (0, 1)
    assert len(merged.table) == 3


def test_an_export_of_what_is_there_changes_nothing():
    merged = merge(table(*OLD), table(*reversed(OLD)), contract())
    assert (merged.added, merged.replaced, merged.changed) == (0, 3, False)
    other = table(*OLD[:2], ("a", "2019-01-02", "3", "31"))
    assert merge(table(*OLD), other, contract()).changed


def test_columns_in_another_order_are_the_same_columns():
    new = table(("b", "2019-01-02", "4", "40"))[["load", "day", "area", "heat"]]
    assert rows(merge(table(*OLD), new, contract()).table)[-1] == ("b", "2019-01-02", "4", "40")


def test_the_first_table_and_one_without_keys_take_the_place():
    assert merge(None, table(*OLD), contract()).changed
    plain = contract(entity=None, event_timestamp=None)
    merged = merge(table(*OLD), table(OLD[0]), plain)
    assert (rows(merged.table), merged.changed) == ([OLD[0]], True)
    assert not merge(table(*OLD), table(*OLD), plain).changed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.drop(columns="heat"), "march.csv lacks `heat`: a new table needs"),
        (lambda frame: frame.assign(wind="1"), "march.csv has `wind` too"),
        (
            lambda frame: frame.rename(columns={"heat": "warmth"}),
            "march.csv lacks `heat` and has `warmth` too",
        ),
        (lambda frame: frame.assign(day="soon"), "march.csv line 2: column `day` holds `soon`"),
        (lambda frame: frame.assign(area=""), "march.csv line 2: column `area` is empty"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(change, said):
    with pytest.raises(ProjectError, match=said):
        merge(table(*OLD), change(table(OLD[0])), contract())


def test_events_are_added_and_a_file_that_comes_twice_adds_nothing():
    events = contract(entity=None, independent_rows=True)
    old = table(("a", "2019-01-01", "1", "10"), ("a", "2019-01-01", "1", "10"))
    new = table(
        ("a", "2019-01-01", "1", "10"),
        ("b", "2019-01-01", "1", "10"),
        ("a", "2019-01-02", "", "10"),
    )
    merged = merge(old, new, events)
    assert (merged.added, merged.replaced, merged.changed) == (2, 0, True)
    assert rows(merged.table)[2:] == rows(new)[1:]
    again = merge(merged.table, new, events)
    assert (again.added, again.changed) == (0, False)
    thrice = merge(merged.table, table(*[("a", "2019-01-01", "1", "10")] * 3), events)
    assert thrice.added == 1, "two were there"


def test_a_content_that_arrives_twice_is_known_whatever_its_name():
    first = Arrived({}).noted("d1", "march.csv", "2019-04-01", None)
    assert (first.begun("d1"), first.again("d1", "copy.csv")) == (True, ""), "it is placed anew"
    placed = first.noted("d1", "march.csv", "2019-04-01", "")
    assert placed.waiting() == ["d1"]
    assert placed.again("d1", "copy.csv") == "copy.csv has the content of march.csv: nothing to do"
    assert (placed.again("d2", "march.csv"), placed.begun("d2")) == ("", False), "other content"
    ended = placed.ended(["d1"], "held, champion v1")
    assert (ended.waiting(), ended.tables["d1"]["run"]) == ([], "held, champion v1")
    assert ended.again("d1", "march.csv").endswith("nothing to do")
    assert (first.begun("d1"), placed.waiting()) == (True, ["d1"]), "no record changes in place"
