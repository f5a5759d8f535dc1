"""Feast's declarations, all derived from the data contract in params.yaml."""

from pathlib import Path

from mlproject.adapters.feast import declare
from mlproject.config import load_params
from mlproject.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]

entity, source, view, service = declare(
    load_params(ROOT / "params.yaml"), Workspace.at(ROOT).features
)
