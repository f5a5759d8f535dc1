"""The record that a deployment starts from."""

from typing import TypedDict

from .mlflow_sqlite import CHAMPION


class HandOver(TypedDict):
    """artifacts/hand_over.json."""

    registered_model: str
    version: str
    previous: str | None
    alias: str
    model_uri: str
    sha256: str
    image: str | None  # a run on one machine has none


def handed_over(
    name: str,
    version: str,
    sha256: str,
    image: str,
    previous: str | None = None,
    alias: str = CHAMPION,
) -> HandOver:
    """The record that a deployment starts from; `image` is the pipeline's, if it has one."""
    return {
        "registered_model": name,
        "version": version,
        "previous": previous,
        "alias": alias,
        "model_uri": f"models:/{name}/{version}",
        "sha256": sha256,
        "image": image or None,
    }
