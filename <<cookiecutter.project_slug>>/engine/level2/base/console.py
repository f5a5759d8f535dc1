"""Terminal output: one line per step, a bar for long work, a summary."""

import re
import sys
import time
from textwrap import wrap

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH = 100
_JOINT = "\x1f"  # a space at which no line is broken


class Screen:
    """Prints steps as they finish; on a terminal, shows a bar during each."""

    def __init__(self, total: int) -> None:
        self.console = Console(
            file=sys.stdout,  # this one, also while it stands aside for the pipeline's runner
            width=min(Console().width, WIDTH) if sys.stdout.isatty() else WIDTH,
            highlight=False,
        )
        self.total = total
        self._drawn = 0.0

    def update(self, done: int, total: int, note: str = "") -> None:
        """Draw a bar in place, at most ten times a second; nothing if the output is a file."""
        if not self.console.is_terminal:
            return
        now = time.monotonic()
        if done < total and now - self._drawn < 0.1:
            return
        self._drawn = now
        filled = round(20 * done / total)
        self.console.file.write(
            f"\r     {'█' * filled}{'░' * (20 - filled)} {done}/{total} · {note}\033[K"
        )
        self.console.file.flush()

    def clear(self) -> None:
        """Remove the bar, if one is drawn."""
        if self._drawn and self.console.is_terminal:
            self.console.file.write("\r\033[K")
            self.console.file.flush()

    def step(self, number: int, name: str, detail: str, seconds: float) -> None:
        """Print one finished step."""
        self.line(f"{number}/{self.total}", name, detail, seconds)

    def line(self, number: str, name: str, detail: str, seconds: float) -> None:
        """Number, name, summary and duration."""
        if self.console.is_terminal:
            self.console.file.write("\r\033[K")
        line = Table.grid(padding=(0, 1), expand=True)
        line.add_column(width=5, justify="right")
        line.add_column(width=14)
        line.add_column(ratio=1)
        line.add_column(width=8, justify="right")
        line.add_row(number, f"[bold]{name}[/]", escape(detail), f"{seconds:.1f} s")
        self.console.print(line)

    def say(self, text: str = "", style: str = "") -> None:
        """Print one plain line."""
        self.clear()
        self.console.print(escape(text), style=style or None, soft_wrap=True)

    def said_of(self, name: str, text: str, style: str = "", indent: int = 10) -> None:
        """Print a name and a text about it, with hanging indent."""
        first, rest = f" {name:<{indent}}", " " * (indent + 1)
        whole = re.sub(r"`[^`]+`", lambda found: found[0].replace(" ", _JOINT), text)  # commands
        for line in wrap(
            whole,
            self.console.width,
            initial_indent=first,
            subsequent_indent=rest,
            break_on_hyphens=False,
        ):
            self.say(line.replace(_JOINT, " "), style)

    def rows(self, title: str, header: list[str], rows: list[list[str]]) -> None:
        """Print a table no wider than 100 columns, numbers right-aligned."""
        table = Table(
            title=title or None,
            title_justify="left",
            box=None,
            padding=(0, 2, 0, 1),
            header_style="bold",
        )
        for position, name in enumerate(header):
            table.add_column(name, justify="left" if position == 0 else "right", overflow="fold")
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        self.console.print(table)
