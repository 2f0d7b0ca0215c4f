"""Samples to text, fast: lines are kept from scrape to scrape, only what changed is written anew.

Both formats share the sample lines, bucket bounds included (`le="5.0"`), so a series is the same in either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from exporter.metric import Distribution, Metric, Own
from exporter.packing import Packer, Sum, gzipped, stored, unpacked
from exporter.pages import Pages

Number = int | float | Decimal
ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def number(value: Number) -> str:
    """A number as Prometheus reads it; whole numbers without a fraction."""
    return str(value) if type(value) is int else repr(float(value))


def label_set(names: Sequence[str], values: Sequence[str]) -> str:
    """`a="x",b="y"` with quotes, backslashes and line ends escaped."""
    return ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in zip(names, values, strict=True))


def _histogram(template: str, vector: Sequence[Number]) -> str:
    """The lines of a histogram."""
    count, total, *buckets = vector
    return template % (*buckets, count, count, number(total))


class FamilyView:
    """The lines of one metric family. `fixed` stands before the labels of every series, as `job="watchfloor"` does.

    What stands before a number is made once. A histogram's word is all its lines, made of a template.
    """

    def __init__(self, metric: Metric, bounds: tuple[float, ...] = (), fixed: str = "") -> None:
        self.metric = metric
        self.fixed = fixed
        self.name = metric.name
        self.type = metric.exposition_type if isinstance(metric, Own) else metric.type
        self.bounds = tuple(repr(bound) for bound in bounds)
        self._several = isinstance(metric, Distribution)
        self._lines = Pages(len(bounds) + 3 if self._several else 1)
        self._packed: Packed | None = None

    def set(self, key: tuple[str, ...], vector: Sequence[Number]) -> None:
        """Write the lines of one series (for a histogram: of its buckets, count and sum)."""
        self.write(((key, vector),))

    def write(self, series: Iterable[tuple[tuple[str, ...], Sequence[Number]]]) -> None:
        """Write the lines of many series."""
        lines, several, self._packed = self._lines, self._several, None
        known, pages, shift, mask = lines.places.get, lines.pages, lines.shift, lines.mask
        for key, vector in series:
            place = known(key)
            if place is None:
                place = lines.add(key, self._make(key))
            page, at = pages[place >> shift], place & mask
            if several:
                page.words[at] = _histogram(page.heads[at], vector)
            else:
                value = vector[0]
                # As `number` does, without the price of a call.
                page.words[at] = str(value) if type(value) is int else repr(float(value))
            page.changed.append(at)

    def shows(self, key: tuple[str, ...], vector: Sequence[Number]) -> bool:
        """Whether the lines of a series are just these."""
        place = self._lines.places.get(key)
        if place is None:
            return False
        word = _histogram(self._lines.head(place), vector) if self._several else number(vector[0])
        return self._lines.word(place) == word

    def lines(self, key: tuple[str, ...]) -> list[str]:
        """The lines of one series."""
        place = self._lines.places[key]
        word = self._lines.word(place)
        text = word if self._several else self._lines.head(place) + word
        return text.split("\n")[1:]

    def remove(self, key: tuple[str, ...]) -> None:
        """Forget one series."""
        self._packed = None
        self._lines.remove(key)

    def replace(self, series: Iterable[tuple[tuple[str, ...], Sequence[Number]]]) -> None:
        """Forget all other series and write these; where none differs, nothing is to be done."""
        shown = dict(series)
        for key in self._lines.places.keys() - shown.keys():
            self.remove(key)
        fresh = [(key, vector) for key, vector in shown.items() if not self.shows(key, vector)]
        if fresh:
            self.write(fresh)

    def pieces(self) -> Iterator[bytes]:
        """All lines, each with the end of the line before it, in parts that processors keep at hand."""
        return map(bytes, self._lines.data())

    def pack(self) -> None:
        """Have the lines ready for `take`: done while the database works, nobody waits for it."""
        packer, total = Packer(), Sum()
        pieces: tuple[bytes | bytearray, ...] = (*self._lines.data(), b"\n")
        for piece in pieces:
            packer.add(piece)
            total.add(piece)  # Now, as long as the piece is at hand.
        self._packed = Packed(pieces, packer.blocks(), total)

    def take(self) -> Packed:
        """All lines, with an end of line behind them, to be used before the next are written."""
        if self._packed is None:
            self.pack()
        assert self._packed is not None  # just packed
        return self._packed

    def __len__(self) -> int:
        return len(self._lines.places)

    @property
    def series(self) -> int:
        """Number of series, buckets included."""
        return self._lines.width * len(self._lines.places)

    def _make(self, key: tuple[str, ...]) -> str:
        """What stands before a value, the end of the line before it included; for a histogram its lines with a place for
        each number.
        """
        labels = ",".join(filter(None, (self.fixed, label_set(self.metric.label_names, key))))
        braces = f"{{{labels}}} " if labels else " "
        if not self._several:
            return f"\n{self.name}{braces}"
        labels, braces = labels.replace("%", "%%"), braces.replace("%", "%%")
        comma = "," if labels else ""
        buckets = (f'\n{self.name}_bucket{{{labels}{comma}le="{bound}"}} %s' for bound in (*self.bounds, "+Inf"))
        return "".join((*buckets, f"\n{self.name}_count{braces}%s", f"\n{self.name}_sum{braces}%s"))

    def header(self, *, openmetrics: bool) -> str:
        """HELP and TYPE, without the last end of line; in OpenMetrics a counter's family has no _total, and the unit is told."""
        name = self.name
        if openmetrics and self.type == "counter":
            name = name.removesuffix("_total")
        words = self.metric.help.replace("\\", "\\\\").replace("\n", "\\n")
        if openmetrics:
            words = words.replace('"', '\\"')
        unit = self.metric.unit if openmetrics and self.metric.unit and name.endswith(f"_{self.metric.unit}") else ""
        lines = f"# HELP {name} {words}\n# TYPE {name} {self.type}"
        return f"{lines}\n# UNIT {name} {unit}" if unit else lines


@dataclass(frozen=True, slots=True)
class Packed:
    """Lines in pieces, as blocks of gzip, and their checksum."""

    pieces: tuple[bytes | bytearray, ...]
    blocks: bytes
    sum: Sum


@dataclass(frozen=True, slots=True)
class Text:
    """The lines of families, packed, with the headers of both formats; what one run leaves for all who share it.

    `sums` are checksum and length of each format.
    """

    parts: tuple[tuple[bytes, bytes, bytes], ...]
    sums: tuple[Sum, Sum]

    def render(self, *, openmetrics: bool, more: bytes = b"") -> bytes:
        """One of the formats with `more` at its end, without the end mark of OpenMetrics."""
        return b"".join([*(piece for part in self.parts for piece in (part[openmetrics], unpacked(part[2]))), more])

    def packed(self, *, openmetrics: bool, more: bytes = b"") -> bytes:
        """The same in gzip form, which costs nothing but putting pieces together."""
        pieces = [piece for part in self.parts for piece in (stored(part[openmetrics]), part[2])]
        return gzipped([*pieces, stored(more)], self.sums[openmetrics].more(more))


def text(families: Iterable[FamilyView]) -> Text:
    """The text of families that have series."""
    parts: list[tuple[bytes, bytes, bytes]] = []
    plain, openmetrics = Sum(), Sum()
    for family in families:
        if len(family):
            headers = family.header(openmetrics=False).encode(), family.header(openmetrics=True).encode()
            lines = family.take()
            for total, header in zip((plain, openmetrics), headers, strict=True):
                total.add(header)
                total.join(lines.sum, lines.pieces)
            parts.append((*headers, lines.blocks))
    return Text(tuple(parts), (plain, openmetrics))
