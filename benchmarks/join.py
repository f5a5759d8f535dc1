"""The point-in-time join: point_in_time.py, run by a project's Python."""

import json
import tempfile
from pathlib import Path

from measure import ONE_THREAD, TEMPLATE, Row, environment, project_python, spend


def rows(runs: int) -> list[Row]:
    """CPU seconds of our ASOF store and of Feast's own, each over plain DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "rows.json"
        script = str(Path(__file__).with_name("point_in_time.py"))
        words = [script, "--runs", str(runs), "--output", str(output)]
        paths = {"PYTHONPATH": str(TEMPLATE / "engine")}
        variables = environment(Path(folder), **ONE_THREAD, **paths)
        spend([str(project_python()), *words], Path(folder), variables)
        found: list[Row] = json.loads(output.read_text(encoding="utf-8"))
    return found
