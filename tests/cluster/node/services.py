"""Programs in the background of the cluster's namespaces, and waiting for them to answer."""

import subprocess
import sys
import time

from .place import STATE, environment

LOGS = STATE / "logs"


def start(name: str, *words: str, **settings: str) -> None:
    """Start a program; what it prints is in `logs/NAME.log`."""
    LOGS.mkdir(exist_ok=True)
    with (LOGS / f"{name}.log").open("a") as log:
        subprocess.Popen(
            words,
            cwd=STATE,
            env=environment() | settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def options(**values: object) -> list[str]:
    """Write a program's options: `bind_address="x"` becomes `--bind-address=x`."""
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]


def succeeds(*words: str) -> bool:
    """Whether a command ends well."""
    done = subprocess.run(words, env=environment(), capture_output=True, check=False)
    return not done.returncode


def wait(name: str, seconds: float, *words: str) -> None:
    """Repeat a command until it ends well; stop with the log's end when it never does."""
    end = time.monotonic() + seconds
    while not succeeds(*words):
        if time.monotonic() > end:
            log = LOGS / f"{name}.log"
            last = log.read_text().splitlines()[-5:] if log.exists() else []
            sys.exit("\n".join([f" stopped: {name} is not ready after {seconds} s", *last]))
        time.sleep(0.25)


def kubectl(*words: str, text: str | None = None) -> str:
    """Run kubectl as the cluster's administrator; return what it prints."""
    done = subprocess.run(
        ["kubectl", *words],
        input=text,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f" stopped: kubectl {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
