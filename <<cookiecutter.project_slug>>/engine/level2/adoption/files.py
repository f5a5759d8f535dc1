"""The files that `adopt` writes: the table's copy, params.yaml, the README's words on them."""

import shutil
from pathlib import Path
from typing import Any

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


def write_params(
    path: Path, tree: dict[str, Any], title: str, beside: dict[str, str]
) -> Path | None:
    """Write params.yaml. Returns where the old one was kept, None if nothing was lost."""
    text, kept = params_text(tree, title, beside), None
    if path.exists() and (old := path.read_text(encoding="utf-8")) != text:
        kept = path.with_name(path.name + ".bak")
        count = 1
        while kept.exists() and kept.read_text(encoding="utf-8") != old:  # never over an older one
            count += 1
            kept = path.with_name(f"{path.name}.bak.{count}")
        write_text(kept, old)
    write_text(path, text)
    return kept


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
