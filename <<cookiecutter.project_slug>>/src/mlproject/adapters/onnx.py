"""ONNX: export of a fitted pipeline, prediction by ONNX Runtime."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..core.contract import Feature
from ..core.metrics import Array


def export(model: Any, features: Mapping[str, Feature]) -> bytes:
    """Convert a fitted pipeline to ONNX: one input tensor of shape (n, 1) per feature."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    inputs = [
        (name, (FloatTensorType if feature.numeric else StringTensorType)([None, 1]))
        for name, feature in features.items()
    ]
    final = model.steps[-1][1]
    options = {id(final): {"zipmap": False}} if hasattr(final, "predict_proba") else None
    graph = convert_sklearn(model, "model", initial_types=inputs, options=options)
    versions = sorted(graph.opset_import, key=lambda item: item.domain)  # skl2onnx leaves set order
    del graph.opset_import[:]
    graph.opset_import.extend(versions)
    return bytes(graph.SerializeToString(deterministic=True))


def predict(data: bytes, task: str, frame: pd.DataFrame) -> Array:
    """Predictions of shape (n,), or class probabilities (n, k), single-threaded."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    feeds = {item.name: _tensor(frame[item.name], item.type) for item in session.get_inputs()}
    outputs = session.run(None, feeds)
    values = np.asarray(outputs[0 if task == "regression" else 1], dtype=np.float64)
    return values.reshape(-1) if task == "regression" else values


def _tensor(column: "pd.Series[Any]", kind: str) -> "np.ndarray":
    target = object if "string" in kind else np.float32
    return column.to_numpy(dtype=target).reshape(-1, 1)
