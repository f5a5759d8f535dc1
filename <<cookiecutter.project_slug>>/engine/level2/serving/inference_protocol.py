"""Open Inference Protocol, version 2: tensors by name into rows, predictions into tensors."""

from typing import Any

from ..data.feature import Feature
from ..data.requests import RequestError, shown
from ..model.metrics import Array
from .model import Served
from .request_limits import check_rows

THRESHOLD = "threshold"
_TYPES = {"float": "FP32", "int": "INT64", "bool": "BOOL", "category": "BYTES"}
_INTEGERS = {f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)}
_ACCEPTED = {
    "float": {"FP16", "FP32", "FP64", *_INTEGERS},
    "int": {"FP32", "FP64", *_INTEGERS},
    "bool": {"BOOL"},
    "category": {"BYTES"},
}


def metadata(served: Served) -> dict[str, Any]:
    """The response of /v2/models/NAME."""
    inputs = [
        {"name": name, "datatype": _TYPES[item.type], "shape": [-1, 1]}
        for name, item in served.features.items()
    ]
    return {
        "name": served.stamp.name,
        "versions": [served.stamp.version],
        "platform": "onnxruntime_onnx",
        "inputs": inputs,
        "outputs": [
            {"name": name, "datatype": kind, "shape": shape}
            for name, (kind, shape) in _outputs(served).items()
        ],
    }


def rows(served: Served, payload: Any, limit: int) -> list[dict[str, Any]]:
    """One row per index of the tensors. Raises RequestError."""
    inputs = payload.get("inputs") if type(payload) is dict else None
    if type(inputs) is not list or not all(type(item) is dict for item in inputs):
        raise RequestError("give an object with `inputs`, a list of tensors", field="inputs")
    names = [item.get("name") for item in inputs]
    for name in names:
        if type(name) is not str or name not in served.features or names.count(name) > 1:
            raise RequestError(
                f"inputs: {shown(name)} is unknown or given twice: give each of "
                f"{', '.join(served.features)} once",
                field="inputs",
            )
    tensors = {item["name"]: _flat(item, served.features[item["name"]]) for item in inputs}
    lengths = {name: len(values) for name, values in tensors.items()}
    told = ", ".join(f"{name} {length}" for name, length in lengths.items())
    problem = f"inputs have rows: {told or 'none'}; give all the same number,"
    check_rows(max(lengths.values(), default=0), limit, "inputs", problem)
    if len(set(lengths.values())) != 1:
        raise RequestError(f"{problem} 1 to {limit:,}", field="inputs")
    return [dict(zip(tensors, row, strict=True)) for row in zip(*tensors.values(), strict=True)]


def _flat(item: dict[str, Any], feature: Feature) -> list[Any]:
    """The values of a tensor of shape [n] or [n, 1]. Raises RequestError."""
    name, kind, shape, data = (
        item["name"],
        item.get("datatype"),
        item.get("shape"),
        item.get("data"),
    )
    if type(kind) is not str or kind not in _ACCEPTED[feature.type]:
        raise RequestError(
            f"inputs.{name}: datatype {shown(kind)} does not fit, send {_TYPES[feature.type]}",
            field=name,
        )
    if type(data) is not list:
        raise RequestError(f"inputs.{name}: data is {shown(data)}, give a list", field=name)
    flat = [value[0] if type(value) is list and len(value) == 1 else value for value in data]
    if shape not in ([len(flat)], [len(flat), 1]):
        raise RequestError(
            f"inputs.{name}: the shape does not fit {len(flat)} values, send [{len(flat)}, 1]",
            field=name,
        )
    return flat


def answer(
    served: Served, request: str, outputs: list[str], found: Array, answers: list[Any]
) -> dict[str, Any]:
    """The response to an inference request, with the requested outputs."""
    known = _outputs(served)
    data = {served.target: [item["label"] for item in answers]} if served.classes else {}
    if served.cut:
        data[THRESHOLD] = [served.cut.at] * len(answers)
    data |= {"probabilities" if served.classes else served.target: found.reshape(-1).tolist()}
    return {
        "model_name": served.stamp.name,
        "model_version": served.stamp.version,
        "id": request,
        "outputs": [
            {
                "name": name,
                "datatype": known[name][0],
                "shape": [len(answers), *known[name][1][1:]],
                "data": data[name],
                **_parameters(served, name),
            }
            for name in outputs
        ],
    }


def wanted(served: Served, outputs: Any) -> list[str]:
    """Names of the requested outputs, all by default. Raises RequestError."""
    known = _outputs(served)
    if outputs is None:
        return list(known)
    names: list[str] = []
    for item in outputs if type(outputs) is list else [outputs]:
        name = item.get("name") if type(item) is dict else item
        if type(name) is not str or name not in known or name in names:
            raise RequestError(
                f"outputs: {shown(name)} is unknown or given twice, there are {', '.join(known)}",
                field="outputs",
            )
        names.append(name)
    return names


def identity(payload: dict[str, Any]) -> str:
    """The request's own id, empty if there is none. Raises RequestError."""
    given = payload.get("id", "")
    if type(given) is not str or len(given) > 64 or not (given == "" or given.isprintable()):
        raise RequestError("id is not a text of up to 64 printable characters", field="id")
    return given


def _outputs(served: Served) -> dict[str, tuple[str, list[int]]]:
    """Name, datatype and shape of the model's outputs."""
    if not served.classes:
        return {served.target: ("FP64", [-1])}
    found = {
        served.target: ("BYTES", [-1]),
        "probabilities": ("FP64", [-1, len(served.classes)]),
    }
    return {**found, THRESHOLD: ("FP64", [-1])} if served.cut else found


def _parameters(served: Served, name: str) -> dict[str, Any]:
    """The class of the threshold."""
    if name != THRESHOLD or served.cut is None:
        return {}
    return {"parameters": {"class": served.classes[served.cut.code]}}
