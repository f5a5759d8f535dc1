"""scikit-learn's quick import."""

import subprocess
import sys

import pytest

PROBE = """
import scipy._lib._array_api as home
before = home.xp_capabilities
from level2.base import scikit
{plant}
scikit.load()
import scipy.stats, sklearn.ensemble
print(home.xp_capabilities is before, "Array API" in scipy.stats.pearsonr.__doc__)
"""


def probe(plant=""):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(plant=plant)], capture_output=True, text=True
    )
    return done.stdout.split(), done.stderr


def test_scipy_is_as_it_was_and_its_docstrings_are_plain():
    assert probe() == (["True", "False"], "")


@pytest.mark.slow
def test_a_scipy_that_has_moved_its_own_is_imported_as_ever():
    plant = (
        "from types import SimpleNamespace\n"
        "def gone(name):\n    raise ImportError(name)\n"
        "scikit.importlib = SimpleNamespace(import_module=gone)"
    )
    assert probe(plant) == (["True", "True"], "")
