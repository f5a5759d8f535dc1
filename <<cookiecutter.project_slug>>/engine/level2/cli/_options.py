"""Options shared by several commands, and how their texts are parsed."""

import csv
from pathlib import Path
from typing import Annotated

import typer

Overrides = Annotated[
    list[str] | None, typer.Option("--set", "-S", help="Change a setting: tune.trials=5")
]
Experiment = Annotated[str | None, typer.Option(help="Track as an experiment of this name.")]
Version = Annotated[str, typer.Argument(help="Version number, or `champion`.")]
ModelFolder = Annotated[
    Path | None, typer.Option(help="Folder written by `bundle`, instead of the registry.")
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 picks a free one.")]


def names(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list; one that contains a comma is in quotes."""
    lines = csv.reader([text], skipinitialspace=True)
    return tuple(name.strip() for line in lines for name in line if name.strip())
