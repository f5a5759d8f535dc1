"""Libraries that MLflow imports and the service never needs stay away, for that import only."""

import importlib
import sys

import pytest

from level2.serving.sources import without


def test_a_hidden_library_is_not_there_for_a_while(tmp_path, monkeypatch):
    (tmp_path / "heavy_library.py").write_text("weight = 10")
    monkeypatch.syspath_prepend(tmp_path)
    with without("heavy_library", "pytest"):
        with pytest.raises(ImportError):
            importlib.import_module("heavy_library")
        assert importlib.import_module("pytest") is pytest, "what is loaded stays"
    assert sys.modules["pytest"] is pytest
    assert importlib.import_module("heavy_library").weight == 10
    monkeypatch.delitem(sys.modules, "heavy_library")
