"""`adopt`: replace the sample with the user's table; writes its contract and stores its file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from ..base.files import shown
from ..data.canonical import canonical
from ..data.dialects import DELIMITERS, delimiter
from ..data.tables import read_raw
from ..data.unpack import TEXTS, plain
from ..params.config import parse_params
from ..reports.training.markdown_text import span
from ..training.leakage import find_leakage
from . import listing
from .codes import hints
from .columns import Decision
from .files import describe, forget_sources, keep_table, plain_name, write_params
from .infer import infer
from .looking_ahead import LookingAhead, looking_ahead
from .reading import Reading
from .refusal import listed, refusal


def adopt(
    root: Path,
    data_path: Path,
    target: str,
    entity: str | None,
    timestamp: Sequence[str] | None,
    task: str | None,
    exclude: Sequence[str],
    allow_leakage: Sequence[str],
    console_print: Callable[[str], None],
    track: Callable[[Path], None] = lambda _: None,
    *,
    pattern: str | None = None,
    split: str | None = None,
    by: str | None = None,
    reading: Reading | None = None,
    ahead: LookingAhead | None = None,
) -> list[Decision]:
    """Infer the contract of a table, check it on the table, copy the file, write params.yaml.

    `track` is called with the copied file; `reading` resolves ambiguities, `ahead` asks for a
    horizon. Nothing is written if anything is wrong with the table. Prints and returns the
    decisions. Raises ProjectError.
    """
    words, when = reading or Reading(), tuple(timestamp or ())
    with plain(data_path) as file:
        raw = read_raw(file, words.mark)
        mark = delimiter(file, words.mark) if file.suffix.lower() in TEXTS else None
        tree, decisions = infer(
            raw,
            target,
            entity,
            when,
            task,
            exclude,
            str(shown(data_path.absolute())),
            pattern=pattern,
            split=split,
            by=by,
            missing=words.missing,
            decimal=words.decimal,
            delimiter=mark,
        )
        each = len(raw) // max(1, len(tree["data"].get("entities", [])))
        decisions = looking_ahead(tree, decisions, ahead or LookingAhead(), each)
        decisions = _file(data_path, file, mark) + decisions
        tree["data"]["allow_leakage"] = _waived(tree["data"], allow_leakage)
        table = canonical(raw, (checked := parse_params(tree)).data, checked.validate_.max_missing)
        rows = len(raw)
        del raw
        leaks = find_leakage(table, checked.data, checked.validate_.single_feature_score)
        if leaks:
            given = {"DATA": str(data_path), "TARGET": target, "ENTITY": entity or ""}
            given |= {"TIMESTAMP": listed(when), "FORMAT": pattern or "", "SPLIT": split or ""}
            given |= {"BY": by or "", "TASK": task or "", **words.given()}
            given |= {"EXCLUDE": listed(exclude), **(ahead or LookingAhead()).given()}
            raise ProjectError(refusal(leaks, checked, given, allow_leakage))
        for line in listing.lines(decisions):
            console_print(line)
        copied = keep_table(root, file, plain_name(data_path, file))
    track(copied)
    tree["data"]["source"] = copied.relative_to(root).as_posix()
    title = " ".join(f"Predicts {target} from {data_path.name} ({rows:,} rows).".split())
    beside = hints(tree["data"].get("rename", {}), decisions)
    kept = write_params(root / "params.yaml", tree, title, beside)
    forget_sources(root / "dvc.yaml")
    if kept is not None:
        console_print(
            f" {'params.yaml':<24} written; the old one is {kept.name}, which git ignores"
        )
    describe(
        root / "README.md",
        predicts=f"Predicts {span(target)} from {span(data_path.name)} ({rows:,} rows).",
        sample=f"The data are {span(data_path.name)}: `make adopt` brought them into `data/raw`.",
    )
    return decisions


def _file(path: Path, file: Path, mark: str | None) -> list[Decision]:
    """What was understood about the file itself, if it is not simply comma-separated."""
    found = []
    if file != path:
        kept = f"data/raw/{plain_name(path, file)}"
        found.append(Decision("", f"unpacked from {path.suffix.lower()}", f"kept as {kept}"))
    if mark is not None and mark != ",":
        found.append(Decision("", "values", f"separated by {DELIMITERS[mark]}"))
    return found


def _waived(data: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Names in the contract of the waived columns of the file."""
    waived = [data.get("rename", {}).get(name, name) for name in names]
    for name, known in zip(names, waived, strict=True):
        if known not in data["features"]:
            raise ProjectError(
                f"ALLOW_LEAKAGE={name} is not a feature of the table: "
                f"they are {', '.join(list(data['features'])[:12])}"
            )
    return waived
