"""Where the project lies at rest, whose engine is under test."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
PROJECT = Path(__file__).parents[3] / ("<" * 2 + "cookiecutter.project_slug" + ">" * 2)
ENGINE = PROJECT / "engine"
