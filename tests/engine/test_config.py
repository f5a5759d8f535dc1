"""Params: what is refused, with the key's path and what was expected; overrides."""

import pytest
import yaml

from layout import PROJECT
from level2.base import yaml_file
from level2.base.errors import ProjectError
from level2.params import config

ROOT = PROJECT
ALPHA = "tune.families.linear.alpha"


def set_key(tree, key, value):
    *parents, leaf = key.split(".")
    for part in parents:
        tree = tree.setdefault(part, {})
    tree[leaf] = value


def refusal(tree):
    """The sentence a tree is refused with."""
    with pytest.raises(ProjectError) as caught:
        config.parse_params(tree)
    return str(caught.value)


@pytest.mark.parametrize(
    "section",
    [
        "data",
        "data.features.temperature",
        "validate",
        "validate.drift",
        "featurize",
        "build_dataset",
        "tune",
        ALPHA,
        "train",
        "evaluate",
        "promote",
        "promote.thresholds.rmse",
    ],
)
def test_an_unknown_key_is_refused_with_its_path(tree, section):
    set_key(tree, "promote.thresholds.rmse", {"max": 10})
    set_key(tree, f"{section}.zzz", 1)
    assert refusal(tree) == (
        f"params.yaml: {section}.zzz is not a known key: remove it or correct its spelling"
    )


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("trian", "train"),
        ("validat", "validate"),
        ("tune.trails", "trials"),
        ("data.tagret", "target"),
        ("data.features.temperature.nulable", "nullable"),
        ("validate.drift.max_spi", "max_psi"),
        (f"{ALPHA}.mni", "min"),
        ("promote.thresholds.rmse.mux", "max"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_nearest_known_one(tree, key, near):
    set_key(tree, "promote.thresholds.rmse", {"max": 10})
    set_key(tree, key, 1)
    assert refusal(tree) == f"params.yaml: {key} is not a known key: did you mean `{near}`?"


def test_a_misspelt_required_key_is_named_before_the_one_it_lacks(tree):
    tree["data"]["tagret"] = tree["data"].pop("target")
    assert "data.tagret is not a known key: did you mean `target`?" in refusal(tree)


@pytest.mark.parametrize("key", ["data", "tune", "data.target", "data.task", "tune.families"])
def test_a_missing_key_is_named(tree, key):
    *parents, leaf = key.split(".")
    node = tree
    for part in parents:
        node = node[part]
    del node[leaf]
    assert refusal(tree) == f"params.yaml: {key} is required and missing"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("data.name", "Upper Case", "should match pattern"),
        ("data.source", ["a.csv"], "valid string"),
        ("data.task", "ranking", "'regression', 'binary' or 'multiclass'"),
        ("data.features.temperature.type", "decimal", "'float', 'int', 'bool' or 'category'"),
        ("data.features.temperature.min", "cold", "valid number"),
        ("data.features.temperature.max", float("nan"), "finite number"),
        ("validate", None, "valid dictionary"),
        ("validate.min_rows", 3, "greater than or equal to 10"),
        ("validate.max_missing", 1.5, "less than or equal to 1"),
        ("validate.drift.max_psi", 0, "greater than 0"),
        ("featurize.lags", 7, "valid tuple"),
        ("featurize.entity_as_feature", "maybe", "valid boolean"),
        ("build_dataset.split", "magic", "'time', 'random' or 'group'"),
        ("build_dataset.test_fraction", 0, "greater than 0"),
        ("build_dataset.validation_fraction", 0.95, "less than 0.9"),
        ("tune.trials", "many", "valid integer"),
        ("tune.trials", 0, "greater than or equal to 1"),
        ("tune.sampler", "cmaes", "'tpe', 'random', 'grid' or 'sobol'"),
        ("tune.families", {}, "at least 1 item"),
        (f"{ALPHA}.type", "float", "'double', 'int' or 'categorical'"),
        ("train.seed", 1.5, "valid integer"),
        ("train.seed", -1, "greater than or equal to 0"),
        ("evaluate.slices", "holiday", "valid tuple"),
        ("evaluate.min_slice_rows", 0, "greater than or equal to 1"),
        ("evaluate.seasonal_naive_lag", 0, "greater than or equal to 1"),
        ("promote.margin", 2, "less than or equal to 0.5"),
        ("promote.margin", float("nan"), "finite number"),
        ("promote.baseline_margin", -1, "greater than or equal to 0"),
        ("promote.worst_slice_ratio", 0.5, "greater than or equal to 1"),
        ("promote.onnx_tolerance", 0, "greater than 0"),
        ("promote.onnx_tolerance", float("inf"), "finite number"),
        ("promote.replace_incomparable_champion", "perhaps", "valid boolean"),
    ],
)
def test_a_wrong_value_is_refused_with_path_expectation_and_what_was_got(
    tree, key, value, expected
):
    set_key(tree, key, value)
    said = refusal(tree)
    assert said.startswith(f"params.yaml: {key}: ")
    assert expected in said
    assert f"(got {value!r})" in said


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ({"type": "double"}, "a range of type double needs min and max"),
        ({"type": "int", "min": 1}, "a range of type int needs min and max"),
        ({"type": "int", "min": 1, "max": 3, "list": [1]}, "a range of type int needs min and max"),
        ({"type": "double", "min": 3, "max": 1}, "min 3 must be below max 1"),
        ({"type": "double", "min": 1, "max": 1}, "min 1 must be below max 1"),
        ({"type": "int", "min": 0.5, "max": 3}, "an int range needs whole numbers"),
        ({"type": "int", "min": 1, "max": 9, "step": 0.5}, "an int range needs whole numbers"),
        ({"type": "double", "min": 0, "max": 1, "log": True}, "a log range needs min above 0"),
        (
            {"type": "double", "min": 1, "max": 9, "log": True, "step": 1},
            "a log range needs min above 0 and no step",
        ),
        ({"type": "double", "min": 1, "max": 9, "step": 0}, "greater than 0"),
        ({"type": "categorical"}, "a categorical range has a list and nothing else"),
        ({"type": "categorical", "list": []}, "a categorical range has a list"),
        ({"type": "categorical", "list": ["a"], "min": 0}, "a categorical range has a list"),
    ],
)
def test_an_impossible_range_is_refused(tree, dimension, expected):
    set_key(tree, ALPHA, dimension)
    said = refusal(tree)
    assert said.startswith(f"params.yaml: {ALPHA}")
    assert expected in said


def test_values_of_a_categorical_range_keep_their_types(tree):
    values = [3, 0.5, "sqrt", True]
    set_key(tree, ALPHA, {"type": "categorical", "list": values})
    kept = config.parse_params(tree).tune.families["linear"]["alpha"].list
    assert [(type(item), item) for item in kept] == [(type(item), item) for item in values]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"evaluate.metric": "f1"}, "evaluate.metric: `f1` is not a metric of task regression"),
        (
            {"promote.thresholds.mse": {"max": 1}},
            "promote.thresholds: `mse` is not a metric of task regression, use one of rmse, mae",
        ),
        ({"promote.thresholds.rmse": {}}, "promote.thresholds.rmse: a threshold needs min or max"),
        (
            {"promote.thresholds.rmse": {"min": 3, "max": 1}},
            "promote.thresholds.rmse: min 3 is above max 1",
        ),
        (
            {"build_dataset.test_fraction": 0.6, "build_dataset.validation_fraction": 0.4},
            "build_dataset: test_fraction and validation_fraction leave less than a tenth",
        ),
        (
            {"data.event_timestamp": None, "data.frequency": None},
            "a time split, calendar features and lags need data.event_timestamp",
        ),
        ({"data.frequency": None}, "lags and the seasonal-naive baseline need data.frequency"),
        ({"data.frequency": "daily"}, "data.frequency: `daily` is not a period like 1D, 1h or MS"),
        ({"data.frequency": "-1D"}, "data.frequency: `-1D` is not a period like 1D, 1h or MS"),
        ({"data.frequency": ""}, "data.frequency: `` is not a period like 1D, 1h or MS"),
        (
            {"data.task": "binary", "data.classes": ["no", "yes"]},
            "lags of the target and the seasonal-naive baseline need task regression",
        ),
        ({"data.entities": None}, "featurize.entity_as_feature needs data.entities"),
        (
            {"featurize.calendar": ["week_day"]},
            "featurize.calendar: `week_day` is unknown, use one of hour, weekday, day_of_year, day",
        ),
        ({"data.features.weekday": {"type": "int"}}, "`weekday` is derived and is a column of the"),
        (
            {"data.features.Weekday": {"type": "int"}},
            "`weekday` is derived and is `Weekday`, for DuckDB, a column of the data too",
        ),
        ({"data.features.load_lag_1": {"type": "float"}}, "featurize: `load_lag_1` is derived"),
        ({"data.features.area_key": {"type": "float"}}, "featurize: `area_key` is derived"),
        (
            {"evaluate.slices": ["colour"]},
            "evaluate.slices: `colour` is not a column of the training set, use one of temperature",
        ),
    ],
)
def test_an_impossible_combination_is_refused(tree, changes, expected):
    for key, value in changes.items():
        set_key(tree, key, value)
    assert expected in refusal(tree)


def test_each_section_has_defaults_that_work():
    minimal = {
        "data": {
            "name": "plain",
            "source": "a.csv",
            "target": "y",
            "task": "regression",
            "features": {"x": {"type": "float"}},
        },
        "tune": {"families": {"linear": {}}},
    }
    params = config.parse_params(minimal)
    assert (params.metric, params.build_dataset.split, params.train.seed) == ("rmse", "random", 0)


def test_params_cannot_be_changed(params):
    with pytest.raises(ValueError, match="frozen"):
        params.train.seed = 3


def test_the_projects_own_params_are_accepted():
    params = config.load_params(ROOT / "params.yaml")
    assert params.metric in ("rmse", "mae", "r2", "smape", "log_loss", "roc_auc", "accuracy")


@pytest.mark.parametrize(
    ("override", "found", "value"),
    [
        ("tune.trials=5", lambda params: params.tune.trials, 5),
        ("featurize.lags=[2, 3]", lambda params: params.featurize.lags, (2, 3)),
        ("train.seed=7", lambda params: params.train.seed, 7),
        ("evaluate.metric=mae", lambda params: params.metric, "mae"),
        (
            "promote.thresholds.r2.min=0.5",
            lambda params: params.promote.model_dump()["thresholds"].get("r2"),
            {"min": 0.5, "max": None},
        ),
        (f"{ALPHA}.max=3", lambda params: params.tune.families["linear"]["alpha"].max, 3),
    ],
)
def test_an_override_sets_one_key(tmp_path, tree, override, found, value):
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(tree))
    assert found(config.load_params(path)) != value
    assert found(config.load_params(path, (override,))) == value
    assert yaml.safe_load(path.read_text()) == tree


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("tune.trials", "`tune.trials` is not of the form section.key=value, like tune.trials=5"),
        ("=5", "`=5` is not of the form section.key=value"),
        ("tune.trials=[", "`tune.trials=[`: `[` is not a YAML value like 5 or [1, 7]"),
        ("tune.trials.most=5", "tune.trials.most cannot be set, `trials` is not a section"),
        (
            "tune.tirals=5",
            "--set tune.tirals=5: tune.tirals is not a known key: did you mean `trials`?",
        ),
        (
            "tune.trials=",
            "--set tune.trials=: tune.trials: input should be a valid integer (got None)",
        ),
    ],
)
def test_a_wrong_override_is_refused(tmp_path, tree, override, expected):
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ProjectError) as caught:
        config.load_params(path, (override,))
    assert expected in str(caught.value)


def test_a_faulty_file_is_not_blamed_on_an_override_and_two_overrides_count_together(
    tmp_path, tree
):
    path = tmp_path / "params.yaml"
    both = ("data.task=binary", "data.classes=[a, b]")
    tree["featurize"]["lags"], tree["evaluate"]["seasonal_naive_lag"] = [], None
    path.write_text(yaml.safe_dump(tree))
    assert config.load_params(path, both).data.task == "binary"
    with pytest.raises(ProjectError, match=r"^--set data.task=binary: data: task binary needs 2"):
        config.load_params(path, both[:1])
    set_key(tree, "tune.trails", 5)
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ProjectError, match=r"^params.yaml: tune.trails is not a known key"):
        config.load_params(path, ("train.seed=3",))


def test_a_file_of_the_project_is_named_as_seen_from_it(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("a: [1,\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError, match=r"^params.yaml line 2 is not valid YAML"):
        config.load_params(tmp_path / "params.yaml")
    with pytest.raises(ProjectError, match=r"^other.yaml is missing"):
        yaml_file.read_yaml(tmp_path / "other.yaml")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "params.yaml must hold `key: value` sections, not NoneType"),
        (b"- 1\n- 2\n", "params.yaml must hold `key: value` sections, not list"),
        (b"a: 1\nb: [1,\n", "params.yaml line 3 is not valid YAML: "),
        (b"a: \xff\xfe", "params.yaml is not valid YAML: 'utf-8' codec can't decode"),
        (b"a: !!python/name:os.system x", "params.yaml line 1 is not valid YAML: could not"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(tmp_path, content, expected):
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(ProjectError) as caught:
        config.load_params(path)
    assert expected in str(caught.value)


def test_a_missing_file_says_where_to_run(tmp_path):
    with pytest.raises(ProjectError, match=r"params\.yaml is missing: run the command in the"):
        config.load_params(tmp_path / "params.yaml")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "params.yaml").mkdir()
    with pytest.raises(ProjectError, match=r"params\.yaml cannot be read \(Is a directory\)"):
        config.load_params(tmp_path / "params.yaml")


def test_settings_come_from_the_environment(monkeypatch):
    assert config.Settings().mlflow_tracking_uri == "sqlite:///mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://somewhere:5000")
    assert config.Settings().mlflow_tracking_uri == "http://somewhere:5000"
