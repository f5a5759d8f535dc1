"""What a step returns is what the next one of the same process works with."""

import json

import pytest
import yaml

from level2.base.errors import ProjectError
from level2.base.files import write_record
from level2.params.config import load_params
from level2.project import Context
from level2.training import graph, loop
from level2.training.run_loop import summarize
from level2.workspace import Workspace


@pytest.fixture
def project(prepared, tree, table):
    path = prepared.workspace.root / "params.yaml"
    path.write_text(yaml.safe_dump(tree | {"evaluate": {"origins": 1}}, sort_keys=False))
    context = Context(load_params(path), Workspace.at(path.parent))
    table.to_parquet(context.workspace.ingested, index=False)
    source = context.workspace.source(context.params)
    source.parent.mkdir(parents=True)
    table.to_csv(source, index=False)
    return context


@pytest.mark.parametrize("step", graph.STEPS, ids=lambda step: step.name)
def test_records_are_declared_among_what_steps_read_and_write(step):
    before = [item.record for item in graph.STEPS[: graph.STEPS.index(step)]]
    assert set(step.takes) <= set(step.inputs) & set(before)
    assert {"evaluation", "decision"} & {*step.inputs} <= {*step.takes}
    assert not step.record or step.record in step.outputs


@pytest.mark.slow
def test_no_step_reads_back_what_one_before_it_returned(project):
    """Whoever opened the files between two steps would stumble."""
    workspace, kept = project.workspace, {}

    def spoil(_number, name, _detail, _seconds):
        for record in {"evaluate": ["evaluation", "tuning"], "promote": ["decision"]}.get(name, ()):
            kept[record] = json.loads(getattr(workspace, record).read_text())
            getattr(workspace, record).write_text("{")

    records = loop.run_steps(project, graph.STEPS[4:], None, spoil)
    assert records == kept
    assert workspace.report_page.exists()
    screen = Lines()
    assert summarize(project, screen, records) == kept["decision"]
    assert any(f"({kept['decision']['verdict']})" in line for line in screen.said)
    with pytest.raises(ProjectError, match=r"evaluation\.json cannot be read"):
        summarize(project, screen, {})


class Lines:
    """A screen that keeps what it is told."""

    def __init__(self):
        self.said = []

    def say(self, text="", *_):
        self.said.append(text)

    def rows(self, *_):
        pass

    def said_of(self, *words):
        self.said.append(" ".join(words[:2]))


def test_a_record_is_returned_as_its_file_reads(tmp_path):
    path = tmp_path / "record.json"
    found = write_record(path, {"b": float("nan"), "a": (1, 2.5)})
    assert found == json.loads(path.read_text()) == {"a": [1, 2.5], "b": None}
    assert list(found) == ["a", "b"]
