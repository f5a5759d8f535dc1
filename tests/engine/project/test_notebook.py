"""The notebook calls the project's functions and holds no logic of its own, nor old outputs."""

import ast
import json

from layout import PROJECT

CELLS = [
    cell
    for cell in json.loads((PROJECT / "notebooks" / "explore.ipynb").read_text(encoding="utf-8"))[
        "cells"
    ]
    if cell["cell_type"] == "code"
]


def test_it_defines_nothing():
    tree = ast.parse("\n".join("".join(cell["source"]) for cell in CELLS))
    logic = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for node in ast.walk(tree) if isinstance(node, logic)]


def test_it_calls_the_package():
    sources = "".join("".join(cell["source"]) for cell in CELLS)
    assert sources.count("from level2.") >= 5


def test_it_carries_no_outputs():
    assert not [cell for cell in CELLS if cell["outputs"] or cell["execution_count"]]
