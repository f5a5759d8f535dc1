"""Run the measures, print one table, write results.json: python benchmarks/run.py [--only NAME]."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import first_model
import first_task
import generation
import images
import join
import memory
import pipeline
import pull_request
import serving
import trials
import watch
import whole_loop
from measure import MeasureError, Row, say

RESULTS = Path(__file__).with_name("results.json")
MEASURES = {
    "generation": generation.rows,
    "whole_loop": whole_loop.rows,
    "first_model": first_model.rows,
    "first_task": first_task.rows,
    "images": images.rows,
    "join": join.rows,
    "memory": memory.rows,
    "pipeline": pipeline.rows,
    "pull_request": pull_request.rows,
    "serving": serving.rows,
    "trials": trials.rows,
    "watch": watch.rows,
}
WIDTHS = (51, 9, 10, 5, 7, 6, 6)  # 100 columns with the gaps between


def main() -> int:
    """Measure. Returns 1 where a measure could not be had; a goal not met is no failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=MEASURES, help="one measure, keeping the others' rows")
    parser.add_argument("--runs", type=int, default=5, help="runs behind each median")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    known = json.loads(RESULTS.read_text()) if options.only and RESULTS.exists() else []
    table: dict[str, Row] = {row["name"]: row for row in known}
    failures = []
    for name in [options.only] if options.only else MEASURES:
        say(name)
        try:
            table |= {row["name"]: row for row in MEASURES[name](options.runs)}
        except (MeasureError, OSError) as error:
            failures.append(f" stopped: {name}: {error}")
    write(list(table.values()))
    show(list(table.values()), load)
    for failure in failures:
        print(failure, file=sys.stderr)
    return bool(failures)


def write(rows: list[Row]) -> None:
    """Write results.json whole or not at all."""
    temporary = RESULTS.with_suffix(".tmp")
    temporary.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    temporary.replace(RESULTS)


def show(rows: list[Row], load: float) -> None:
    """Print the table and the conditions it was made in."""
    line("", "ours", "reference", "unit", "ratio", "goal", "met")
    for row in rows:
        sign = "≥" if row.get("at_least") else ""
        goal = "-" if row["goal"] is None else f"{sign}{row['goal']:.3g}"
        met = {None: "-", True: "yes", False: "NO"}[row["met"]]
        numbers = number(row["ours"]), number(row["reference"])
        line(row["name"], *numbers, row["unit"].split()[0], f"{row['ratio']:.2f}", goal, met)
    print(f"\nload average at the start {load:.1f} on {os.cpu_count()} cores; one thread each for")
    print("OpenMP and BLAS (OMP_NUM_THREADS=OPENBLAS_NUM_THREADS=MKL_NUM_THREADS=1)")


def line(name: str, *cells: str) -> None:
    """Print one line: the name left, everything else right."""
    rest = (cell.rjust(width) for cell, width in zip(cells, WIDTHS[1:], strict=True))
    print(f"{name[: WIDTHS[0]].ljust(WIDTHS[0])}{''.join(rest)}")


def number(value: Any) -> str:
    """Write three figures that matter."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
