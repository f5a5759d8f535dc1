"""Small models as a folder that is served, without a loop: one for each task."""

from level2.data.contract import DataContract
from level2.model import artifact, estimators, onnx
from level2.model.serving_record import serving_record

CLASSES = {
    "regression": (),
    "binary": ("no", "yes"),
    "multiclass": ("low", "middle", "high"),
}


def bundle(folder, task, features, frame, truth, version="1", family="linear", **serving):
    """Train and save; `serving` changes what the record says to the service."""
    folder.mkdir()
    classes = CLASSES[task]
    contract = DataContract.model_validate(
        {
            "name": f"small-{task}",
            "source": "small.csv",
            "entity": "shop",
            "entities": ["north", "south"],
            "target": "price",
            "unit": "" if classes else "EUR",
            "task": task,
            "classes": classes or None,
            "features": {name: item.model_dump() for name, item in features.items()},
        }
    )
    model = estimators.build(family, task, features, {}, 0).fit(frame, truth)
    record = {
        "family": family,
        "target": "price",
        "task": task,
        "classes": list(classes) or None,
        "features": {name: item.model_dump(mode="json") for name, item in features.items()},
        "registered": {"name": contract.name, "version": version},
        "serving": serving_record(contract, features, frame, truth, {}, None) | serving,
    }
    artifact.save(folder, {"model.onnx": onnx.export(model, features)}, record)
    return folder
