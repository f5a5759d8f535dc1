"""How commands behave in a terminal: one sentence for a mistake, libraries kept quiet."""

import atexit
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from .errors import ProjectError
from .memory import economize

TELEMETRY = {"MLFLOW_DISABLE_TELEMETRY": "true", "FEAST_USAGE": "False", "DVC_NO_ANALYTICS": "1"}
INTERRUPTED = 130  # exit code of a command that Ctrl-C has ended
debug = False


def main(app: Callable[[], Any], interrupted: str = "interrupted") -> None:
    """Run a command and end the process; a ProjectError is one sentence on stderr and code 1."""
    global debug
    debug = "--debug" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--debug"]
    prepare()
    code: Any = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code
    except KeyboardInterrupt:
        print(f" stopped: {interrupted}", file=sys.stderr)
        code = INTERRUPTED
    except Exception as error:
        if debug:
            raise
        print(f" stopped: {sentence(error)}", file=sys.stderr)
        code = 1
    _leave(int(code or 0))


def spoken(app: Callable[..., Any]) -> Callable[[], None]:
    """A Typer application whose usage errors are sentences, and which handles Ctrl-C."""

    def run() -> None:
        try:
            code = app(standalone_mode=False)
        except Exception as error:
            if not hasattr(error, "format_message"):  # what Typer and Click raise has it
                raise
            said = str(error.format_message()).rstrip(".")
            if said:  # without a command its help is there already
                print(f" stopped: {said}: --help says more", file=sys.stderr)
            raise SystemExit(2) from None
        if code == INTERRUPTED:  # so it tells of Ctrl-C
            raise KeyboardInterrupt
        raise SystemExit(code or 0)

    return run


def _leave(code: int) -> NoReturn:
    """End the process without tearing its libraries down first, which takes up to a second."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):  # whoever read it has gone
            pass
        except OSError:  # a full disk took the words: that is no success
            code = code or 1
    os._exit(code)


def leave_after_executor() -> None:
    """Let a successful task's process end as fast, when run by KFP's executor.

    The executor still has to record the task's outputs: if that fails it raises an exception (it
    never exits with a code of its own, see kfp.dsl.executor_main), and the process ends as usual.
    """
    main_module = getattr(sys.modules["__main__"], "__spec__", None)
    if main_module is not None and main_module.name == "kfp.dsl.executor_main":
        atexit.register(_leave_unless_failed)


def _leave_unless_failed() -> None:
    atexit.unregister(_leave_unless_failed)
    if getattr(sys, "last_value", None) is None:
        _leave(0)


def sentence(error: Exception) -> str:
    """One sentence for an error, even an unexpected one."""
    from .files import explain

    if isinstance(error, ProjectError):
        return str(error)
    if lacking := _deleted_room(error):
        return f"this command needs {lacking}, which is not in this project: restore it from git"
    known = explain(error) if isinstance(error, OSError) else None
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return known or (
        f"unexpected {type(error).__name__}: {first[:300]} "
        "(a fault of the project, not of the data: --debug shows where)"
    )


def _deleted_room(error: Exception) -> str:
    """The room of the engine that an import did not find, as `engine/level2/room`, or empty."""
    package, _, inner = (getattr(error, "name", None) or "").partition(".")
    ours = package == (__package__ or "").partition(".")[0] and bool(inner)
    if not isinstance(error, ImportError) or not ours or error.path:
        return ""
    return f"engine/{package}/{inner.partition('.')[0]}"


def prepare() -> None:
    """Set up the process before any library is imported."""
    quiet()
    economize()


def quiet() -> None:
    """Keep libraries' notices off the screen and their telemetry off the network."""
    import logging
    import warnings

    if not debug:
        warnings.showwarning = lambda *_, **__: None  # feast resets filters, so silence the printer
        logging.disable(logging.WARNING)
    for name, value in {**TELEMETRY, "DO_NOT_TRACK": "1"}.items():
        os.environ.setdefault(name, value)
