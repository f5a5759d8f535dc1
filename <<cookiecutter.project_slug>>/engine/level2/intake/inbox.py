"""`inbox`: check tables that arrive in a folder, merge them and retrain."""

import tempfile
import time
from pathlib import Path

from ..base.console import Screen
from ..base.errors import ProjectError
from ..base.files import digest, write_text
from ..project import Context, open_context
from ..training.loop import sole_run
from ..training.run_loop import run_loop
from .arrivals import TABLES, TEXTS
from .folder import REFUSED, TAKEN, Landing

AGAIN = 30.0  # seconds until GitHub, a store or a folder in use is asked again


_BRING = "copy a .csv or .parquet file there"
_LINE = " (if nothing is missing, end its last line with a newline)"
USUAL = Path("data/inbox")


def watch(root: Path, folder: Path, settle: float, once: bool) -> None:
    """Process tables that arrive in `folder` and retrain; once, or until Ctrl-C."""
    if folder != USUAL and not (root / folder).is_dir():
        raise ProjectError(f"{folder} is not a folder: create it, or name another with FOLDER=")
    inbox = Inbox(root, root / folder, settle)
    if once:
        inbox.landing.whole()
        time.sleep(settle)
        if not inbox.turn():
            inbox.say("inbox", f"nothing new in {folder}: {_BRING}, then `make inbox`")
        return
    inbox.say("inbox", f"waits for tables in {folder}, until Ctrl-C: {_BRING}")
    while True:
        try:
            inbox.turn()
        except ProjectError as error:  # of the store, of GitHub, of a folder in use: not of a table
            inbox.say("waits", str(error), "yellow")
            time.sleep(AGAIN)
        time.sleep(min(settle, 1.0))


class Inbox:
    """Processes the tables that have arrived."""

    def __init__(self, root: Path, folder: Path, settle: float) -> None:
        self.root, self.screen = root, Screen(0)
        self.landing = Landing(folder, settle)

    def say(self, word: str, text: str, style: str = "") -> None:
        """One line."""
        self.screen.say(f" {word:<9} {text}", style)

    def turn(self) -> bool:
        """Process every complete table, then run once for all. Returns whether there were any."""
        paths = self.landing.whole()
        torn, strange = self.landing.torn(), self.landing.strange()
        for name in torn:
            self.say(
                "waits",
                f"{name} is incomplete: waiting for the rest{_LINE * name.lower().endswith(TEXTS)}",
                "yellow",
            )
        for name in strange:
            self.say("left", f"{name} stays: tables end in {', '.join(TABLES)}", "yellow")
        if paths:
            context = open_context(self.root, (), self.screen)
            with sole_run(context.workspace):
                for path in paths:
                    self._take(path, context)
        if waiting := self.landing.arrived().waiting():
            self.landing.finish(waiting, self._learn())
        return bool(paths or torn or strange or waiting)

    def _take(self, path: Path, context: Context) -> None:
        """Place, refuse or recognize one table. Raises ProjectError for other faults."""
        from ..registry.champion import champion_profile
        from . import merge  # pandera: not while nothing lands

        key, name = digest(path), path.name
        arrived = self.landing.arrived()
        if again := arrived.again(key, name):
            self.say("again", again)
            self.landing.move(path, TAKEN)
            return
        with tempfile.TemporaryDirectory() as folder:
            raw = merge.there(context, Path(folder))
            reference = champion_profile(context) or {}
            try:
                judged = merge.judge(context, path, raw, reference, Path(folder))
            except ProjectError as error:
                said = str(error).removeprefix(f"{context.params.data.source}: ")
                self._refuse(path, said if name in said else f"{name}: {said}")
                return
            if digest(path) != key:
                return  # somebody has written to it meanwhile: it is not still
            left = []
            placed = judged.changed or arrived.begun(key)
            if placed:
                self.landing.note(key, name, None)
                left = merge.put(context, judged.file, name)
            self.landing.note(key, name, "" if placed else "nothing new")
        self.landing.move(path, TAKEN)
        self.say("taken", f"{name}: {judged.line}", "green")
        for text in left:
            self.say("next", text)

    def _refuse(self, path: Path, why: str) -> None:
        """Nothing is recorded: the table is checked again once it or the contract is corrected."""
        self.say("refused", why, "red")
        kept = self.landing.move(path, REFUSED)
        write_text(kept.with_name(f"{kept.name}.why.txt"), f"{why}\n")

    def _learn(self) -> str:
        """Retrain here, or with `ct` if the table is an object and GitHub is configured."""
        context = open_context(self.root, (), self.screen)
        settings = context.settings
        token = settings.github_token.get_secret_value()
        if context.params.data.remote and token and settings.github_repository:
            from ..github.client import GitHub

            GitHub(settings.github_api_url, settings.github_repository, token).dispatch("new-data")
            self.say("ct", f"new-data sent to {settings.github_repository}")
            return "dispatched"
        try:
            gate = run_loop(self.root, None, ())
        except ProjectError as error:  # of data or model: the same run would end the same again
            self.say("stopped", str(error), "red")
            return f"stopped: {error}"
        return f"{gate['verdict']}, champion v{gate['champion']}"
