"""What a command does with a promoted model beside serving it."""

from pathlib import Path

from .champions import reader
from .config import load_params
from .console import Screen
from .errors import ProjectError
from .known_past import KnownPast
from .serving.sources import Champion, Folder, Source
from .steps import bundle as bundle_step
from .steps import predict as predict_step
from .workspace import Context, Workspace


def bundle(root: Path, output: Path, number: str, record: Path | None, image: str) -> None:
    """Write a version as a folder and say so."""
    if image and record is None:
        raise ProjectError("--image is written into the record: name its file with --record")
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    Screen(0).say(f" bundle    {bundle_step.run(context, output, number, record, image)}")


def predict(root: Path, table: Path, output: Path, folder: Path | None) -> None:
    """Predict every row of a table and say so."""
    file = root / "params.yaml"
    params = load_params(file) if folder is None or file.is_file() else None
    if folder is not None:
        source: Source = Folder(folder)
    else:
        context = Context(params or load_params(file), Workspace.at(root))
        source = Champion(reader(context), context.params.data.name)
    markers = params.data.missing_markers if params else ()
    served = source.load(source.current())
    past = KnownPast(Workspace.at(root).ingested)
    Screen(0).say(f" predict   {predict_step.run(served, table, output, markers, past)}")
