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


class Sum:
    """Checksum and length of a text as gzip tells them."""

    __slots__ = ("checksum", "length")

    def __init__(self, checksum: int = 0, length: int = 0) -> None:
        self.checksum = checksum
        self.length = length

    def add(self, data: bytes | bytearray) -> None:
        """Go on with more of the text."""
        self.checksum = fast.crc32(data, self.checksum)
        self.length += len(data)

    def join(self, other: Sum, pieces: Iterable[bytes | bytearray]) -> None:
        """Go on with a text whose sum is known, without reading its pieces where the library can do that."""
        combine = getattr(fast, "crc32_combine", None)
        if combine is None:
            for piece in pieces:
                self.add(piece)
        else:
            self.checksum = combine(self.checksum, other.checksum, other.length)
            self.length += other.length

    def more(self, data: bytes) -> Sum:
        """The sum with more text behind."""
        found = Sum(self.checksum, self.length)
        found.add(data)
        return found


class Packer:
    """Packs a text, fast rather than small, into blocks that stand for themselves; none of them is the last."""

    def __init__(self) -> None:
        self._packer = fast.compressobj(1, fast.DEFLATED, RAW)
        self._found: list[bytes] = []

    def add(self, data: bytes | bytearray) -> None:
        """Pack more of the text."""
        self._found.append(self._packer.compress(data))

    def blocks(self) -> bytes:
        """All that was packed."""
        return b"".join([*self._found, self._packer.flush(fast.Z_FULL_FLUSH)])


def unpacked(blocks: bytes) -> bytes:
    """What a packer was given."""
    return bytes(fast.decompressobj(RAW).decompress(blocks))


def stored(data: bytes) -> bytes:
    """Data as blocks that are not packed, for what is short."""
    parts = (data[start : start + MOST] for start in range(0, len(data), MOST))
    return b"".join(struct.pack("<BHH", 0, len(part), len(part) ^ MOST) + part for part in parts)


def gzipped(blocks: Iterable[bytes], of: Sum) -> bytes:
    """A whole gzip file of blocks, with checksum and length of what they hold."""
    return b"".join([HEAD, *blocks, LAST, struct.pack("<II", of.checksum, of.length & 0xFFFFFFFF)])
