"""Feast's declarations, all derived from the data contract in params.yaml."""

from pathlib import Path

from level2.features.feast import declare
from level2.params.config import load_params
from level2.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]

entity, source, view, service = declare(
    load_params(ROOT / "params.yaml"), Workspace.at(ROOT).features
)
