"""gzip from pieces: the lines of each family are packed once and put together with what differs between answers.

The result is one member of gzip, which every client reads; several members in a row would not do (curl and browsers
stop after the first).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Any, Final

try:
    from isal import isal_zlib as fast
except ImportError:  # Slower, and otherwise the same.
    fast: Any = zlib  # type: ignore[no-redef]

HEAD: Final = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
"""gzip's first bytes, without time and system: the same text gives the same bytes."""

LAST: Final = b"\x01\x00\x00\xff\xff"
"""A last block without content."""

MOST: Final = 0xFFFF
"""A block that is stored as it is holds no more."""

RAW: Final = -15
"""Largest window, no header."""


def crc(data: bytes, start: int = 0) -> int:
    """Checksum of gzip, going on from that of what stands before."""
    return int(fast.crc32(data, start))


def deflated(data: bytes) -> bytes:
    """Blocks that stand for themselves, made fast rather than small; none of them is the last."""
    packer = fast.compressobj(1, fast.DEFLATED, RAW)
    return bytes(packer.compress(data) + packer.flush(fast.Z_FULL_FLUSH))


def unpacked(blocks: bytes) -> bytes:
    """What `deflated` was given."""
    return bytes(fast.decompressobj(RAW).decompress(blocks))


def stored(data: bytes) -> bytes:
    """Data as blocks that are not packed, for what is short."""
    parts = (data[start : start + MOST] for start in range(0, len(data), MOST))
    return b"".join(struct.pack("<BHH", 0, len(part), len(part) ^ MOST) + part for part in parts)


def gzipped(blocks: Iterable[bytes], checksum: int, length: int) -> bytes:
    """A whole gzip file of blocks, with checksum and length of what they hold."""
    return b"".join([HEAD, *blocks, LAST, struct.pack("<II", checksum, length & 0xFFFFFFFF)])
