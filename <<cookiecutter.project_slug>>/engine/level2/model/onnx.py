"""ONNX: export of a fitted pipeline, prediction by ONNX Runtime."""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import ProjectError
from ..data.feature import Feature
from .metrics import Array
from .onnx_targets import conversions

if TYPE_CHECKING:  # the prediction service does without pandas
    import pandas as pd


def export(model: Any, features: Mapping[str, Feature]) -> bytes:
    """Convert a fitted pipeline to ONNX: one input tensor of shape (n, 1) per feature.

    Raises ProjectError for an estimator that skl2onnx cannot convert.
    """
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    inputs = [
        (name, (FloatTensorType if feature.numeric else StringTensorType)([None, 1]))
        for name, feature in features.items()
    ]
    model = _single_precision(model)
    final = model.steps[-1][1]
    options = {id(final): {"zipmap": False}} if hasattr(final, "predict_proba") else None
    try:
        graph = convert_sklearn(
            model, "model", initial_types=inputs, options=options, **conversions()
        )
    except Exception as error:  # its errors share no class of their own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ProjectError(
            f"skl2onnx cannot export {_name(final)} to ONNX, the form in which models are served "
            f"({reason:.160}): choose an estimator that it converts"
        ) from error
    versions = sorted(graph.opset_import, key=lambda item: item.domain)  # skl2onnx leaves set order
    del graph.opset_import[:]
    graph.opset_import.extend(versions)
    return bytes(graph.SerializeToString(deterministic=True))


def _name(model: Any) -> str:
    """The class name of an estimator, or of a pipeline's last step."""
    return type(model.steps[-1][1] if hasattr(model, "steps") else model).__name__


def _single_precision(model: Any) -> Any:
    """A copy whose trees split at float32 numbers, so that float32 rows take the same branch.

    ONNX compares in float32, and skl2onnx rounds a threshold to the nearest: a value close to it
    may then be on its other side. The next lower float32 splits such values the same way.
    """
    model = copy.deepcopy(model)
    for step in getattr(model.steps[-1][1], "_predictors", []):
        for tree in step:
            at = tree.nodes["num_threshold"]
            near = at.astype(np.float32)
            down = np.nextafter(near, np.float32(-np.inf))
            tree.nodes["num_threshold"] = np.where(near > at, down, near)
    return model


class Scorer:
    """A loaded model, single-threaded. Raises ProjectError for invalid bytes.

    `centers` are subtracted from the features they name; without them the features are centred
    already.
    """

    def __init__(self, data: bytes, task: str, centers: Mapping[str, float] | None = None) -> None:
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
        self._centers = dict(centers or {})
        self._single: _Single | None = None

    def __call__(self, columns: Mapping[str, Any]) -> Array:
        """Predictions of shape (n,), or class probabilities (n, k), of one array per feature."""
        feeds = {
            name: np.asarray(self._moved(name, columns[name]), dtype=kind).reshape(-1, 1)
            for name, kind in self.inputs.items()
        }
        return self._shaped(self._session.run(self._outputs, feeds)[0])

    def _moved(self, name: str, values: Any) -> Any:
        center = self._centers.get(name)
        return np.asarray(values, dtype=np.float64) - center if center else values

    def one(self, columns: Mapping[str, list[Any]]) -> Array:
        """The same for one row: one number or text per feature. For one thread only."""
        if self._single is None:
            self._single = _Single(self._session, self.inputs, self._outputs, self._centers)
        return self._shaped(self._single(columns))

    def _shaped(self, found: Any) -> Array:
        values = np.asarray(found, dtype=np.float64)
        return values.reshape(-1) if self._number else values


class _Single:
    """Scores single rows in preallocated arrays: new ones would cost more than a usual model."""

    def __init__(
        self,
        session: Any,
        inputs: Mapping[str, Any],
        outputs: list[str],
        centers: Mapping[str, float],
    ) -> None:
        from onnxruntime import OrtValue

        self._session, self._outputs = session, outputs
        self._names = [name for name, kind in inputs.items() if kind is np.float32]
        self._numbers = np.zeros(len(self._names), np.float32)
        middle = np.array([centers.get(name, 0.0) for name in self._names])
        self._middle = middle if middle.any() else None
        cells = dict(zip(self._names, self._numbers.reshape(-1, 1, 1), strict=True))
        self._texts = {
            name: np.full((1, 1), "", dtype=object) for name in inputs.keys() - cells.keys()
        }
        self._feeds = {**cells, **self._texts}
        self._bound = None if self._texts else session.io_binding()
        if self._bound is not None:  # numbers alone: what is bound once need not be looked at again
            for name, cell in cells.items():  # in memory of the CPU a value is the array itself
                self._bound.bind_ortvalue_input(name, OrtValue.ortvalue_from_numpy(cell))
            self._bound.bind_output(outputs[0])

    def __call__(self, columns: Mapping[str, list[Any]]) -> Any:
        values = [columns[name][0] for name in self._names]
        self._numbers[:] = values if self._middle is None else np.subtract(values, self._middle)
        if self._bound is not None:
            self._session.run_with_iobinding(self._bound)
            return self._bound.copy_outputs_to_cpu()[0]
        for name, cell in self._texts.items():
            cell[0, 0] = columns[name][0]
        return self._session.run(self._outputs, self._feeds)[0]


def predict(data: bytes, task: str, frame: "pd.DataFrame") -> Array:
    """Predictions of shape (n,), or class probabilities (n, k), of a model frame."""
    scorer = Scorer(data, task)
    return scorer({name: frame[name].to_numpy() for name in scorer.inputs})
