"""A mapped column as plain SQL text: its words, its number, its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from exporter.entity import Column, Condition, Kind
from exporter.mapping import ColumnSource

# What PostgreSQL calls its types (pg_type.oid) and what Python makes of SQLite's values.
FLOATS: Final = frozenset({"700", "701", "float"})
NUMBERS: Final = frozenset({"20", "21", "23", "1700", "1186", "int", *FLOATS})
BOOLEAN: Final = "16"
INTERVAL: Final = "1186"
NUMERIC: Final = "1700"
WITH_ZONE: Final = "1184"
WITHOUT_ZONE: Final = frozenset({"1114", "1082"})
YES: Final = "('true', 't', '1', 'yes')"
FACTORS: Final = {
    "us": ("*", "0.000001"),
    "ms": ("*", "0.001"),
    "min": ("*", "60"),
    "percent": ("*", "0.01"),
    "cents": ("*", "0.01"),
}
REAL: Final = "700"
DIGITS: Final = 11
"""So many digits of a second are meant by a binary fraction of a minute; a sixtieth has no last one."""
NANO: Final = 9
DIVISORS: Final = {
    "us": ("/", "1000000.0"),
    "ms": ("/", "1000.0"),
    "min": ("*", "60"),
    "percent": ("/", "100.0"),
    "cents": ("/", "100.0"),
}
YEAR_ONE: Final = "TIMESTAMPTZ '0001-01-03 00:00:00+00'"
"""An event before this is no event: the time stamp is a mistake, or has no beginning."""


class VerifyError(Exception):
    """Something cannot be verified; the message says what and why."""


def quote(text: str) -> str:
    """A word in SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of an entity. `text` is its SQL, empty for a constant; `type` is the database's word for its type."""

    column: Column
    source: ColumnSource
    text: str
    type: str
    zone: str
    sqlite: bool

    def words(self) -> str:
        """The value as text, replaced as the mapping says."""
        if not self.text:
            return quote(self.source.value or "")
        words = f"CAST({self.text} AS text)"
        if not self.source.values:
            return words
        pairs = " ".join(f"WHEN {quote(raw)} THEN {quote(meaning)}" for raw, meaning in self.source.values.items())
        rest = words if self.source.default is None else quote(self.source.default)
        return f"CASE {words} {pairs} ELSE {rest} END"

    def number(self) -> str:
        """The value as a number in the catalogue's unit."""
        if not self.text:
            return self.source.value or "NULL"
        if self.sqlite:
            sign, factor = DIVISORS.get(self.source.unit or "", ("", ""))
            if self.source.unit == "min":
                return f"round({self.text} * 60, {DIGITS})"
            return f"({self.text} {sign} {factor})" if sign else self.text
        if self.type not in NUMBERS:
            raise VerifyError(f"column {self.column.name} is no number in the database")
        plain = f"EXTRACT(EPOCH FROM {self.text})" if self.type == INTERVAL else self.text
        if self.type == REAL:
            plain = f"CAST({self.text} AS double precision)"
        sign, factor = FACTORS.get(self.source.unit or "", ("", ""))
        if not sign:
            return plain
        if self.source.unit == "min" and self.type in FLOATS:
            return f"CAST(ROUND(CAST({plain} * 60 AS numeric), {DIGITS}) AS double precision)"
        # As text a floating-point number has all of its digits, as numeric only fifteen.
        plain = f"CAST({plain} AS text)" if self.type in FLOATS else plain
        return f"(CAST({plain} AS numeric) {sign} {factor})"

    def compared(self, number: str) -> str:
        """A number as it is compared with bounds: to the nanosecond where it was a share of minutes."""
        if self.source.unit != "min":
            return number
        return f"ROUND({number}, {NANO})" if self.sqlite else f"ROUND(CAST({number} AS numeric), {NANO})"

    def counts(self, number: str) -> str:
        """Whether a number is there, not negative and finite."""
        if self.sqlite:
            whole = f"typeof({self.text}) IN ('integer', 'real') AND " if self.text else ""
            return f"{whole}{number} >= 0 AND {number} <= 1.7976931348623157e308"
        if self.text and self.type in {*FLOATS, NUMERIC}:
            return f"{number} >= 0 AND {number} < 'Infinity'"
        return f"{number} >= 0"

    @property
    def rounded(self) -> bool:
        """Whether sums of the column are of binary fractions, which are never exact."""
        return self.type in FLOATS or self.sqlite

    def test(self, condition: Condition) -> str:
        """A condition of the catalogue."""
        if condition.test in ("in", "not_in"):
            inside = f"{self.words()} IN ({', '.join(map(quote, condition.values))})"
            return inside if condition.test == "in" else f"({inside}) IS NOT TRUE"
        if condition.test in ("present", "absent"):
            there = (
                f"COALESCE({self.words()}, '') <> ''"
                if self.column.kind is Kind.TEXT or not self.text
                else f"{self.text} IS NOT NULL"
            )
            return there if condition.test == "present" else f"NOT ({there})"
        return self._true() if condition.test == "true" else f"({self._true()}) IS NOT TRUE"

    def _true(self) -> str:
        word = f"LOWER({self.words()}) IN {YES}"
        if not self.text or self.source.values:
            return word
        if self.sqlite:
            return f"CASE WHEN typeof({self.text}) IN ('integer', 'real') THEN {self.text} <> 0 ELSE {word} END"
        if self.type == BOOLEAN:
            return f"{self.text} IS TRUE"
        return f"{self.text} <> 0" if self.type in NUMBERS else word

    # ---- time -----------------------------------------------------------------------------------------------------

    def until(self, instant: datetime) -> str:
        """Rows whose time is the instant or before."""
        return f"{self.time()} <= {self._literal(instant)}"

    def after(self, instant: datetime) -> str:
        """Rows whose time is after the instant."""
        return f"{self.time()} > {self._literal(instant)}"

    def happened(self, instant: datetime) -> str:
        """Rows whose event is the instant or before, and is one at all."""
        if self.scale:
            return self.until(instant)
        if self.sqlite:
            return f"{self.time()} >= '0001-01-03' AND {self.until(instant)}"
        return f"{self.time()} >= {YEAR_ONE} AND {self.until(instant)}"

    def part(self, part: str, zone: str) -> str:
        """Weekday (1 Monday to 7 Sunday) or hour (00 to 23) of the time in a zone."""
        instant = f"to_timestamp({self.text} / {self.scale}.0)" if self.scale else self.time()
        return f"to_char({instant} AT TIME ZONE {quote(zone)}, {quote('HH24' if part == 'hour' else 'ID')})"

    def quarter(self) -> str:
        """Which quarter of an hour since 1970 the time is in, by its own clock: SQLite knows no time zones."""
        seconds = f"{self.text} / {self.scale}.0" if self.scale else f"strftime('%s', substr({self.text}, 1, 19))"
        return f"CAST({seconds} + 90000000000 AS INTEGER) / 900 - 100000000"

    def part_of(self, quarter: int, part: str, zone: str) -> str:
        """Weekday or hour of a quarter of an hour in a zone."""
        wall = datetime(1970, 1, 1) + timedelta(minutes=15 * quarter)  # noqa: DTZ001 - a wall time
        own = ZoneInfo("UTC" if self.scale else self.zone)
        return _latest(wall, own).astimezone(ZoneInfo(zone)).strftime("%H" if part == "hour" else "%u")

    @property
    def scale(self) -> int:
        """Units of a second if the time is a number since 1970, else 0."""
        return {"epoch": 1, "epoch_ms": 1000}.get(self.source.format or "", 0)

    def time(self) -> str:
        """The time as an instant, in SQLite as text of one form."""
        if not self.text:
            raise VerifyError(f"column {self.column.name} is a constant, which is no time")
        if self.scale:
            return self.text
        if self.sqlite:
            second = f"strftime('%Y-%m-%d %H:%M:%S', substr({self.text}, 1, 19))"
            return f"{second} || '.' || substr(rtrim(substr({self.text}, 21), 'Z+0:') || '000000', 1, 6)"
        if self.type in WITHOUT_ZONE:
            return f"(CAST({self.text} AS timestamp) AT TIME ZONE {quote(self.zone)})"
        if self.type != WITH_ZONE:
            raise VerifyError(f"column {self.column.name} is no time stamp in the database")
        return self.text

    def _literal(self, instant: datetime) -> str:
        if self.scale:
            past = instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
            micros = (past.days * 86400 + past.seconds) * 1_000_000 + past.microseconds
            return f"{Decimal(micros) * self.scale / 1_000_000:f}"
        if self.sqlite:
            local = _wall(instant, ZoneInfo(self.zone))
            return quote(local.isoformat(sep=" ", timespec="microseconds"))
        return f"TIMESTAMPTZ {quote(instant.astimezone(UTC).isoformat(sep=' '))}"


def _latest(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall time; of two the later one."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """The last wall time whose instant has come."""
    local = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    if _latest(local, zone) <= instant:
        return local
    minute = local.replace(second=0, microsecond=0)
    while _latest(minute, zone) > instant:
        minute -= timedelta(minutes=1)
    return minute + timedelta(minutes=1) - timedelta(microseconds=1)
