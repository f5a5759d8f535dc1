"""What the report says, and that nothing that came with the data can break out of it."""

import html
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from markdown_it import MarkdownIt

import fabricated
from level2.base import amounts
from level2.model import wording
from level2.params.config import parse_params
from level2.reports.training import markdown, markdown_text, mermaid
from level2.reports.training.build import build
from level2.reports.training.content import Sources
from level2.reports.training.elements import Plot
from level2.reports.training.marks import drawn
from level2.reports.training.page import render
from level2.reports.training.style import CSS

HOSTILE = (
    "a|b`</td><script>alert(1)</script> @octocat #1 www.evil.example https://evil.example "
    "![x](y) **b**\n\n# h"
)


def made(tree, decision=None, champion=None, tuning=True, validation=None, lineage=None, **changes):
    """A report about fabricated predictions."""
    table = fabricated.predictions(tree)
    found = fabricated.evaluation(tree, table)
    if champion is not None:
        found["champion"] = fabricated.champion(found, **champion)
    found |= changes
    if callable(decision):
        decision = decision(found)
    sources = Sources(
        evaluation=found,
        decision=decision,
        tuning=fabricated.tuning(found) if tuning else None,
        validation=validation,
        lineage=lineage,
    )
    return build(parse_params(tree), sources)


def first_line(found):
    return markdown.render(found).splitlines()[0]


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_without_a_decision_the_gate_speaks_in_the_conditional(tree, task):
    found = made(fabricated.contract(tree, task))
    assert first_line(found) == (
        "### 🟢 Gate: would promote — `small-load` would become the first champion"
    )


def test_a_promoted_candidate_names_both_versions(tree):
    found = made(
        tree,
        decision=lambda found: fabricated.decision(found, tree, previous="7"),
        champion={"factor": 1.2},
    )
    assert first_line(found) == "### 🟢 Gate: promote — `small-load` v8 replaces v7"
    assert found.lineage["model version"] == "v8"


def test_a_worse_candidate_is_held_and_its_red_row_says_which_rule(tree):
    found = made(
        tree, decision=lambda found: fabricated.decision(found, tree), champion={"factor": 0.9}
    )
    text = markdown.render(found)
    assert first_line(found) == "### 🔴 Gate: hold — `small-load` would get worse"
    row = next(line for line in text.splitlines() if line.startswith("| RMSE"))
    assert row.endswith("| ≤ baseline − 5\u00a0%, **≤ champion** | 🔴 |")
    assert "+11.1\u00a0%" in row
    assert "**Why:** RMSE" in text
    assert "+11.1\u00a0%, wanted ≤ +0.0\u00a0%" in text


def test_a_broken_threshold_and_a_weak_slice_are_red_and_the_rest_is_not(tree):
    tree["promote"] = {"thresholds": {"mae": {"max": 1}}, "worst_slice_ratio": 1.0}
    marks = {line.label.split(":")[0]: line.mark for line in made(tree).table.lines}
    assert marks == {
        "RMSE": "good",
        "MAE": "bad",
        "R²": "",
        "sMAPE": "",
        "worst slice": "bad",
        "ONNX difference": "good",
    }


def test_a_missing_metric_is_red_and_named(tree):
    found = made(tree)
    assert found.verdict.good
    broken = fabricated.evaluation(tree, fabricated.predictions(tree))
    broken["candidate"]["metrics"]["mae"] = None
    found = build(parse_params(tree), Sources(broken))
    row = next(line for line in found.table.lines if line.label == "MAE")
    assert (row.mine, row.mark, row.rules) == ("not a number", "bad", (("a number", False),))
    assert "mae is missing" in found.verdict.why


def test_the_champion_itself_is_unchanged(tree):
    found = made(tree, champion={"factor": 1.0, "digest": "c" * 64})
    assert first_line(found) == "### 🟢 Gate: unchanged — `small-load` v7 is this same model"
    why = "this run trained the champion's own model again (the same digest): there is no other to "
    assert f"**Why:** {why}promote." in markdown.render(found).replace("\\", "")
    assert f"<p>Why: {html.escape(why)}promote.</p>" in render(found, [])


def test_the_champion_itself_that_now_fails_is_red(tree):
    tree["promote"] = {"thresholds": {"r2": {"min": 0.9999}}, "margin": 0.01}
    found = made(tree, champion={"factor": 1.0, "digest": "c" * 64})
    assert first_line(found).startswith(
        "### 🔴 Gate: unchanged — `small-load` v7 is this same model and now fails 1 of 6"
    )
    assert found.verdict.why.startswith("this run trained the champion's own model again")
    assert "no other to promote; R² 0.9" in found.verdict.why
    assert "against v7" not in found.verdict.why, "a model need not beat itself"


ORIGINS = [
    {
        "from": f"2024-0{month}-01",
        "to": f"2024-0{month}-28",
        "train_rows": 100 * month,
        "rows": 50,
        "metrics": {"rmse": value},
        "baseline": {"name": "last_value", "rmse": 40.0},
        "gain": 1 - value / 40,
    }
    for month, value in ((1, 41.0), (2, 38.0), (3, 20.0))
]


@pytest.mark.parametrize(("share", "light", "asked"), [(0.6, "🟢", 2), (1.0, "🔴", 3)])
def test_origins_and_their_spread_are_in_both_reports(tree, share, light, asked):
    tree["promote"] = {"origins_won": share}
    found = made(tree, origins=ORIGINS)
    text = markdown.render(found)
    assert markdown.EMOJI[found.verdict.mark] == light
    assert "20.00 … 41.00 over 3 origins" in text.splitlines()[2]
    assert f"in {asked} of 3 origins" in next(
        line for line in text.splitlines() if line.startswith("| RMSE")
    )
    assert "<summary>Origins: the best baseline is beaten in 2 of 3</summary>" in text
    lost = "| 2024-01-01 … 2024-01-28 | 100 | 50 | 41.00 | last value 40.00 | +2.5\u00a0% | 🔴 |"
    assert lost in text
    page = render(found, [])
    assert "20.00 … 41.00 over 3 origins" in page
    assert '<tr class="failed"><td data-label="window">2024-01-01 … 2024-01-28</td>' in page
    assert '<tr><td data-label="window">2024-03-01 … 2024-03-28</td>' in page


def test_one_origin_is_not_spoken_of(tree):
    text = markdown.render(made(tree, origins=[]))
    assert "rigin" not in text
    assert "<h2>Origins" not in render(made(tree, origins=[]), [])


def test_a_baseline_of_fewer_rows_is_compared_on_these_and_says_so(tree):
    table = fabricated.predictions(tree)
    whole = fabricated.evaluation(tree, table)["candidate"]["metrics"]
    beside = {name: value / 2 for name, value in whole.items()}
    found = made(
        tree,
        baselines={"mean": dict(whole), "last_value": dict(whole)},
        partial={
            "mean": {"rows": 100, "candidate": dict(whole)},
            "last_value": {"rows": 90, "candidate": beside},
        },
        left_out={"entity_mean": "it knows 0 of 120 rows"},
    )
    for text in (markdown.render(found), render(found, [])):
        assert "last value knows 90 of the test rows; on these the candidate has" in text
        assert "entity mean is left out: it knows 0 of 120 rows" in text
    assert found.table.against == "mean", "it is the harder one: on its rows nothing is gained"
    assert [rule.text for rule in found.verdict.failed] == [
        "RMSE +0.0\u00a0% against mean, wanted ≤ −5.0\u00a0% (on the 100 rows that mean knows)"
    ]


def test_a_decision_about_another_candidate_is_not_taken_for_this_one(tree):
    other = fabricated.evaluation(tree, fabricated.predictions(tree, noise=2.0))
    found = made(tree, decision=fabricated.decision(other, tree, previous="7"))
    assert found.verdict.would
    assert "model version" not in found.lineage


def test_a_decision_about_another_model_with_the_same_numbers_is_not_taken(tree):
    found = fabricated.evaluation(tree, fabricated.predictions(tree))
    stale = fabricated.decision(found, tree, previous="7")
    assert not made(tree, decision=stale).verdict.would
    assert made(tree, decision={**stale, "digest": "e" * 64}).verdict.would


def test_an_incomparable_champion_has_a_row_with_its_rule(tree):
    champion = {"factor": 1, "comparable": False, "reason": "it needs wind", "metrics": {}}
    found = made(tree, champion=champion | {"slices": []})
    row = next(line for line in found.table.lines if line.label == "champion v7")
    assert (row.mine, row.mark) == ("not comparable", "bad")
    assert "it needs wind" in found.verdict.why
    assert found.table.against == "mean"


def test_slices_are_named_for_people_and_the_worst_stands_first(tree):
    found = made(
        tree,
        slices=[
            {"column": "weekday", "value": "0", "rows": 9, "metrics": {"rmse": 10.0}},
            {"column": "holiday", "value": "1", "rows": 9, "metrics": {"rmse": 30.0}},
            {"column": "area_key", "value": "North", "rows": 9, "metrics": {"rmse": 20.0}},
        ],
    )
    assert [line.name for line in found.slices] == [
        "holiday = yes",
        "area = North",
        "weekday = Monday",
    ]


def test_validation_and_lineage_are_told(tree):
    validation = {
        "checks": [{"name": "unique_key", "ok": True, "detail": "area and date"}],
        "warnings": ["temperature 3.1 % missing"],
    }
    lineage = {"git.commit": "a" * 40, "git.dirty": "true", "data.hash": "f" * 32}
    text = markdown.render(made(tree, validation=validation, lineage=lineage))
    assert "<summary>Data: 1 check, 1 warning</summary>" in text
    assert "- 🟡 temperature 3.1 % missing" in text
    assert "data `ffffffffffff` · commit `aaaaaaaaaaaa` and uncommitted changes" in text


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_every_metric_of_the_task_has_a_row(tree, task):
    found = made(fabricated.contract(tree, task))
    text = markdown.render(found)
    for line in found.table.lines:
        assert f"| {line.label} |" in text or "slice" in line.label


def hostile(tree):
    """A report into which every text that data or people can choose tries to break out."""
    tree["data"]["unit"] = HOSTILE[:20]
    table = fabricated.predictions(tree)
    found = fabricated.evaluation(tree, table)
    for item in found["slices"]:
        item["value"] = HOSTILE
    found["candidate"]["params"] = {HOSTILE: HOSTILE}
    found["candidate"]["family"] = HOSTILE
    found["importance"] = [{"feature": HOSTILE, "loss": 1.0}]
    found["champion"] = fabricated.champion(found, 1.0, comparable=False, reason=HOSTILE)
    tuning = fabricated.tuning(found)
    tuning["branches"][0]["family"] = HOSTILE
    validation = {"checks": [{"name": HOSTILE, "ok": True, "detail": HOSTILE}]}
    validation["warnings"] = [HOSTILE]
    sources = Sources(found, None, tuning, validation, {HOSTILE: HOSTILE})
    return build(parse_params(tree), sources)


def test_hostile_text_stays_text_in_markdown(tree):
    text = markdown.render(hostile(tree))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} <= {
        "text",
        "code_inline",
        "strong_open",
        "strong_close",
        "softbreak",
        "text_special",
    }
    blocks = "".join(token.content for token in tokens if token.type == "html_block")
    assert set(re.findall(r"</?(\w+)", blocks)) == {"details", "summary"}
    plain = "".join(child.content for child in inline if child.type != "code_inline")
    plain += html.unescape(blocks)
    assert "@octocat" not in plain
    assert "#1" not in plain
    assert not re.search(r"://|www\.", re.sub(r"`[^`]*`", "", text))


def test_hostile_text_cannot_add_a_column_to_a_table(tree):
    width = None
    for line in markdown.render(hostile(tree)).splitlines():
        if not line.startswith("|"):
            width = None
            continue
        width = width or line.count("|")
        assert line.count("|") == width


class Page(HTMLParser):
    """Collects tags and attributes; complains of elements that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(text):
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def test_hostile_text_stays_text_in_html(tree):
    page = parsed(render(hostile(tree), [Plot(HOSTILE, "<svg></svg>", HOSTILE)], HOSTILE))
    assert not {"script", "img", "a", "link", "iframe", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("factor", [None, 0.5])
def test_the_page_is_balanced_and_loads_nothing(tree, task, factor):
    champion = None if factor is None else {"factor": factor}
    text = render(made(fabricated.contract(tree, task), champion=champion), [])
    page = parsed(text)
    assert page.tags.count("html") == 1
    assert "://" not in text
    assert ('class="banner bad"' in text) == (
        factor is not None
    )  # half the loss: a better champion


def test_mermaid_holds_only_numbers_and_our_own_words(tree):
    blocks = re.findall(r"```mermaid\n(.*?)\n```", markdown.render(hostile(tree)), re.DOTALL)
    assert blocks
    for block in blocks:
        head, *lines = block.splitlines()
        assert head == "xychart-beta"
        for line in lines:
            assert re.fullmatch(
                r'    (x-axis "trial"|y-axis "RMSE"|bar|line) '
                r"(\[-?[\d.]+(, -?[\d.]+)*\]|-?[\d.]+ --> -?[\d.]+)",
                line,
            )


@pytest.mark.parametrize("trials", [[], [(0, 1.0)]])
def test_there_is_no_chart_of_fewer_than_two_trials(trials):
    assert mermaid.trial_chart("regression", "rmse", trials) is None


def bars(chart):
    return [float(text) for text in re.search(r"bar \[(.*)\]", chart.text).group(1).split(", ")]


def test_many_trials_are_thinned_to_the_best_of_their_neighbours_and_that_is_said():
    values = [float(value) for value in np.random.default_rng(0).permutation(1_000)]
    chart = mermaid.trial_chart("regression", "rmse", list(enumerate(values)))
    assert len(bars(chart)) == mermaid.MOST_BARS
    assert "0 --> 999" in chart.text
    assert chart.text.endswith(", 0]")
    assert chart.notes == (
        "2 bars are cut off at 92.00: trials 100 to 124 (best 199.0), "
        "trials 800 to 824 (best 95.00).",
        "Each bar is the best of up to 25 neighbouring trials.",
    )


HOPELESS = [431.5, 420.0, 440.25, 418.5, 433.0, None, 427.0, 452.0, 746.14, 900.5]


def searched(values):
    trials = [
        {"number": number, "params": {}, "value": value} for number, value in enumerate(values)
    ]
    best = min((trial for trial in trials if trial["value"]), key=lambda trial: trial["value"])
    branch = {"family": "linear", "trials": trials, "best": best}
    return {"branches": [branch], "chosen": {"family": "linear"}, "metric": "rmse"}


def test_no_bar_differs_from_its_trial_unless_the_words_below_say_which_and_how(tree):
    tuning = searched(HOPELESS)
    table = fabricated.evaluation(tree, fabricated.predictions(tree))
    found = build(parse_params(tree), Sources(table, tuning=tuning))
    text = markdown.render(found)
    known = [value for value in HOPELESS if value is not None]
    shown = bars(mermaid.trial_chart("regression", "rmse", found.tuning[0].trials))
    false = [value for value, bar in zip(known, shown, strict=True) if value != bar]
    assert false == [746.14, 900.5]
    said = re.search(r"2 bars are cut off at ([\d.]+)\s\S+: (.*)\.\n", text)
    assert float(said[1]) == max(shown)
    assert re.sub(r"\s\w+\)", ")", said[2]) == "trial 8 (746.1), trial 9 (900.5)"
    assert "one that failed has none" in text


def test_every_bar_that_is_cut_off_is_named_however_many(tree):
    values = [420.0 + number for number in range(210)] + [90_000.0 + n for n in range(190)]
    table = fabricated.evaluation(tree, fabricated.predictions(tree))
    sources = Sources(table, tuning=searched(values))
    text = markdown.render(build(parse_params(tree), sources))
    said = re.search(r"19 bars are cut off at .*\.\n", text)[0]
    assert said.count("trials ") == 19
    assert "trials 390 to 399 (best 90,180" in said


def test_trials_are_numbered_as_in_mlflow_also_where_one_failed(tree):
    table = fabricated.evaluation(tree, fabricated.predictions(tree))
    sources = Sources(table, tuning=searched(HOPELESS))
    text = markdown.render(build(parse_params(tree), sources))
    assert 'x-axis "trial" [0, 1, 2, 3, 4, 6, 7, 8, 9]' in text


def test_a_chart_that_shows_every_trial_has_no_notes():
    chart = mermaid.trial_chart("regression", "rmse", [(0, 3.0), (1, 2.5), (2, 2.75)])
    assert (bars(chart), chart.notes) == ([3.0, 2.5, 2.75], ())


@pytest.mark.parametrize("value", [1e-9, 1e12, -3.25, 0.0, 1e300])
def test_mermaid_numbers_have_no_exponent(value):
    assert re.fullmatch(r"-?\d+(\.\d+)?", mermaid.plain(value))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (35064.4, "35,064"),
        (412.66, "412.7"),
        (0.99644, "0.9964"),
        (-0.000462, "−0.00046"),
        (1.29e-6, "1.3 × 10⁻⁶"),
        (0.0, "0"),
        (None, "not a number"),
        (float("inf"), "not a number"),
    ],
)
def test_numbers_are_formatted_for_people(value, shown):
    assert wording.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.063, "+6.3 %"), (-0.636, "−63.6 %"), (-0.0, "+0.0 %"), (99, "> +999 %")],
)
def test_changes_are_formatted_for_people(value, shown):
    assert wording.change(value).replace(wording.NARROW, " ") == shown


def test_control_and_direction_characters_are_dropped_and_long_text_is_cut():
    assert wording.clean("a\u202eb\x00c\n\td") == "abc d"
    assert wording.clean("x" * 100, 10) == "x" * 9 + "…"
    assert wording.middle("class number 12", 9) == "clas…r 12"


def test_slices_left_out_are_named_with_the_key_that_leaves_them_out(tree):
    found = fabricated.evaluation(tree, fabricated.predictions(tree))
    assert "left out" not in markdown.render(build(parse_params(tree), Sources(found)))
    found["small_slices"] = [
        {"column": "kind", "value": f"k{number}", "rows": 3} for number in range(8)
    ]
    said = "8 slices left out, fewer than `evaluate.min_slice_rows` (5) rows: kind = k0 (3), "
    for slices in (found["slices"], []):
        built = build(parse_params(tree), Sources({**found, "slices": slices}))
        assert said in markdown.render(built)
        page = render(built, [])
        assert said in re.sub("</?code>", "`", page)
        assert markdown.render(built).count("kind = k") == 6
        assert "2 more." in markdown.render(built)


def slices(count):
    """The first is the worst."""
    rates = [{"column": "kind", "value": f"k{n}", "metrics": {"rmse": 50.0 - n}} for n in range(9)]
    return [{**item, "rows": 40} for item in rates[:count]]


@pytest.mark.parametrize(
    ("judged", "small", "said"),
    [
        (3, 0, r"Slices: kind = k0 is the worst, \d\.\d\d × overall"),
        (2, 6, r"Slices: 2 of 8 judged, 6 too small; kind = k0 is the worst, \d\.\d\d × overall"),
        (0, 4, r"Slices: none is large enough"),
    ],
)
def test_the_heading_of_the_slices_says_how_many_were_judged(tree, judged, small, said):
    few = [{"column": "kind", "value": f"s{n}", "rows": 3} for n in range(small)]
    found = made(tree, slices=slices(judged), small_slices=few)
    page = render(found, []).replace(wording.NARROW, " ")
    text = markdown.render(found).replace(wording.NARROW, " ")
    assert re.search(f"<h2>{said}</h2>", page)
    assert re.search(f"<summary>{said}</summary>", text)
    assert "at worst" not in page


def test_the_rule_of_the_worst_slice_says_how_many_were_judged(tree):
    few = [{"column": "kind", "value": f"s{n}", "rows": 3} for n in range(11)]
    found = made(tree, slices=slices(1), small_slices=few)
    for text in (render(found, []), markdown.render(found)):
        text = text.replace(wording.NARROW, " ")
        assert re.search(
            r"[\d.]+ × overall, wanted ≤ [\d.]+ × \(1 of 12 judged, the others have too few", text
        )
        assert "worst slice (1 of 12 judged): kind = k0" in text
    assert "judged" not in markdown.render(made(tree, slices=slices(1), small_slices=[]))


def test_names_between_backticks_are_code_on_the_page_too(tree):
    validation = {"checks": [], "warnings": ["column `a<b` holds `x`, `half"]}
    found = made(
        tree,
        validation=validation,
        small_slices=[{"column": "kind", "value": "k", "rows": 3}],
        champion={"factor": 1, "comparable": False, "reason": "it needs `wind`", "metrics": {}}
        | {"slices": []},
    )
    page = render(found, [])
    assert f"{drawn('warn')} column <code>a&lt;b</code> holds <code>x</code>, `half</li>" in page
    assert "fewer than <code>evaluate.min_slice_rows</code> (5) rows" in page
    assert page.count("it needs <code>wind</code>") == 2, "in the banner and among the rules"
    assert "`" not in page.replace("`half", "")


@pytest.mark.parametrize("factor", [None, 0.9])
def test_both_forms_of_the_report_order_their_columns_alike(tree, factor):
    found = made(tree, champion=None if factor is None else {"factor": factor})
    lines = markdown.render(found).splitlines()
    head = next(line for line in lines if line.startswith("| metric"))
    shown = [cell.strip() for cell in head.split("|")[1:-2]]
    page = render(found, [])
    header, first = re.findall(r"<tr[^>]*>(.*?)</tr>", page)[:2]
    assert re.findall(r"<th[^>]*>(.*?)</th>", header) == shown
    row = next(line for line in lines if line.startswith("| RMSE"))
    values = [cell.strip() for cell in row.split("|")[1:-3]]
    assert re.findall(r"<td[^>]*>(.*?)</td>", first)[:-1] == values


def test_the_rows_of_the_onnx_check_are_explained(tree):
    found = made(tree)
    for text in (markdown.render(found), render(found, [])):
        assert text.count("on 111 test rows and 9 made from them with unusual values") == 2
        assert "missing, an unseen category" in text
    old = {"rows": 120, "max_difference": 0.0, "relative_difference": 0.0}
    assert "on 120 rows (" in made(tree, parity=old).parity


def test_r2_has_four_decimals_however_small():
    values = (-0.000462, 0.0, 0.9731, 0.99644)
    assert [wording.metric("r2", value) for value in values] == [
        "−0.0005",
        "0.0000",
        "0.9731",
        "0.9964",
    ]


def test_ordinary_text_is_readable_in_the_source():
    told = markdown_text.prose("rule range: column `wind_speed` holds `a|b` [5, 7] and a `half")
    assert told == "rule range: column `wind_speed` holds `a¦b` \\[5, 7\\] and a 'half"
    assert (
        markdown_text.prose("1.2 × 10⁻⁶, R² < 0.9 & *all*")
        == "1.2 × 10⁻⁶, R² \\< 0.9 \\& \\*all\\*"
    )


@pytest.mark.parametrize(
    "text",
    ["``<b>x</b>``", "`a` <b>`c`</b> `", "`@octocat` @octocat", "\\`<i>`", "` `<b>` `", "``` x"],
)
def test_backticks_cannot_hide_markup(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(f"a {markdown_text.prose(text)} b")
    (inline,) = [token for token in tokens if token.type == "inline"]
    assert {child.type for child in inline.children} <= {"text", "code_inline", "text_special"}
    plain = "".join(child.content for child in inline.children if child.type != "code_inline")
    assert "@octocat" not in plain


@pytest.mark.parametrize("factor", [0.9, 1.2])
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_headline_table_and_rules_sign_the_wanted_change_alike(tree, task, factor):
    tree = fabricated.contract(tree, task)
    tree["promote"] = {"margin": 0.02, "baseline_margin": 0.05}
    text = markdown.render(made(tree, champion={"factor": factor}))
    wanted = re.findall(r"wanted ([≤≥]) ([+−]\d)(?:\.0)?\u00a0%", text)
    assert len(wanted) >= 3
    assert {sign for sign, _ in wanted} == {"≤"}, "both are losses: rmse, log loss"
    assert {number for _, number in wanted} == {"−2", "−5"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-0.00001, "0.0000"), (-0.0, "0.0000"), (-0.00006, "−0.0001"), (-0.25, "−0.2500")],
)
def test_a_score_that_rounds_to_zero_has_no_minus(value, shown):
    assert wording.metric("r2", value) == shown


def test_a_difference_or_share_of_nothing_has_no_minus():
    assert wording.difference("regression", "r2", 0.5, 0.50001, relative=False) == "+0.0000"
    assert wording.share(-0.0001) == "0.0\u00a0%"


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [
        (0.6, 0.5, ("60.0%", "50%")),
        (0.5004, 0.5, ("50.04%", "50%")),
        (0.500001, 0.5, ("50.0001%", "50%")),
        (0.13, 0.125, ("13.0%", "12.5%")),
        (0.4, 0.5, ("40.0%", "50%")),
        (0.1, 0.0, ("10.0%", "0%")),
        (0.1341, 0.1340482, ("13.41%", "13.4%")),
    ],
)
def test_a_share_beyond_its_limit_looks_so(value, limit, shown):
    assert amounts.beyond(value, limit) == shown


EMOJI = re.compile("[\U00002600-\U000027bf\U00002b00-\U00002bff\U0001f000-\U0001faff\ufe0f]")


@pytest.mark.parametrize("factor", [None, 0.5, 1.2])
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_the_page_needs_no_emoji_font(tree, task, factor):
    """Every mark is drawn by the style sheet; in Markdown GitHub draws it."""
    validation = {"checks": [{"name": "a", "ok": True, "detail": "b"}], "warnings": ["c"]}
    champion = None if factor is None else {"factor": factor}
    found = made(fabricated.contract(tree, task), champion=champion, validation=validation)
    page = render(found, [])
    assert EMOJI.findall(page) == []
    marks = [dict(attrs) for tag, attrs in elements(page) if tag == "i" and "role" in dict(attrs)]
    assert {mark["class"] for mark in marks} >= {"mark mark-good", "mark mark-warn"}
    assert ("mark mark-bad" in {mark["class"] for mark in marks}) == (not found.verdict.good)
    assert all(mark["aria-label"] for mark in marks)
    assert "🟢" in markdown.render(found)


def elements(text):
    """Tags with their attributes, in order."""
    seen = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: seen.append((tag, attrs))
    parser.feed(text)
    return seen


@pytest.mark.parametrize("mark", ["good", "bad", "warn", "unknown"])
def test_the_style_sheet_draws_every_mark(mark):
    assert f".mark-{mark} {{" in CSS
    assert f'class="mark mark-{mark}"' in drawn(mark)


def test_every_cell_of_a_table_names_its_column_for_the_card_of_a_phone(tree):
    page = render(made(tree, champion={"factor": 1.2}), [])
    labels = [dict(attrs).get("data-label") for tag, attrs in elements(page) if tag == "td"]
    assert None not in labels
    assert {"rule", "this candidate", "champion v7", "× overall"} <= set(labels)


def test_the_page_says_which_plot_is_missing(tree):
    page = render(made(tree), [], "Calibration is not assessed: `a<b`.")
    assert "Calibration is not assessed: <code>a&lt;b</code>." in page
