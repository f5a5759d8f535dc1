"""Read a compiled pipeline and find what the compiler and the server let pass: dangling names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

import level2
from layout import PROJECT

PACKAGE = level2.__name__
ROOT = PROJECT
IMAGE = "registry.example/team/small@sha256:" + "a" * 64
Tree = dict[str, Any]


class Ir(NamedTuple):
    """The two documents of the file."""

    pipeline: Tree
    platform: Tree


def read(path: Path) -> Ir:
    pipeline, platform = yaml.safe_load_all(path.read_text())
    return Ir(pipeline, platform["platforms"]["kubernetes"])


def graphs(ir: Ir) -> dict[str, Tree]:
    """Every component that is a graph, by name; the pipeline itself is `root`."""
    found = {name: item for name, item in ir.pipeline["components"].items() if "dag" in item}
    return {"root": ir.pipeline["root"], **found}


def tasks(ir: Ir) -> dict[str, Tree]:
    """Every task that runs an executor, by name."""
    components = ir.pipeline["components"]
    return {
        name: task
        for graph in graphs(ir).values()
        for name, task in graph["dag"]["tasks"].items()
        if "executorLabel" in components[task["componentRef"]["name"]]
    }


def names(component: Tree, side: str) -> set[str]:
    """Parameters and artifacts of a component's inputs or outputs."""
    found = component.get(f"{side}Definitions", {})
    return {*found.get("parameters", {}), *found.get("artifacts", {})}


def lint(ir: Ir) -> list[str]:
    """What refers to nothing, and what nothing refers to."""
    components = ir.pipeline["components"]
    executors = set(ir.pipeline["deploymentSpec"]["executors"])
    used = {item["executorLabel"] for item in components.values() if "executorLabel" in item}
    pods = set(ir.platform["deploymentSpec"]["executors"])
    found = [f"executor {name} is used by no component" for name in executors - used]
    found += [f"executor {name} is not there" for name in used - executors]
    found += [f"executor {name} has no pod settings" for name in executors - pods]
    found += [f"pod settings of {name}, which is not there" for name in pods - executors]
    called = set()
    for name, graph in graphs(ir).items():
        for task_name, task in graph["dag"]["tasks"].items():
            called.add(task["componentRef"]["name"])
            found += [f"{name}/{task_name}: {text}" for text in _task(components, graph, task)]
        found += [f"{name}: {text}" for text in _outputs(components, graph)]
    found += [f"component {name} is in no graph" for name in set(components) - called]
    return sorted(found)


def _task(components: Tree, graph: Tree, task: Tree) -> Iterator[str]:
    component = components.get(task["componentRef"]["name"])
    if component is None:
        yield f"component {task['componentRef']['name']} is not there"
        return
    for name in task.get("dependentTasks", ()):
        if name not in graph["dag"]["tasks"]:
            yield f"waits for {name}, which is not there"
    inputs = task.get("inputs", {})
    given = {**inputs.get("parameters", {}), **inputs.get("artifacts", {})}
    turns = {task.get("parameterIterator", {}).get("itemInput")}  # given by the loop itself
    for name, source in given.items():
        yield from _source(components, graph, source)
        if name not in names(component, "input"):
            yield f"input {name} is not asked for"
    for kind in ("parameters", "artifacts"):
        for name, item in component.get("inputDefinitions", {}).get(kind, {}).items():
            if name not in {*given, *turns} and not item.get("isOptional"):
                yield f"input {name} is not given"


def _source(components: Tree, graph: Tree, source: Tree) -> Iterator[str]:
    """One input of a task: a constant, an input of the graph, or an output of a peer."""
    for key in ("componentInputParameter", "componentInputArtifact"):
        if key in source and source[key] not in names(graph, "input"):
            yield f"reads {source[key]}, which the graph does not have"
    for key, field in (("taskOutputParameter", "Parameter"), ("taskOutputArtifact", "Artifact")):
        if key in source:
            wanted = source[key][f"output{field}Key"]
            yield from _output(components, graph, source[key]["producerTask"], wanted)
    producer = source.get("taskFinalStatus", {}).get("producerTask")
    if producer is not None and producer not in graph["dag"]["tasks"]:
        yield f"reads the status of {producer}, which is not there"


def _output(components: Tree, graph: Tree, producer: str, key: str) -> Iterator[str]:
    task = graph["dag"]["tasks"].get(producer)
    if task is None:
        yield f"reads from {producer}, which is not there"
    elif key not in names(components.get(task["componentRef"]["name"], {}), "output"):
        yield f"reads {key} of {producer}, which has no such output"


def _outputs(components: Tree, graph: Tree) -> Iterator[str]:
    """What a graph hands out."""
    given = graph["dag"].get("outputs", {})
    for item in given.get("parameters", {}).values():
        one = item.get("valueFromParameter")
        for source in [one] if one else item["valueFromOneof"]["parameterSelectors"]:
            wanted = source["outputParameterKey"]
            yield from _output(components, graph, source["producerSubtask"], wanted)
    for item in given.get("artifacts", {}).values():
        for source in item["artifactSelectors"]:
            wanted = source["outputArtifactKey"]
            yield from _output(components, graph, source["producerSubtask"], wanted)
