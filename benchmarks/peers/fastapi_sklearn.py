"""The same scikit-learn model behind FastAPI, as it is usually written."""

import sys

import pandas as pd
from fastapi import FastAPI
from fastapi_schema import FEATURES, Answer, Body, answer, run
from scikit_model import load, predict_frame

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
model = load(sys.argv[2])


@app.post("/predict")
async def predict(body: Body) -> Answer:
    """The model's number for each row."""
    frame = pd.DataFrame([row.model_dump() for row in body.rows], columns=FEATURES)
    return answer(predict_frame(model, frame))


if __name__ == "__main__":
    run(app)
