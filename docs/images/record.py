"""Record a command's real output as an SVG that plays it: `record.py OUTPUT.svg FOLDER WORDS`.

The command runs in a terminal of its own (a pseudo-terminal), so what it prints is what a person
sees. Each line comes when it came, the whole told in a quarter of a minute at most; where nothing
moves (print, readers who want no motion) all lines are there. Nothing is fetched by the picture.
"""

import io
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS, LONGEST = 100, 15.0  # characters; seconds of the picture
FORMAT = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
@keyframes come {{ from {{ opacity: 0 }} to {{ opacity: 1 }} }}
@media (prefers-reduced-motion: no-preference) {{
  .{unique_id}-matrix text {{ animation: come 0.1s backwards; }} }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run(folder: Path, words: list[str]) -> list[tuple[float, str]]:
    """Run a command in a pseudo-terminal; return each line with the second it came at.

    Raises SystemExit with what it printed where it fails.
    """
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603  the command that is asked for
        words, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    found = []
    with open(ours, encoding="utf-8", newline="\n") as stream:
        try:
            for line in stream:
                found.append((time.monotonic() - began, line.rstrip("\r\n")))
        except OSError:
            pass  # the terminal's end, as Linux says it
    if process.wait():
        sys.exit("\n".join(line for _, line in found))
    return found


def draw(command: str, lines: list[tuple[float, str]]) -> str:
    """The picture of a command and of what it printed, and when."""
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True)
    shown = [(0.0, Text(f"$ {command}", "bold"))]
    shown += [(at, Text.from_ansi(line)) for at, line in [*lines, lines[-1]]]
    shown[-1] = (shown[-1][0], Text(""))  # the last line has nothing that clips it
    for _, text in shown:
        console.print(text, soft_wrap=True, highlight=False)
    seconds = lines[-1][0]
    title = f"{command} · {seconds:.0f} s"
    picture = console.export_svg(title=title, code_format=FORMAT, unique_id="t")
    pace = min(1.0, LONGEST / seconds)

    def timed(found: re.Match) -> str:
        at = shown[min(int(found[1]), len(shown) - 1)][0] * pace
        return f'{found[0]} style="animation-delay:{at:.1f}s"'

    return re.sub(r'clip-path="url\(#t-line-(\d+)\)"', timed, picture)


def main() -> None:
    """Run, draw, write."""
    output, folder, *words = sys.argv[1:]
    lines = run(Path(folder), words)
    words = [Path(words[0]).name, *(word for word in words[1:] if re.fullmatch(r"[a-z-]+", word))]
    Path(output).write_text(draw(" ".join(words), lines), encoding="utf-8")


if __name__ == "__main__":
    main()
