"""Specifications of pipelines, compared by content instead of notation."""

from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2


def compiled(package: Path) -> tuple[Any, Any]:
    """A compiled file as (pipeline, platform), comparable."""
    documents = list(yaml.safe_load_all(package.read_text(encoding="utf-8")))
    platform = documents[1] if len(documents) > 1 else {}
    return specification({"pipeline_spec": documents[0], "platform_spec": platform})


def compiled_tasks(package: Path) -> frozenset[str]:
    """Names of the tasks of a compiled file that run in pods, whatever group they are in."""
    return tasks(next(yaml.safe_load_all(package.read_text(encoding="utf-8"))))


def tasks(told: Any) -> frozenset[str]:
    """Names of the tasks in a version's specification that run in pods, in any group."""
    tree = told.get("pipeline_spec", told)
    components = tree["components"]
    graphs = [tree["root"], *components.values()]
    every = [item for graph in graphs for item in graph.get("dag", {}).get("tasks", {}).items()]
    return frozenset(
        name for name, task in every if "executorLabel" in components[task["componentRef"]["name"]]
    )


def specification(told: Any) -> tuple[Any, Any]:
    """A version's (pipeline, platform), equal whether or not defaults are written out."""
    told = told or {}
    both = told if "pipeline_spec" in told else {"pipeline_spec": told}
    parse = json_format.ParseDict
    return (
        parse(both["pipeline_spec"], pipeline_spec_pb2.PipelineSpec(), ignore_unknown_fields=True),
        parse(
            both.get("platform_spec") or {},
            pipeline_spec_pb2.PlatformSpec(),
            ignore_unknown_fields=True,
        ),
    )
