"""`loop-demo`: the loop, from drift to a better champion, in a temporary folder."""

from pathlib import Path


def loop_demo() -> None:
    """Show the loop on the sample: serve, log, drift, monitor, decide, retrain, promote, reload."""
    from . import _demo

    _demo.show(Path.cwd())
