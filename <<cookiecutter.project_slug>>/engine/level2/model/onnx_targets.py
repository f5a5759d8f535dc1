"""scikit-learn's TargetEncoder in ONNX, also for classes: a category's index, then its row.

skl2onnx converts it for numbers and two classes only.
"""

from typing import Any

import numpy as np


def conversions() -> dict[str, Any]:
    """Options of `convert_sklearn` that convert target encoders."""
    from sklearn.preprocessing import TargetEncoder

    return {
        "custom_shape_calculators": {TargetEncoder: _shape},
        "custom_conversion_functions": {TargetEncoder: _convert},
    }


def _width(encoder: Any) -> int:
    """Number of columns for one category."""
    return len(encoder.encodings_) // len(encoder.categories_)


def _shape(operator: Any) -> None:
    from skl2onnx.common.data_types import FloatTensorType

    encoder = operator.raw_operator
    columns = _width(encoder) * len(encoder.categories_)
    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].type = FloatTensorType([rows, columns])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.common._apply_operation import apply_concat

    encoder, width = operator.raw_operator, _width(operator.raw_operator)
    columns = [
        (variable.onnx_name, place, variable.get_second_dimension())
        for variable in operator.inputs
        for place in range(variable.get_second_dimension())
    ]
    means = np.ravel(encoder.target_mean_)
    found = []
    for number, (column, categories) in enumerate(zip(columns, encoder.categories_, strict=True)):
        encodings = encoder.encodings_[number * width : (number + 1) * width]
        table = np.vstack([np.column_stack(encodings), means]).astype(np.float32)
        texts = _column(scope, container, *column)
        found.append(_looked_up(scope, container, texts, categories, table))
    apply_concat(scope, found, operator.output_full_names, container, axis=1)


def _column(scope: Any, container: Any, name: str, place: int, width: int) -> str:
    """One column of texts, of shape (n, 1)."""
    if width == 1:
        return name
    index, out = scope.get_unique_variable_name("place"), scope.get_unique_variable_name("texts")
    container.add_initializer(index, 7, [1], [place])  # 7 is INT64
    container.add_node(
        "Gather", [name, index], out, name=scope.get_unique_operator_name("Gather"), axis=1
    )
    return str(out)


def _looked_up(scope: Any, container: Any, texts: str, categories: Any, table: Any) -> str:
    """Rows of `table` by category; the last one is for all other texts."""
    numbers, flat = (scope.get_unique_variable_name(name) for name in ("number", "flat"))
    shape, rows = (scope.get_unique_variable_name(name) for name in ("shape", "encodings"))
    out = scope.get_unique_variable_name("encoded")
    container.add_node(
        "LabelEncoder",
        [texts],
        numbers,
        op_domain="ai.onnx.ml",
        op_version=2,
        name=scope.get_unique_operator_name("LabelEncoder"),
        keys_strings=[str(item).encode() for item in categories],
        values_int64s=[*range(len(categories))],
        default_int64=len(categories),
    )
    container.add_initializer(shape, 7, [1], [-1])
    container.add_initializer(rows, 1, list(table.shape), table.ravel().tolist())  # 1 is FLOAT
    for kind, given, made in (("Reshape", [numbers, shape], flat), ("Gather", [rows, flat], out)):
        container.add_node(kind, given, made, name=scope.get_unique_operator_name(kind))
    return str(out)
