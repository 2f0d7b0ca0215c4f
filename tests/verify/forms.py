"""Forms in which databases hold a value: the type, what is written, how a mapping says it, and what it then means."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from exporter.entity import Column, Kind

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PARIS: Final = ZoneInfo("Europe/Paris")
Value = Any


@dataclass(frozen=True)
class Form:
    """`write` makes of a value what is put into the table; `mean` makes of that what the catalogue is to see."""

    type: str
    write: Callable[[Value], Any]
    mean: Callable[[Any], Value]
    mapping: dict[str, Any] = field(default_factory=dict)
    binary: bool = False

    def __repr__(self) -> str:
        return f"{self.type} {self.mapping}"


def _micros(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def _at(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def _naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None)


def _local(instant: datetime) -> datetime:
    return instant.astimezone(PARIS).replace(tzinfo=None)


def of_local(wall: datetime) -> datetime:
    """A wall time of Paris; of two instants it is the later one."""
    return max(wall.replace(tzinfo=PARIS, fold=fold).astimezone(UTC) for fold in (0, 1))


def _milli(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


TIMES: Final = {
    "postgresql": (
        Form("timestamptz", lambda t: t, lambda t: t),
        Form("timestamp", _naive, lambda t: t.replace(tzinfo=UTC)),
        Form("timestamp", _local, of_local, {"time_zone": "Europe/Paris"}),
        Form("bigint", lambda t: _micros(t) // 1_000_000, lambda n: _at(n * 1_000_000), {"format": "epoch"}),
        Form("bigint", lambda t: _micros(t) // 1000, lambda n: _at(n * 1000), {"format": "epoch_ms"}),
        Form(
            "double precision",
            lambda t: _micros(t) / 1_000_000,
            lambda n: _at(round(n * 1_000_000)),
            {"format": "epoch"},
        ),
        Form("numeric", lambda t: Decimal(_micros(t)) / 1000, lambda n: _at(int(n * 1000)), {"format": "epoch_ms"}),
    ),
    "sqlite": (
        Form("timestamp", lambda t: str(_naive(t)), lambda t: datetime.fromisoformat(t).replace(tzinfo=UTC)),
        Form("text", lambda t: f"{t:%Y-%m-%d %H:%M:%S}", lambda t: datetime.fromisoformat(t).replace(tzinfo=UTC)),
        Form(
            "text", lambda t: _naive(t).isoformat(), lambda t: datetime.fromisoformat(t).replace(tzinfo=UTC),
            {"format": "iso"},
        ),
        Form("text", _milli, datetime.fromisoformat),
        Form("text", lambda t: t.isoformat(" "), datetime.fromisoformat),
        Form("text", lambda t: str(_local(t)), lambda t: of_local(datetime.fromisoformat(t)), {"time_zone": "Europe/Paris"}),
        Form("integer", lambda t: _micros(t) // 1_000_000, lambda n: _at(n * 1_000_000), {"format": "epoch"}),
        Form("real", lambda t: _micros(t) / 1_000_000, lambda n: _at(round(n * 1_000_000)), {"format": "epoch"}),
        Form("integer", lambda t: _micros(t) // 1000, lambda n: _at(n * 1000), {"format": "epoch_ms"}),
    ),
}  # fmt: skip

NANO: Final = Decimal("1e-9")
"""A sixtieth has no last digit: what a share of a minute says of seconds is meant to the nanosecond."""

FACTORS: Final = {"us": "0.000001", "ms": "0.001", "s": "1", "min": "60", "percent": "0.01", "cents": "0.01"}


def _nano(number: Decimal) -> Decimal:
    return number.quantize(NANO) if number.is_finite() else number


def _decimal(number: Any) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(repr(number))


def _single(number: Decimal) -> float:
    """The floating-point number of 32 bits that is nearest."""
    try:
        found: float = struct.unpack("f", struct.pack("f", float(number)))[0]
    except OverflowError:
        return float("inf")
    return found


def _number(type: str, write: Callable[[Decimal], Any], unit: str, *, binary: bool) -> Form:
    factor = Decimal(FACTORS[unit])
    return Form(
        type,
        lambda value: write(value if value.is_nan() else value / factor),
        lambda raw: _nano(_decimal(raw) * factor) if unit == "min" else _decimal(raw) * factor,
        {"unit": unit},
        binary,
    )


def number(type: str, unit: str, dialect: str) -> Form:
    """A number with a fraction, of a type and in a unit."""
    exact = type == "numeric"
    return _number(type, _plain if exact else float, unit, binary=not exact or dialect == "sqlite")


def plain(column: Column, dialect: str) -> Form:
    """The simplest form of a column."""
    if column.kind is Kind.TIME:
        return TIMES[dialect][0]
    if column.kind is Kind.FLAG:
        return FLAGS[dialect][0]
    return WORDS[0] if column.kind is Kind.TEXT else number("double precision", "s", dialect)


def _whole(number: Decimal) -> int | None:
    return int(number) if number.is_finite() else None


def numbers(dialect: str, column: Column) -> st.SearchStrategy[Form]:
    """Forms of a number; whole numbers are in whole units."""
    units = {Kind.REAL: ("s", "ms", "us", "min", "percent"), Kind.MONEY: ("s", "cents"), Kind.INTEGER: ("s",)}
    types: dict[str, tuple[Callable[[Decimal], Any], bool]] = {
        "double precision": (float, True),
        "bigint": (_whole, False),
    }
    if dialect == "postgresql":
        types |= {"numeric": (lambda number: number, False), "real": (_single, True)}
    if column.kind is Kind.INTEGER:
        types = {name: (_rounded(write), binary) for name, (write, binary) in types.items() if name != "real"}
    return st.tuples(st.sampled_from(sorted(types)), st.sampled_from(units[column.kind])).map(
        lambda drawn: _number(drawn[0], types[drawn[0]][0], drawn[1], binary=types[drawn[0]][1] or dialect == "sqlite")
    )


def _rounded(write: Callable[[Decimal], Any]) -> Callable[[Decimal], Any]:
    return lambda number: write(number.to_integral_value() if number.is_finite() else number)


def _plain(value: Any) -> Any:
    return value


WORDS: Final = (
    Form("text", _plain, _plain),
    Form("varchar(20)", _plain, _plain),
    Form(
        "integer",
        lambda word: {"ok": 1, "error": 2, "": 0}.get(word, 3),
        lambda code: {1: "ok", 2: "error", 0: "0"}.get(code, "else"),
        {"values": {"1": "ok", "2": "error", "0": "0"}, "default": "else"},
    ),
    Form("text", lambda word: f"<{word}>", lambda raw: "ok" if raw == "<ok>" else raw, {"values": {"<ok>": "ok"}}),
)
CHAR: Final = Form("char(12)", _plain, lambda raw: raw.rstrip(" "))

YES: Final = ("true", "t", "1", "yes")
FLAGS: Final = {
    "postgresql": (
        Form("boolean", _plain, _plain),
        Form("integer", lambda flag: 2 * int(flag), bool),
        Form("text", lambda flag: "YES" if flag else "no", lambda raw: raw.lower() in YES),
        Form("text", lambda flag: "Y" if flag else "N", lambda raw: raw == "Y", {"values": {"Y": "true", "N": "false"}}),
    ),
    "sqlite": (
        Form("boolean", int, bool),
        Form("integer", lambda flag: 2 * int(flag), bool),
        Form("text", lambda flag: "T" if flag else "f", lambda raw: raw.lower() in YES),
        Form("text", lambda flag: "Y" if flag else "N", lambda raw: raw == "Y", {"values": {"Y": "true", "N": "false"}}),
    ),
}  # fmt: skip


def of(column: Column, dialect: str) -> st.SearchStrategy[Form]:
    """Forms of a column."""
    if column.kind is Kind.TIME:
        return st.sampled_from(TIMES[dialect])
    if column.kind is Kind.FLAG:
        return st.sampled_from(FLAGS[dialect])
    if column.kind is Kind.TEXT:
        return st.sampled_from((*WORDS, CHAR) if dialect == "postgresql" else WORDS)
    return numbers(dialect, column)
