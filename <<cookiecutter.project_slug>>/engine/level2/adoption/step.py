"""`adopt`: replace the sample with the user's table; writes its contract and stores its file."""

import csv
import io
import re
import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..base.errors import ProjectError
from ..base.files import atomic, digest, shown, write_text
from ..data.canonical import canonical
from ..data.dialects import DELIMITERS, WORDS, delimiter
from ..data.tables import read_raw
from ..data.unpack import TEXTS, plain
from ..params.config import Params, parse_params
from ..reports.training.markdown_text import span
from ..training.leakage import advice, find_leakage
from ..training.leakage_sums import Leak
from . import listing
from .codes import hints
from .columns import Decision
from .infer import infer
from .params_text import params_text


class Reading(NamedTuple):
    """How to read the file: words for missing, decimal mark, delimiter."""

    missing: tuple[str, ...] = ()
    decimal: str | None = None
    delimiter: str | None = None

    @property
    def mark(self) -> str | None:
        """The delimiter itself. Raises ProjectError for an unknown one."""
        names = {word: mark for mark, word in WORDS.items()} | {mark: mark for mark in WORDS}
        if self.delimiter and self.delimiter not in names:
            raise ProjectError(
                f"DELIMITER={self.delimiter} is not known, use comma, semicolon, tab or bar"
            )
        if self.decimal not in {None, "", ".", ","}:
            raise ProjectError(f"DECIMAL={self.decimal} is not known, use . or ,")
        return names[self.delimiter] if self.delimiter else None

    def given(self) -> dict[str, str]:
        """The options as they were given."""
        found = {"MISSING": ",".join(self.missing), "DECIMAL": self.decimal or ""}
        return {**found, "DELIMITER": self.delimiter or ""}


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
) -> list[Decision]:
    """Infer the contract of a table, check it on the table, copy the file, write params.yaml.

    `track` is called with the copied file; `reading` resolves ambiguities. Nothing is written if
    anything is wrong with the table. Prints and returns the decisions. Raises ProjectError.
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
        decisions = _file(data_path, file, mark) + decisions
        tree["data"]["allow_leakage"] = _waived(tree["data"], allow_leakage)
        table = canonical(raw, (checked := parse_params(tree)).data, checked.validate_.max_missing)
        rows = len(raw)
        del raw
        leaks = find_leakage(table, checked.data, checked.validate_.single_feature_score)
        if leaks:
            given = {"DATA": str(data_path), "TARGET": target, "ENTITY": entity or ""}
            given |= {"TIMESTAMP": _listed(when), "FORMAT": pattern or "", "SPLIT": split or ""}
            given |= {"BY": by or "", "TASK": task or "", **words.given()}
            given |= {"EXCLUDE": _listed(exclude)}
            raise ProjectError(_refusal(leaks, checked, given, allow_leakage))
        for line in listing.lines(decisions):
            console_print(line)
        copied = _keep(root, file, _plain_name(data_path, file))
    track(copied)
    tree["data"]["source"] = copied.relative_to(root).as_posix()
    title = " ".join(f"Predicts {target} from {data_path.name} ({rows:,} rows).".split())
    beside = hints(tree["data"].get("rename", {}), decisions)
    kept = _write(root / "params.yaml", tree, title, beside)
    if kept is not None:
        console_print(
            f" {'params.yaml':<24} written; the old one is {kept.name}, which git ignores"
        )
    _describe(
        root / "README.md", f"Predicts {span(target)} from {span(data_path.name)} ({rows:,} rows)."
    )
    return decisions


def _file(path: Path, file: Path, mark: str | None) -> list[Decision]:
    """What was understood about the file itself, if it is not simply comma-separated."""
    found = []
    if file != path:
        kept = f"data/raw/{_plain_name(path, file)}"
        found.append(Decision("", f"unpacked from {path.suffix.lower()}", f"kept as {kept}"))
    if mark is not None and mark != ",":
        found.append(Decision("", "values", f"separated by {DELIMITERS[mark]}"))
    return found


def _plain_name(path: Path, file: Path) -> str:
    """The name of the plain table in data/raw: `sales.csv` for `sales.csv.gz`."""
    name = path.name
    if file != path:
        stem = name[: -len(path.suffix)]
        name = stem if stem.lower().endswith(file.suffix) else stem + file.suffix
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)


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


def _refusal(
    leaks: list[Leak], params: Params, words: dict[str, str], waived: Sequence[str]
) -> str:
    """The leaks, and the two commands to continue with."""
    sentence, columns = advice(leaks)
    raw = {new: old for old, new in params.data.rename.items()}
    columns = [raw.get(name, name) for name in columns]
    for new, old in raw.items():
        sentence = re.sub(rf"\b{new}\b", old.replace("\\", ""), sentence)
    fewer = {**words, "EXCLUDE": ",".join(filter(None, [words["EXCLUDE"], _listed(columns)]))}
    kept = {**words, "ALLOW_LEAKAGE": _listed([*waived, *columns])}
    return (
        f"{sentence}.\n exclude them:  {_command(fewer)}\n keep them:     {_command(kept)}\n"
        "                which sets data.allow_leakage in params.yaml: write the reason there"
    )


def _listed(names: Sequence[str]) -> str:
    """Names as EXCLUDE expects them: one with a comma or a quote in quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def _command(words: dict[str, str]) -> str:
    given = (f"{key}={shlex.quote(value)}" for key, value in words.items() if value)
    return f"make adopt {' '.join(given)}"


def _keep(root: Path, path: Path, name: str) -> Path:
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


def _write(path: Path, tree: dict[str, Any], title: str, beside: dict[str, str]) -> Path | None:
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


def _describe(path: Path, line: str) -> None:
    """Update the README between its two marks to say what the project predicts."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    before, start, rest = text.partition("<!-- predicts -->\n")
    _, end, after = rest.partition("\n<!-- /predicts -->")
    if end:
        write_text(path, f"{before}{start}{line}{end}{after}")
