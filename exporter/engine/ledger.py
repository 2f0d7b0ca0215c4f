"""What the sealed totals are made of: the numbers of every group of rows, by slice of time.

Sealed totals alone cannot tell where they differ from the table. So each sealed slice is kept as it was read: the
numbers of each group (label values beyond a cap as `other`), packed. The slices cover all time up to the horizon.
Two neighbours become one when together they are shorter than a quarter of their age and hold no more than a
sixteenth of all rows: recent slices are short, old ones long, and there are never more than about two hundred.

A slice has what is *kept*, which is in the totals, and what was *seen* in the table at the last check, if that is
something else. Kept numbers only grow: rows that vanish stay counted, rows that come back are not counted twice.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from sys import intern
from typing import Any, Final

from exporter.labels import UNKNOWN
from exporter.sources.database import Row

BEGINNING: Final = datetime(1, 1, 3, tzinfo=UTC)
"""No row is older: the first days of the first year, whatever the zone."""

SHARE: Final = 4
"""A merged slice is at most this part of its age long."""

PARTS: Final = 16
LEAST_ROWS: Final = 50_000
"""A merged slice holds at most one of so many parts of all rows, or this many rows."""

HARDLY: Final = 20
"""Where so many times the rows before a slice have vanished, those that are left are an exception to a purge."""

PACKED: Final = 1000
"""Groups that are packed together."""

Group = tuple[str, ...]
Numbers = list[Any]
Groups = dict[Group, Numbers]


@dataclass(slots=True)
class Slice:
    """Rows from `lower` on and before `upper`. `missing` and `surplus` tell how many rows kept and seen are apart.

    `vanished` is how many rows left it and joined no other group of it.
    """

    lower: datetime
    upper: datetime
    rows: int
    kept: str
    seen: str | None = None
    missing: int = 0
    surplus: int = 0
    vanished: int = 0
    checked: float = 0.0


@dataclass(slots=True)
class Ledger:
    """The slices of one scan, oldest first, without gaps. Changed by the sealing thread alone."""

    width: int
    slices: list[Slice] = field(default_factory=list)

    def add(self, rows: Sequence[Row], upper: datetime, now: float) -> None:
        """Note rows that were sealed up to `upper`."""
        lower = self.slices[-1].upper if self.slices else BEGINNING
        groups = self.grouped(rows)
        self.slices.append(Slice(lower, upper, counted(groups), pack(groups), checked=now))

    def grouped(self, rows: Iterable[Row]) -> Groups:
        """Result rows by their words."""
        found: Groups = {}
        words = _Words()
        for row in rows:
            _add(found, tuple(map(words.__getitem__, row[: self.width])), row[self.width :])
        return found

    def compact(self) -> None:
        """Merge neighbours that are old and small enough."""
        if not self.slices:
            return
        horizon = self.slices[-1].upper
        most = max(LEAST_ROWS, sum(part.rows for part in self.slices) // PARTS)
        place = 0
        while place + 1 < len(self.slices):
            left, right = self.slices[place : place + 2]
            if (right.upper - left.lower) * SHARE <= horizon - right.upper and left.rows + right.rows <= most:
                self.slices[place : place + 2] = [_merged(left, right)]
            else:
                place += 1

    def purged(self) -> set[int]:
        """Places of slices that lost rows at the old end, as a retention job deletes them: hardly an older row is left."""
        found: set[int] = set()
        left = gone = 0
        for place, part in enumerate(self.slices):
            gone += part.vanished
            if part.vanished and left * HARDLY <= gone:
                found.add(place)
            left += part.rows - part.surplus
        return found

    def dump(self) -> list[list[Any]]:
        """The slices for the state file."""
        return [
            [
                s.lower.isoformat(),
                s.upper.isoformat(),
                s.rows,
                s.kept,
                s.seen,
                s.missing,
                s.surplus,
                s.vanished,
                s.checked,
            ]
            for s in list(self.slices)
        ]

    def restore(self, saved: list[list[Any]]) -> None:
        """The slices from the state file."""
        self.slices = [
            Slice(datetime.fromisoformat(lower), datetime.fromisoformat(upper), *rest) for lower, upper, *rest in saved
        ]


def counted(groups: Mapping[Group, Sequence[Any]]) -> int:
    """Rows of all groups; the first number of a group is their count."""
    return sum(numbers[0] for numbers in groups.values())


def pack(groups: Groups) -> str:
    """Groups as compressed text, in parts, so that working on a long slice needs little memory beside its groups."""
    names = sorted(groups)
    starts = range(0, max(1, len(names)), PACKED)
    return " ".join(_packed({name: groups[name] for name in names[start : start + PACKED]}) for start in starts)


def unpack(text: str) -> Groups:
    """Groups from compressed text."""
    return {group: numbers for part in text.split(" ") for group, numbers in _unpacked(part)}


def _packed(groups: Groups) -> str:
    """Column by column."""
    import orjson

    columns = list(zip(*((*group, *numbers) for group, numbers in groups.items()), strict=True))
    try:
        body = orjson.dumps([len(next(iter(groups), ())), columns], default=str)
    except TypeError:  # A whole number of more than 64 bits.
        plain = [[str(v) if isinstance(v, int) else v for v in column] for column in columns]
        body = orjson.dumps([len(next(iter(groups), ())), plain], default=str)
    return base64.b64encode(zlib.compress(body, 6)).decode("ascii")


def _unpacked(text: str) -> Iterable[tuple[Group, Numbers]]:
    import orjson

    width, columns = orjson.loads(zlib.decompress(base64.b64decode(text)))
    numbers = [[Decimal(v) if isinstance(v, str) else v for v in column] for column in columns[width:]]
    rows = zip(*(map(intern, column) for column in columns[:width]), strict=True) if width else iter([()])
    return zip(rows, map(list, zip(*numbers, strict=True)), strict=True) if columns else ()


def total(left: Any, right: Any) -> Any:
    """A sum in which nothing is None; floats and decimals may meet."""
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, float) or isinstance(right, float):
        return float(left) + float(right)
    return left + right


def _merged(left: Slice, right: Slice) -> Slice:
    seen = None
    if left.seen is not None or right.seen is not None:
        seen = _summed(left.seen or left.kept, right.seen or right.kept)
    return Slice(
        left.lower,
        right.upper,
        left.rows + right.rows,
        _summed(left.kept, right.kept),
        seen,
        left.missing + right.missing,
        left.surplus + right.surplus,
        left.vanished + right.vanished,
        min(left.checked, right.checked),
    )


def _summed(left: str, right: str) -> str:
    groups = unpack(left)
    for group, numbers in unpack(right).items():
        _add(groups, group, numbers)
    return pack(groups)


def _add(groups: Groups, group: Group, numbers: Sequence[Any]) -> None:
    present = groups.get(group)
    groups[group] = list(numbers) if present is None else list(map(total, present, numbers))


class _Words(dict[Any, str]):
    """Label values as text, each made once."""

    def __missing__(self, word: Any) -> str:
        text = self[word] = intern(UNKNOWN if word is None or word == "" else str(word))
        return text
