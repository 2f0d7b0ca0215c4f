"""A mapped column as SQL: how its values are read, compared and added up in the database's own types."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from exporter.engine import stamps, zones
from exporter.engine.types import Type
from exporter.entity import Column, Condition, Kind

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.sql.elements import ColumnElement

    from exporter.mapping import ColumnSource
else:
    from exporter.later import sqlalchemy as sa

# A zone's clock goes back by an hour at most; two hours around a wall time hold every instant that it can mean.
FOLD: Final = timedelta(hours=2)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TICK: Final = timedelta(microseconds=1)
HALF_NANOSECOND: Final = Decimal("5e-10")
SCALES: Final = {"epoch": 1, "epoch_ms": 1000}


@dataclass(frozen=True, slots=True)
class Resolved:
    """One column of an entity in one database."""

    column: Column
    source: ColumnSource
    type: Type
    zone: str
    dialect: str

    @property
    def raw(self) -> ColumnElement[Any] | None:
        """The value as it stands in a row; None for a constant."""
        if self.source.value is not None:
            return None
        return written(self.source)

    @property
    def varies(self) -> bool:
        """Whether rows can differ in it."""
        return self.source.value is None

    @property
    def constant(self) -> str | None:
        """The value of a column that is the same in every row."""
        return self.source.value

    def words(self) -> ColumnElement[Any]:
        """The value as text, raw values replaced as the mapping says."""
        if self.raw is None:
            return sa.literal_column(_quote(self.constant or ""))
        text: ColumnElement[Any] = self.raw
        if self.type is not Type.TEXT or self.source.values or self.dialect == "sqlite":
            text = sa.cast(self.raw, sa.Text)
        if not self.source.values:
            return text
        default = text if self.source.default is None else literal(self.source.default)
        pairs = ((text == literal(key), literal(value)) for key, value in self.source.values.items())
        return sa.case(*pairs, else_=default)

    def number(self) -> ColumnElement[Any]:
        """The value as a number in the unit of the source."""
        if self.raw is None:
            return sa.literal_column(self.constant or "NULL")
        if self.type is Type.SPAN:
            return sa.extract("epoch", self.raw)
        return self.raw

    def at_most(self, bound: float) -> ColumnElement[bool]:
        """The value is the bound or less. The bound is turned into the source's unit, which no rounding can blur.

        A sixtieth has no last digit: what a minute's share says of seconds is meant to the nanosecond.
        """
        text = repr(bound)
        if self.source.unit == "min":
            return self.number() < sa.literal_column(f"{(Decimal(text) + HALF_NANOSECOND) / self._factor:f}")
        if self._factor != 1:
            text = f"{(Decimal(text) / self._factor).normalize():f}"
        return self.number() <= sa.literal_column(text)

    @property
    def _factor(self) -> Decimal:
        from exporter.mapping.model import UNITS

        return Decimal(UNITS[self.source.unit or "s"])

    def summed(self, where: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
        """The sum of valid values, in a type in which it does not depend on the order of rows; NULL without a value."""
        if self.dialect == "postgresql" and self.type is Type.BINARY and self.column.kind is Kind.REAL:
            found = self._in_trillionths(where)
        else:
            number = self._exact(self.number()) if self.type is Type.BINARY else self.number()
            found = sa.func.sum(number).filter(*where, self.valid())
        if self._factor == 1:
            return found
        if self.dialect == "sqlite" and self._factor < 1:
            return found / sa.literal_column(f"{1 / self._factor:.1f}")
        return found * sa.literal_column(f"{self._factor}")

    def _in_trillionths(self, where: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
        """Sum of floating-point numbers as whole trillionths: PostgreSQL makes each into a numeric ten times slower."""
        limit: ColumnElement[Any] = sa.literal_column("9e6::double precision")
        scale: ColumnElement[Any] = sa.literal_column("1e12::double precision")
        raw = self._sign
        small = sa.func.sum(sa.cast(raw * scale, sa.BigInteger)).filter(
            *where, raw >= sa.literal_column("0"), raw < limit
        )
        large = sa.func.sum(self._exact(raw)).filter(*where, raw >= limit, sa.not_(self.not_a_number()))
        part = small * sa.literal_column("0.000000000001")
        return sa.func.coalesce(part + large, part, large)

    def _exact(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        if self.dialect == "sqlite":
            return value
        # PostgreSQL keeps six digits of a real, but fifteen of a double precision number.
        return sa.cast(sa.cast(value, sa.Double) if self.type is Type.BINARY else value, sa.Numeric)

    @property
    def _sign(self) -> ColumnElement[Any]:
        """Something that is negative, zero or positive as the value is; units are positive, so they need not be applied."""
        return self.number() if self.raw is None or self.type is Type.SPAN else self.raw

    def valid(self) -> ColumnElement[bool]:
        """The value is there, not negative, and a finite number."""
        return sa.and_(self._sign >= sa.literal_column("0"), sa.not_(self.not_a_number()))

    def negative(self) -> ColumnElement[bool]:
        """The value is below 0."""
        return self._sign < sa.literal_column("0")

    @property
    def may_be_no_number(self) -> bool:
        """Whether the column's type has NaN or infinity. A column of SQLite may hold anything."""
        return self.raw is not None and (self.dialect == "sqlite" or self.type not in (Type.WHOLE, Type.SPAN))

    def not_a_number(self) -> ColumnElement[bool]:
        """The value is NaN or infinite; both sort above every number in PostgreSQL."""
        if not self.may_be_no_number:
            return sa.false()
        if self.dialect == "sqlite":
            return self._sign > sa.literal_column("1.7976931348623157e308")
        # Before version 14 a numeric has no infinity to compare with.
        limit = "'1e300'::numeric" if self.type is Type.EXACT else "'Infinity'::double precision"
        return self._sign >= sa.literal_column(limit)

    def test(self, condition: Condition) -> ColumnElement[bool]:
        """A condition of the catalogue on this column."""
        if condition.test in ("true", "not_true"):
            return (
                self._is_true() if condition.test == "true" else sa.not_(sa.func.coalesce(self._is_true(), sa.false()))
            )
        if condition.test in ("in", "not_in"):
            inside = self.words().in_([literal(value) for value in condition.values])
            return inside if condition.test == "in" else sa.not_(sa.func.coalesce(inside, sa.false()))
        value = self.words() if self.column.kind is Kind.TEXT or self.raw is None else self.raw
        present: ColumnElement[bool] = value.is_not(None)
        if self.column.kind is Kind.TEXT:
            present = sa.and_(present, value != literal(""))
        return present if condition.test == "present" else sa.not_(sa.func.coalesce(present, sa.false()))

    def _is_true(self) -> ColumnElement[bool]:
        if self.raw is None:
            return sa.true() if (self.constant or "").lower() in ("true", "t", "1", "yes") else sa.false()
        word = sa.func.lower(self.words()).in_([literal(word) for word in ("true", "t", "1", "yes")])
        if self.dialect == "sqlite" and not self.source.values:
            number = sa.func.typeof(self.raw).in_([literal("integer"), literal("real")])
            return sa.case((number, self.raw != sa.literal_column("0")), else_=word)
        if self.type is Type.FLAG and not self.source.values:
            return self.raw.is_(sa.literal_column("TRUE"))
        if self.type in (Type.WHOLE, Type.BINARY, Type.EXACT) and not self.source.values:
            return self.raw != sa.literal_column("0")
        return word

    @property
    def scale(self) -> int:
        """Units of a second where the time is a number since 1970, else 0."""
        return SCALES.get(self.source.format or "", 0)

    @property
    def _plain(self) -> str:
        """The raw value as text of a statement."""
        return compile_sql(self.raw if self.raw is not None else sa.null(), self.dialect)

    @property
    def _separator(self) -> str:
        return "T" if self.source.format == "iso" else " "

    @property
    def loose(self) -> bool:
        """Whether wall times of a zone with daylight saving need a second, exact comparison."""
        return self.type is Type.NAIVE and self.zone != "UTC" and self.source.format is None

    def instant(self) -> ColumnElement[Any]:
        """The value as an instant, for zones whose wall times repeat."""
        return sa.func.timezone(sa.literal_column(_quote(self.zone)), sa.cast(self.raw, sa.TIMESTAMP))

    def moment(self, instant: datetime) -> Any:
        """An instant in the form that the column's raw values have, so that an index on it serves."""
        if self.scale:
            # A division of whole numbers is rounded once.
            return (instant - EPOCH) // TICK * self.scale / 1_000_000
        if self.dialect == "sqlite":
            return stamps.text(zones.wall(instant, self.zone))
        if self.type is Type.ZONED:
            return instant
        return instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def compare(self, name: str, operator: str) -> ColumnElement[bool]:
        """`column OPERATOR :name`, for an index; with `:name_exact` beside it where wall times repeat."""
        raw = self.raw if self.raw is not None else sa.null()
        if self.dialect == "sqlite" and not self.scale:
            return sa.literal_column(stamps.compare(self._plain, name, operator), sa.Boolean)
        bound: ColumnElement[Any] = sa.bindparam(name, type_=sa.types.NullType())
        plain = raw.op(operator, is_comparison=True)(bound)
        if not self.loose:
            return plain
        exact = self.instant().op(operator, is_comparison=True)(
            sa.bindparam(f"{name}_exact", type_=sa.types.NullType())
        )
        return sa.and_(plain, exact)

    def params(self, name: str, operator: str, instant: datetime) -> dict[str, Any]:
        """Values for the parameters of `compare`."""
        if self.dialect == "sqlite" and not self.scale:
            return stamps.params(name, zones.wall(instant, self.zone), self._separator)
        if self.scale and self.type is Type.WHOLE:
            # Whole numbers are compared with whole numbers, or PostgreSQL would not use an index.
            units, rest = divmod((instant - EPOCH) // TICK * self.scale, 1_000_000)
            return {name: units + (1 if rest and operator in ("<", ">=") else 0)}
        if not self.loose:
            return {name: self.moment(instant)}
        wide = instant - FOLD if operator.startswith(">") else instant + FOLD
        return {name: self.moment(wide), f"{name}_exact": instant}

    def zoned(self) -> ColumnElement[Any]:
        """The value as an instant of PostgreSQL, whatever its form."""
        if self.scale:
            return sa.func.to_timestamp(self.raw / sa.literal_column("1" if self.scale == 1 else f"{self.scale}.0"))
        return self.raw if self.type is Type.ZONED and self.raw is not None else self.instant()

    def part(self, label: str, zone: str) -> ColumnElement[Any]:
        """Weekday (1 Monday to 7 Sunday) or hour (00 to 23) in a zone."""
        if self.dialect == "sqlite":
            own = "UTC" if self.scale else self.zone
            return sa.literal_column(stamps.part(self._plain, label, self.scale, (own, zone)))
        local = sa.func.timezone(literal(zone), self.zoned())
        number = sa.cast(sa.cast(sa.extract({"weekday": "isodow", "hour": "hour"}[label], local), sa.Integer), sa.Text)
        return sa.func.lpad(number, sa.literal_column("2"), literal("0")) if label == "hour" else number

    def before(self, other: Resolved) -> ColumnElement[bool]:
        """Whether the value is before that of another time of the row, whatever forms the two have."""
        if self.raw is None or other.raw is None:
            return self.number() < other.number()
        if self.dialect == "sqlite":
            one, two = (stamps.micros(c._plain, c.scale, c.zone) for c in (self, other))  # noqa: SLF001 - one of its kind
            return sa.literal_column(f"{one} < {two}", sa.Boolean)
        return self.raw < other.raw if self.like(other) else self.zoned() < other.zoned()

    def like(self, other: Resolved) -> bool:
        """Whether times of both columns have one form, so that their values can be compared as they are."""
        return (self.type, self.zone, self.scale) == (other.type, other.zone, other.scale) and not self.loose

    def slot(self) -> ColumnElement[Any]:
        """Which of the growing instants of parameter `slots` is the first that is not before the value, from 0."""
        if self.dialect == "sqlite":
            raw = self._plain if self.scale else stamps.exact(self._plain)
            return sa.literal_column(f"(SELECT count(*) FROM json_each(:slots) AS slot WHERE slot.value < {raw})")
        bound: ColumnElement[Any] = sa.bindparam("slots", type_=sa.types.NullType())
        if self.scale:
            return sa.func.width_bucket(sa.cast(self.raw, sa.Double), sa.cast(bound, sa.ARRAY(sa.Double)))
        if self.loose or self.type is Type.ZONED:
            kind = sa.TIMESTAMP(timezone=True)
            return sa.func.width_bucket(self.zoned(), sa.cast(bound, sa.ARRAY(kind)))
        return sa.func.width_bucket(sa.cast(self.raw, sa.TIMESTAMP), sa.cast(bound, sa.ARRAY(sa.TIMESTAMP)))

    def slot_params(self, instants: Sequence[datetime]) -> dict[str, Any]:
        """The parameter of `slot`. PostgreSQL finds the first that is greater, so it gets the next instant after each."""
        if self.dialect == "sqlite":
            return {"slots": json.dumps([self.moment(instant) for instant in instants])}
        if self.scale:
            return {"slots": [math.nextafter(self.moment(instant), math.inf) for instant in instants]}
        after = [instant + timedelta(microseconds=1) for instant in instants]
        return {"slots": after if self.loose else [self.moment(instant) for instant in after]}


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literal(text: str) -> ColumnElement[Any]:
    """A word inside a statement; statements are built once, so words are no parameters."""
    return sa.literal_column(_quote(text))


def written(source: ColumnSource) -> ColumnElement[Any]:
    """What a mapping gives for a column, untouched."""
    return sa.column(source.column) if source.column is not None else sa.literal_column(f"({source.sql})")


def relation(table: str | None, sql: str | None, joined: str = "") -> Any:
    """What to select from: a table by its quoted name, or the user's own SQL; and what is joined to it."""
    if joined:
        name = '"' + '"."'.join(part.replace('"', '""') for part in (table or "").rsplit(".", 1)) + '"'
        rows = name if table is not None else f"({_escape(sql or '')})"
        return sa.text(f"{rows} AS source {_escape(joined)}")
    if table is not None:
        parts = table.rsplit(".", 1)
        return sa.table(parts[-1], schema=parts[0] if len(parts) == 2 else None)
    return sa.text(f"({_escape(sql or '')}) AS source")


def _escape(sql: str) -> str:
    return sql.replace("\\", "\\\\").replace(":", "\\:")


def compile_sql(statement: Any, dialect: str) -> str:
    """The statement's text in the driver's style of parameters."""
    from sqlalchemy.dialects import postgresql, sqlite

    kind: Any = postgresql.psycopg.dialect() if dialect == "postgresql" else sqlite.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=kind))
