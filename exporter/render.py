"""Samples to text, fast: lines are kept from scrape to scrape, only what changed is written anew.

Both formats share the sample lines, bucket bounds included (`le="5.0"`), so a series is the same in either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from exporter.metric import Distribution, Metric, Own
from exporter.packing import crc, deflated, gzipped, stored, unpacked

Number = int | float | Decimal
ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def number(value: Number) -> str:
    """A number as Prometheus reads it; whole numbers without a fraction."""
    return str(value) if type(value) is int else repr(float(value))


def label_set(names: Sequence[str], values: Sequence[str]) -> str:
    """`a="x",b="y"` with quotes, backslashes and line ends escaped."""
    return ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in zip(names, values, strict=True))


class FamilyView:
    """The lines of one metric family. `fixed` stands before the labels of every series, as `job="watchfloor"` does."""

    def __init__(self, metric: Metric, bounds: tuple[float, ...] = (), fixed: str = "") -> None:
        self.metric = metric
        self.fixed = fixed
        self.name = metric.name
        self.type = metric.exposition_type if isinstance(metric, Own) else metric.type
        self.bounds = tuple(repr(bound) for bound in bounds)
        self.lines: dict[tuple[str, ...], str] = {}
        self._templates: dict[tuple[str, ...], str] = {}

    def set(self, key: tuple[str, ...], vector: Sequence[Number]) -> None:
        """Write the lines of one series (for a histogram: of its buckets, count and sum)."""
        self.write(((key, vector),))

    def write(self, series: Iterable[tuple[tuple[str, ...], Sequence[Number]]]) -> None:
        """Write the lines of many series. What stands before a number is made once and kept."""
        lines, templates = self.lines, self._templates
        for key, vector in series:
            template = templates.get(key)
            if template is None or len(vector) > 1:
                lines[key] = self._line(key, vector)
            else:
                # As `_line` does, without the price of a call: most lines are of this kind.
                value = vector[0]
                lines[key] = f"{template}{value}\n" if type(value) is int else f"{template}{float(value)!r}\n"

    def shows(self, key: tuple[str, ...], vector: Sequence[Number]) -> bool:
        """Whether the lines of a series are just these."""
        return self.lines.get(key) == self._line(key, vector)

    def _line(self, key: tuple[str, ...], vector: Sequence[Number]) -> str:
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = self._make(key)
        if len(vector) == 1:
            return f"{template}{number(vector[0])}\n"
        count, total, *buckets = vector
        return template % (*buckets, count, count, number(total))

    def remove(self, key: tuple[str, ...]) -> None:
        """Forget one series."""
        self.lines.pop(key, None)
        self._templates.pop(key, None)

    def replace(self, series: Iterable[tuple[tuple[str, ...], Sequence[Number]]]) -> None:
        """Forget all series and write these."""
        self.lines = {key: self._line(key, vector) for key, vector in series}
        if len(self._templates) > 2 * len(self.lines) + 1000:
            self._templates = {key: self._templates[key] for key in self.lines}

    def joined(self) -> bytes:
        """All lines as one text."""
        return "".join(self.lines.values()).encode()

    @property
    def series(self) -> int:
        """Number of series, buckets included."""
        width = len(self.bounds) + 3 if isinstance(self.metric, Distribution) else 1
        return width * len(self.lines)

    def _make(self, key: tuple[str, ...]) -> str:
        """What stands before a value; for a histogram its lines with a place for each number."""
        labels = ",".join(filter(None, (self.fixed, label_set(self.metric.label_names, key))))
        braces = f"{{{labels}}} " if labels else " "
        if not isinstance(self.metric, Distribution):
            return f"{self.name}{braces}"
        labels, braces = labels.replace("%", "%%"), braces.replace("%", "%%")
        comma = "," if labels else ""
        buckets = (f'{self.name}_bucket{{{labels}{comma}le="{bound}"}} %s\n' for bound in (*self.bounds, "+Inf"))
        return "".join((*buckets, f"{self.name}_count{braces}%s\n", f"{self.name}_sum{braces}%s\n"))

    def header(self, *, openmetrics: bool) -> str:
        """HELP and TYPE; in OpenMetrics a counter's family has no _total, and the unit is told."""
        name = self.name
        if openmetrics and self.type == "counter":
            name = name.removesuffix("_total")
        words = self.metric.help.replace("\\", "\\\\").replace("\n", "\\n")
        if openmetrics:
            words = words.replace('"', '\\"')
        unit = self.metric.unit if openmetrics and self.metric.unit and name.endswith(f"_{self.metric.unit}") else ""
        lines = f"# HELP {name} {words}\n# TYPE {name} {self.type}\n"
        return f"{lines}# UNIT {name} {unit}\n" if unit else lines


@dataclass(frozen=True, slots=True)
class Text:
    """The lines of families, packed, with the headers of both formats; what one run leaves for all who share it.

    `sums` are checksum and length of each format.
    """

    parts: tuple[tuple[bytes, bytes, bytes], ...]
    sums: tuple[tuple[int, int], tuple[int, int]]

    def render(self, *, openmetrics: bool, more: bytes = b"") -> bytes:
        """One of the formats with `more` at its end, without the end mark of OpenMetrics."""
        return b"".join([*(piece for part in self.parts for piece in (part[openmetrics], unpacked(part[2]))), more])

    def packed(self, *, openmetrics: bool, more: bytes = b"") -> bytes:
        """The same in gzip form, which costs nothing but putting pieces together."""
        pieces = [piece for part in self.parts for piece in (stored(part[openmetrics]), part[2])]
        checksum, length = self.sums[openmetrics]
        return gzipped([*pieces, stored(more)], crc(more, checksum), length + len(more))


def text(families: Iterable[FamilyView]) -> Text:
    """The text of families that have series."""
    parts: list[tuple[bytes, bytes, bytes]] = []
    sums = [(0, 0), (0, 0)]
    for family in families:
        if family.lines:
            headers = family.header(openmetrics=False).encode(), family.header(openmetrics=True).encode()
            lines = family.joined()
            sums = [
                (crc(lines, crc(header, checksum)), length + len(header) + len(lines))
                for header, (checksum, length) in zip(headers, sums, strict=True)
            ]
            parts.append((*headers, deflated(lines)))
    return Text(tuple(parts), (sums[0], sums[1]))
