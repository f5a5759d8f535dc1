"""The same model behind MLServer; it gathers requests into batches itself."""

import pandas as pd
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from scikit_model import load, predict_frame

FEATURES = [f"x{number}" for number in range(20)]


class Model(MLModel):
    """One model, its file under `parameters.uri`."""

    async def load(self) -> bool:
        """Read the file."""
        self._model = load(self.settings.parameters.uri)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """The numbers of a batch."""
        import numpy as np

        rows = NumpyCodec.decode_input(payload.inputs[0])
        found = np.array(predict_frame(self._model, pd.DataFrame(rows, columns=FEATURES)))
        output = NumpyCodec.encode_output("y", found.reshape(-1, 1))
        return InferenceResponse(model_name=self.name, outputs=[output])
