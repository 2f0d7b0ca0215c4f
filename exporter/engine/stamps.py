"""Time stamps in SQLite, which has no type for them: text, or numbers since 1970, in whatever form others wrote them.

Text is compared in one form, to the microsecond; the column's own text bounds that to a second, so that an index on it
serves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from exporter.engine import zones

TEMPLATE: Final = "0000-00-00 00:00:00.000000"
"""What a shorter text lacks behind its end."""

PARTS: Final = {"hour": "%H", "weekday": "%w"}


def exact(raw: str) -> str:
    """The text in one form: a blank in the middle, six digits of a second, no zone."""
    bare = f"replace(replace(rtrim({raw}, 'Z'), '+00:00', ''), 'T', ' ')"
    return f"substr({bare} || substr('{TEMPLATE}', length({bare}) + 1), 1, {len(TEMPLATE)})"


def compare(raw: str, name: str, operator: str) -> str:
    """`raw OPERATOR instant`. Rows of the very second of the instant are looked at closely, others are not."""
    close = f"{exact(raw)} {operator} :{name}_exact"
    if operator.startswith("<"):
        return f"({raw} < :{name}_wide AND ({raw} < :{name} OR {close}))"
    return f"({raw} >= :{name} AND ({raw} >= :{name}_wide OR {close}))"


def params(name: str, wall: datetime, separator: str) -> dict[str, Any]:
    """Values for the parameters of `compare`: a text of a whole second sorts before every text within that second.

    A `T` sorts behind a blank. Where the separator may be either, more rows of the same day are looked at closely.
    """
    second = wall.replace(microsecond=0)
    return {
        name: second.isoformat(separator),
        f"{name}_wide": (second + timedelta(seconds=1)).isoformat("T"),
        f"{name}_exact": text(wall),
    }


def text(wall: datetime) -> str:
    """A wall time in the form of `exact`."""
    return wall.isoformat(" ", timespec="microseconds")


def form(value: Any) -> tuple[str | None, str | None]:
    """The separator of a stamp's text, and what is wrong with it: a number, or an offset from UTC other than 0."""
    if isinstance(value, (int, float)):
        return None, "it is a number; say with format whether it is epoch or epoch_ms"
    if not isinstance(value, str) or len(value) < len("2026-01-01"):
        return None, None
    if value[-6:-5] in ("+", "-") and value[-3:-2] == ":" and len(value) > len(TEMPLATE[:19]) and value[-5:] != "00:00":
        return None, "its text has an offset from UTC; map sql that makes UTC of it, such as datetime(column)"
    return {" ": " ", "T": "T"}.get(value[10:11]), None


def part(raw: str, label: str, scale: int, zone_of: tuple[str, str]) -> str:
    """Weekday (1 Monday to 7 Sunday) or hour (00 to 23) in the second zone of a stamp whose wall time is of the first."""
    word = f"strftime('{PARTS[label]}', {_seconds(raw, scale)}{_shift(raw, scale, zone_of)})"
    return word if label == "hour" else f"replace({word}, '0', '7')"


def micros(raw: str, scale: int, zone: str) -> str:
    """Microseconds since 1970, to compare stamps of different forms."""
    if scale:
        return f"CAST(round({raw} * {1_000_000 // scale}) AS INTEGER)"
    second = f"strftime('%s', {_seconds(raw, 0)}{_shift(raw, 0, (zone, 'UTC'))})"
    return f"({second} * 1000000 + substr({exact(raw)}, 21))"


def _seconds(raw: str, scale: int) -> str:
    """Whole seconds as SQLite's functions for time read them; fractions would be rounded up."""
    if not scale:
        return f"substr({raw}, 1, 19)"
    value = raw if scale == 1 else f"{raw} / {scale}.0"
    return f"CAST({value} AS INTEGER) - ({value} < CAST({value} AS INTEGER)), 'unixepoch'"


def _shift(raw: str, scale: int, zone_of: tuple[str, str]) -> str:
    """The modifier that turns a wall time of one zone into that of another."""
    if zone_of[0] == zone_of[1]:
        return ""
    steps = zones.shifts(*zone_of)
    value = raw if scale else f"replace({raw}, 'T', ' ')"

    def bound(second: int) -> str:
        if scale:
            return str(second * scale)
        return f"'{(zones.EPOCH + timedelta(seconds=second)).replace(tzinfo=None).isoformat(' ')}'"

    def tree(first: int, last: int) -> str:
        if last - first == 1:
            return f"'{steps[first][1]:+d} seconds'"
        middle = (first + last) // 2
        return f"CASE WHEN {value} < {bound(steps[middle][0])} THEN {tree(first, middle)} ELSE {tree(middle, last)} END"

    return f", {tree(0, len(steps))}"
