"""Return unused memory to the system, immediately and between steps."""

import ctypes
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of glibc's mallopt
_LARGE = 1 << 20  # bytes


def economize() -> None:
    """Free large arrays as soon as they are unused. Call before Arrow is imported.

    glibc raises its limits as it frees arrays, and Arrow's pool keeps pages for later: at a million
    rows both together held as much as the table itself. Garbage is collected less often during
    imports, which create many objects and no garbage: that saves a sixth of their time.
    """
    gc.set_threshold(50_000, 20, 50)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    tune = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc alone has it
    if tune is not None:
        tune(_MMAP_THRESHOLD, _LARGE)
        tune(_TRIM_THRESHOLD, _LARGE)


@contextmanager
def settled() -> Iterator[Callable[[], None]]:
    """Exclude all live objects from garbage collection within this context.

    Imported libraries stay alive; scanning them took a third of a second after each step.
    """
    try:
        yield gc.freeze
    finally:
        gc.unfreeze()


def release() -> None:
    """Free unreferenced objects, and return the allocators' memory."""
    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
