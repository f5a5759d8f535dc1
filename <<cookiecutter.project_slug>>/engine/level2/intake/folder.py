"""A folder for new tables: which are complete, which were processed, and with what result."""

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from ..base.errors import ProjectError
from ..base.files import explain, read_json, write_json
from .arrivals import ARCHIVE, DIRECTORY, ENDS, ZIPPED, Arrived, Look, Stillness, is_left, is_table

RECORD = ".record.json"  # digest of each table taken: its name, when, and how the run ended
TAKEN, REFUSED = "taken", "refused"  # folders below, for what was seen


class Landing:
    """The folder. The work of a killed process is resumed by the next one."""

    def __init__(self, folder: Path, settle: float) -> None:
        self.folder = folder
        self._still = Stillness(settle)
        self._torn, self._strange, self._said = set[str](), set[str](), set[str]()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(explain(error, folder) or f"{folder}: {error}") from error

    def whole(self) -> list[Path]:
        """Tables that are completely written, the oldest first."""
        found = {}
        for entry in os.scandir(self.folder):
            if is_left(entry.name) and entry.is_file():
                self._strange.add(entry.name)
            if is_table(entry.name) and entry.is_file(follow_symlinks=False):
                try:
                    seen = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # renamed or taken back meanwhile
                    continue
                found[entry.name] = Look(seen.st_mtime_ns, seen.st_size, seen.st_ino)
        paths = [self.folder / name for name in self._still.look(found, time.monotonic())]
        return [path for path in paths if self._ended(path)]

    def torn(self) -> list[str]:
        """Names of unchanged but incomplete tables, each reported once."""
        return self._unsaid(self._torn)

    def strange(self) -> list[str]:
        """Names of files that are not tables, each reported once."""
        return self._unsaid(self._strange)

    def _unsaid(self, known: set[str]) -> list[str]:
        names = sorted(known - self._said)
        self._said |= known
        return names

    def _ended(self, path: Path) -> bool:
        """Whether the last bytes are those of a complete table; other files need no waiting."""
        try:
            with path.open("rb") as stream:
                first = stream.read(len(ARCHIVE))
                stream.seek(max(os.fstat(stream.fileno()).st_size - 2**16 - 22, 0))
                last = stream.read()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ProjectError(f"{path} cannot be read ({error.strerror}): allow it") from error
        ending = path.suffix.lower()
        if ending in ZIPPED:
            ended = DIRECTORY in last
        else:
            ended = first == ARCHIVE or last.endswith(ENDS.get(ending, (b"",)))
        if ended:
            return True
        self._torn.add(path.name)
        return False

    def arrived(self) -> Arrived:
        """The record of the tables that have arrived here."""
        path = self.folder / RECORD
        return Arrived(dict(read_json(path)) if path.exists() else {})

    def note(self, key: str, name: str, run: str | None) -> None:
        """Record a table: see Arrived."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._keep(self.arrived().noted(key, name, now, run))

    def finish(self, keys: list[str], run: str) -> None:
        """Record how the run for these tables ended."""
        self._keep(self.arrived().ended(keys, run))

    def _keep(self, arrived: Arrived) -> None:
        write_json(self.folder / RECORD, arrived.tables)

    def move(self, path: Path, where: str) -> Path:
        """Move the file away; if the name is taken, it is prefixed with the time."""
        to = self.folder / where / path.name
        to.parent.mkdir(exist_ok=True)
        if to.exists():
            to = to.with_name(f"{time.time_ns()}-{path.name}")
        return Path(shutil.move(path, to))
