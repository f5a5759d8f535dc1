"""ONNX: export of a fitted pipeline, prediction by ONNX Runtime."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.contract import Feature
from ..core.metrics import Array
from ..errors import ProjectError

if TYPE_CHECKING:  # the prediction service does without pandas
    import pandas as pd


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


class Scorer:
    """A loaded model, single-threaded. Raises ProjectError for bytes that are none."""

    def __init__(self, data: bytes, task: str) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors share no class of their own
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ProjectError(f"ONNX Runtime cannot load the model ({reason:.120})") from error
        self._number = task == "regression"
        self._outputs = [self._session.get_outputs()[0 if self._number else 1].name]
        self.inputs = {
            item.name: object if "string" in item.type else np.float32
            for item in self._session.get_inputs()
        }

    def __call__(self, columns: Mapping[str, Any]) -> Array:
        """Predictions of shape (n,), or class probabilities (n, k), of one array per feature."""
        feeds = {
            name: np.asarray(columns[name], dtype=kind).reshape(-1, 1)
            for name, kind in self.inputs.items()
        }
        values = np.asarray(self._session.run(self._outputs, feeds)[0], dtype=np.float64)
        return values.reshape(-1) if self._number else values


def predict(data: bytes, task: str, frame: "pd.DataFrame") -> Array:
    """Predictions of shape (n,), or class probabilities (n, k), of a model frame."""
    scorer = Scorer(data, task)
    return scorer({name: frame[name].to_numpy() for name in scorer.inputs})
