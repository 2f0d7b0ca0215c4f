"""What the process keeps of its memory, where the C library is GNU's."""

from __future__ import annotations

import contextlib
from typing import Final

MALLOC_OPTIONS: Final = {-8: 1, -3: 16 << 20, -1: 32 << 20}
"""Numbers from GNU's malloc.h: M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD."""


def steady_heap() -> None:
    """Let all threads share one heap, since they take turns anyway, and keep the few megabytes that each scrape needs.

    Otherwise each thread's own heap costs megabytes, and each scrape's text is memory that the system must make anew.
    """
    import ctypes

    with contextlib.suppress(AttributeError, OSError):  # Another C library has no such settings.
        malloc_option = ctypes.CDLL(None).mallopt
        for option, value in MALLOC_OPTIONS.items():
            malloc_option(option, value)


def give_back() -> None:
    """Give the system what the heap does not use, in about a millisecond: work in the background needs more than scrapes."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
