"""Memory that is no longer used goes back to the system: at once, and between steps."""

import ctypes
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of glibc's mallopt
_LARGE = 1 << 20  # bytes


def economize() -> None:
    """Let large arrays leave with their last use. Call before Arrow is imported.

    glibc raises its limits as it frees arrays, and Arrow's own pool keeps pages for later: at a
    million rows both together held as much as the table itself. Garbage is looked for less often
    while libraries are imported, which make many objects and no garbage: a sixth of that time.
    """
    gc.set_threshold(50_000, 20, 50)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    tune = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc alone has it
    if tune is not None:
        tune(_MMAP_THRESHOLD, _LARGE)
        tune(_TRIM_THRESHOLD, _LARGE)


@contextmanager
def settled() -> Iterator[Callable[[], None]]:
    """Yield what leaves all that is alive out of the searches for garbage in this context.

    Libraries once imported stay; to look through them took a third of a second after each step.
    """
    try:
        yield gc.freeze
    finally:
        gc.unfreeze()


def release() -> None:
    """Free what nobody refers to, and hand back what allocators keep."""
    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
