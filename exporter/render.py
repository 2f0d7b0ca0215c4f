"""Samples to text, fast: lines are kept from scrape to scrape, only what changed is written anew.

Both formats share the sample lines, bucket bounds included (`le="5.0"`), so a series is the same in either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from exporter.metric import Distribution, Metric, Own
from exporter.packing import Packer, Sum, gzipped, stored, unpacked

Number = int | float | Decimal
PIECE: Final = 400
"""So many lines are put together at a time: few enough for a processor's cache, and for memory that need not be made anew."""

ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def number(value: Number) -> str:
    """A number as Prometheus reads it; whole numbers without a fraction."""
    return str(value) if type(value) is int else repr(float(value))


def label_set(names: Sequence[str], values: Sequence[str]) -> str:
    """`a="x",b="y"` with quotes, backslashes and line ends escaped."""
    return ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in zip(names, values, strict=True))


class FamilyView:
    """The lines of one metric family. `fixed` stands before the labels of every series, as `job="watchfloor"` does.

    What stands before a number is made once and kept in `_heads`; `_words` has the numbers as text, series in the same
    order. A histogram's `_words` are all its lines, made of a template in `_heads`.
    """

    def __init__(self, metric: Metric, bounds: tuple[float, ...] = (), fixed: str = "") -> None:
        self.metric = metric
        self.fixed = fixed
        self.name = metric.name
        self.type = metric.exposition_type if isinstance(metric, Own) else metric.type
        self.bounds = tuple(repr(bound) for bound in bounds)
        self._several = isinstance(metric, Distribution)
        self._width = len(bounds) + 3 if self._several else 1
        self._heads: dict[tuple[str, ...], str] = {}
        self._words: dict[tuple[str, ...], str] = {}
        self._packed: Packed | None = None

    def set(self, key: tuple[str, ...], vector: Sequence[Number]) -> None:
        """Write the lines of one series (for a histogram: of its buckets, count and sum)."""
        self.write(((key, vector),))

    def write(self, series: Iterable[tuple[tuple[str, ...], Sequence[Number]]]) -> None:
        """Write the lines of many series."""
        words, self._packed = self._words, None
        if self._several:
            for key, vector in series:
                words[key] = self._word(key, vector)
            return
        for key, (value,) in series:
            # As `number` does, without the price of a call.
            words[key] = str(value) if type(value) is int else repr(float(value))
        self._complete()

    def _complete(self) -> None:
        """Heads of new series: they stand behind the others."""
        if len(self._heads) < len(self._words):
            self._heads |= {key: self._make(key) for key in islice(self._words, len(self._heads), None)}

    def shows(self, key: tuple[str, ...], vector: Sequence[Number]) -> bool:
        """Whether the lines of a series are just these."""
        return key in self._words and self._words[key] == self._word(key, vector)

    def lines(self, key: tuple[str, ...]) -> list[str]:
        """The lines of one series."""
        text = self._words[key] if self._several else self._heads[key] + self._words[key]
        return text.split("\n")[1:]

    def _word(self, key: tuple[str, ...], vector: Sequence[Number]) -> str:
        if not self._several:
            return number(vector[0])
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = self._make(key)
        count, total, *buckets = vector
        return head % (*buckets, count, count, number(total))

    def remove(self, key: tuple[str, ...]) -> None:
        """Forget one series."""
        self._packed = None
        self._words.pop(key, None)
        self._heads.pop(key, None)

    def replace(self, series: Iterable[tuple[tuple[str, ...], Sequence[Number]]]) -> None:
        """Forget all series and write these."""
        heads, self._heads, self._words, self._packed = self._heads, {}, {}, None
        shown = list(series)
        self._heads = {key: heads.get(key) or self._make(key) for key, _ in shown}
        self.write(shown)

    def pieces(self) -> Iterator[bytes]:
        """All lines, each with the end of the line before it; in parts that processors keep at hand."""
        heads, words = iter(self._heads.values()), iter(self._words.values())
        while part := list(islice(words, max(1, PIECE // self._width))):
            if not self._several:
                numbers, part = part, [""] * (2 * len(part))
                part[::2], part[1::2] = islice(heads, len(numbers)), numbers
            yield "".join(part).encode()

    def pack(self) -> None:
        """Have the lines ready for `take`: done while the database works, nobody waits for it."""
        packer, pieces = Packer(), []
        for piece in self.pieces():
            packer.add(piece)
            pieces.append(piece)
        packer.add(b"\n")
        self._packed = Packed((*pieces, b"\n"), packer.blocks())

    def take(self) -> Packed:
        """All lines, with an end of line behind them. They are not kept: most families differ in the next scrape."""
        if self._packed is None:
            self.pack()
        found, self._packed = self._packed, None
        assert found is not None  # just packed
        return found

    def __len__(self) -> int:
        return len(self._words)

    @property
    def series(self) -> int:
        """Number of series, buckets included."""
        return self._width * len(self._words)

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
    """Lines in pieces, and as blocks of gzip."""

    pieces: tuple[bytes, ...]
    blocks: bytes


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
                for piece in lines.pieces:
                    total.add(piece)
            parts.append((*headers, lines.blocks))
    return Text(tuple(parts), (plain, openmetrics))
