"""The lines of a metric family as bytes, in pages. What changed is written into its place and nothing else is touched.

Thousands of lines that are put together anew in each scrape cost a look at thousands of strings all over the memory, which
takes longer than to pack them; so the bytes are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

LINES: Final = 256
"""A page holds at most so many lines: few enough for a processor's cache."""

FEW: Final = 8
"""A page of which more than one in so many series changed is put together anew."""


class Page:
    """Lines that stand together: of each series what stands before its number, and its number; or the whole of its lines.

    Each line has the end of the line before it. A series that is gone leaves an empty place.
    """

    __slots__ = ("_data", "_ends", "changed", "heads", "holes", "width", "words")

    def __init__(self, width: int) -> None:
        self.width = width
        self.heads: list[str] = []
        self.words: list[str] = []
        self.changed: list[int] = []
        """Places whose words were written since the bytes were made; one may be there twice."""
        self.holes = 0
        self._data: bytearray | None = None
        self._ends: list[int] | None = None
        """Bytes of each line; None as long as nobody asked."""

    def data(self) -> bytearray:
        """All lines. They change with the next words."""
        if self._data is None or self.holes or len(self.changed) * FEW > len(self.words):
            self._data, self._ends = self._made(), None
        elif self.changed:
            self._patch(self._data)
        self.changed.clear()
        return self._data

    def renew(self) -> None:
        """Lines came or went."""
        self._data = None

    def _made(self) -> bytearray:
        if self.width > 1:
            return bytearray("".join(self.words).encode())
        parts = [""] * (2 * len(self.words))
        parts[::2], parts[1::2] = self.heads, self.words
        return bytearray("".join(parts).encode())

    def _patch(self, data: bytearray) -> None:
        lengths = self._ends
        if lengths is None:
            lengths = self._ends = [len(line) + 1 for line in islice(data.split(b"\n"), 1, None)]
        width = self.width
        for place in self.changed:
            first = place * width
            start = sum(islice(lengths, first))
            end = start + sum(lengths[first : first + width])
            word = self.words[place].encode()
            if width > 1:
                lengths[first : first + width] = [len(line) + 1 for line in word.split(b"\n")[1:]]
            else:
                start = data.rindex(b" ", start, end) + 1
                lengths[first] += start + len(word) - end
            data[start:end] = word


class Pages:
    """All lines of a family, by key. `width` is how many lines a series has."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.places: dict[tuple[str, ...], int] = {}
        self.shift = max(0, LINES.bit_length() - 1 - (width - 1).bit_length())
        self.mask = (1 << self.shift) - 1
        self.pages: list[Page] = []
        self._free: list[int] = []

    def add(self, key: tuple[str, ...], head: str) -> int:
        """A place for a new series."""
        if self._free:
            place = self._free.pop()
            page = self.pages[place >> self.shift]
            page.holes -= 1
        else:
            place = len(self.places)
            if not place & self.mask:
                self.pages.append(Page(self.width))
            page = self.pages[-1]
            page.heads.append("")
            page.words.append("")
        page.heads[place & self.mask] = head
        page.renew()
        self.places[key] = place
        return place

    def remove(self, key: tuple[str, ...]) -> None:
        """Take a series out, if it is there."""
        place = self.places.pop(key, None)
        if place is None:
            return
        self._free.append(place)
        page = self.pages[place >> self.shift]
        page.heads[place & self.mask] = page.words[place & self.mask] = ""
        page.holes += 1

    def head(self, place: int) -> str:
        """What stands before the number of a place."""
        return self.pages[place >> self.shift].heads[place & self.mask]

    def word(self, place: int) -> str:
        """The number of a place, or all its lines."""
        return self.pages[place >> self.shift].words[place & self.mask]

    def data(self) -> Iterator[bytearray]:
        """The bytes of each page."""
        return (page.data() for page in self.pages)
