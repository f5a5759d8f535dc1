"""The files that `adopt` writes: the table's copy, params.yaml, the README's words on them."""

import re
import shutil
from pathlib import Path
from typing import Any

from ..base import yaml_text
from ..base.errors import ProjectError
from ..base.files import atomic, digest, shown, write_text
from .params_text import params_text


def keep_table(root: Path, path: Path, name: str) -> Path:
    """Copy the file to data/raw, unless it is already there."""
    kept = root / "data" / "raw" / name
    if kept.exists() and (kept.samefile(path) or digest(kept) == digest(path)):
        return kept
    if kept.exists() and not kept.with_name(kept.name + ".dvc").exists():
        raise ProjectError(
            f"{shown(kept)} is another table that DVC does not track yet: "
            f"rename one of the two files, or run `dvc add {kept.relative_to(root)}` first"
        )
    with atomic(kept) as temporary:
        shutil.copyfile(path, temporary)
    return kept


def plain_name(path: Path, file: Path) -> str:
    """The name of the plain table in data/raw: `sales.csv` for `sales.csv.gz`."""
    name = path.name
    if file != path:
        stem = name[: -len(path.suffix)]
        name = stem if stem.lower().endswith(file.suffix) else stem + file.suffix
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)


def write_params(
    path: Path, tree: dict[str, Any], title: str, beside: dict[str, str]
) -> Path | None:
    """Write params.yaml. Returns where the old one was kept, None if nothing was lost."""
    return _replaced(path, params_text(tree, title, beside))


def _replaced(path: Path, text: str) -> Path | None:
    """Write a text; where the old one was kept, None if there was none or it is the same."""
    kept = None
    if path.exists() and (old := path.read_text(encoding="utf-8")) != text:
        kept = path.with_name(path.name + ".bak")
        count = 1
        while kept.exists() and kept.read_text(encoding="utf-8") != old:  # never over an older one
            count += 1
            kept = path.with_name(f"{path.name}.bak.{count}")
        write_text(kept, old)
    write_text(path, text)
    return kept


def add_to_params(path: Path, name: str, entry: dict[str, Any], features: dict[str, Any]) -> Path:
    """Add a source and its features to params.yaml, keeping its comments.

    Returns where the old file was kept.
    """
    text = yaml_text.added(
        path.read_text(encoding="utf-8"),
        {("data", "sources"): {name: entry}, ("data", "features"): features},
        before=("data", "features"),
    )
    return _replaced(path, text) or path


def depend(path: Path, file: str) -> str:
    """Name a further file among what DVC's first stages read; a phrase about it."""
    mark, line = '      - "${data.source}"\n', f'      - "{file}"\n'
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if line in text:
        return f"names {file} already"
    if mark not in text:
        return f"was changed by hand: add {file} to the deps of ingest and featurize yourself"
    head, _, rest = text.partition(mark)
    stage, found, after = rest.partition(
        "  featurize:\n    cmd: python -m level2 featurize\n    deps:\n"
    )
    write_text(path, head + mark + line + stage + found + (line if found else "") + after)
    return f"ingest and featurize read {file}"


def forget_sources(path: Path) -> None:
    """Take the further tables of the contract before out of DVC's stages.

    DVC reads no stage of a file that names a key params.yaml does not have.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    left = re.sub(r' +- "\$\{data\.sources\.\w+\.path\}"\n', "", text)
    if left != text:
        write_text(path, left)


def describe(path: Path, **blocks: str) -> None:
    """Update the README: each block between its two marks, like `<!-- predicts -->`.

    A block whose marks are gone is left out: the page is the team's.
    """
    old = text = path.read_text(encoding="utf-8") if path.exists() else ""
    for name, line in blocks.items():
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"\n<!-- /{name} -->")
        if end:
            text = f"{before}{start}{line}{end}{after}"
    if text != old:
        write_text(path, text)
