"""Entities as relations with their own column names and one type for each kind of column, whatever the mapping.

Views for people read instants as time stamps; computations read them as seconds since the epoch, which PostgreSQL and
SQLite subtract and compare alike. A column that is not mapped is NULL; so is a number that is negative or none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from exporter.engine.columns import Resolved, compile_sql, literal
from exporter.engine.resolve import Rows, Source
from exporter.engine.types import Type
from exporter.entity import Column, Kind

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.sql.elements import ColumnElement
else:
    from exporter.later import sqlalchemy as sa

TYPES: Final = {
    Kind.TEXT: "text", Kind.TIME: "timestamptz", Kind.INTEGER: "bigint", Kind.REAL: "double precision", Kind.MONEY: "numeric",
    Kind.FLAG: "boolean",
}  # fmt: skip
MARK: Final = "relation__"
SINCE, UNTIL = "since", "until"


def view(source: Source, columns: Iterable[Column]) -> str:
    """SELECT of an entity's columns with PostgreSQL's own types, for a view."""
    shown = tuple(columns)
    return " UNION ALL ".join(_view(part, shown) for part in source.parts or (source,))


def _view(source: Source, columns: Iterable[Column]) -> str:
    chosen: list[ColumnElement[Any]] = []
    for column in columns:
        found = source.columns.get(column.name)
        value = _value(found, zoned=True) if found is not None else sa.null()
        chosen.append(sa.literal_column(f"CAST({_sql(value, source)} AS {TYPES[column.kind]})").label(column.name))
    return compile_sql(source.select_from(*chosen), source.dialect)


def relation(
    source: Source, name: str, at: Column | None, since: datetime | None, until: datetime | None
) -> tuple[str, dict[str, Any]]:
    """A subselect with all columns of an entity, and its parameters; the window is asked so that an index serves."""
    text = source.rows or rows(source)
    limits: list[str] = []
    params: dict[str, Any] = {}
    if at is not None:
        for operator, end, instant in ((">=", SINCE, since), ("<=", UNTIL, until)):
            if instant is not None:
                limits.append(text.limits[at.name, operator].replace(MARK, f"{name}_"))
                params |= source.columns[at.name].params(f"{name}_{end}", operator, instant)
    joint = " AND " if source.mapping.where or source.parts else " WHERE "
    window = f"{joint}{' AND '.join(limits)}" if limits else ""
    return f"({' UNION ALL '.join(select + window for select in text.selects)}) AS {name}", params


def rows(source: Source) -> Rows:
    """The texts of which a relation is put together, so that nothing is built when it is read."""
    limits = {
        (name, operator): f"({_sql(found.compare(f'{MARK}{end}', operator), source)})"
        for name, found in source.columns.items()
        if found.column.kind is Kind.TIME and found.varies
        for operator, end in ((">=", SINCE), ("<=", UNTIL))
    }
    return Rows(tuple(_select(part) for part in source.parts or (source,)), limits)


def _select(source: Source) -> str:
    chosen = []
    for column in source.entity.columns:
        found = source.columns.get(column.name)
        value = _value(found, zoned=False) if found is not None else sa.null()
        if source.dialect == "postgresql" and found is None:
            kind = (
                "double precision"
                if column.kind is Kind.TIME
                else "bigint"
                if column.kind is Kind.FLAG
                else TYPES[column.kind]
            )
            value = sa.literal_column(f"CAST(NULL AS {kind})")
        chosen.append(value.label(column.name))
    return compile_sql(source.select_from(*chosen), source.dialect)


def _value(found: Resolved, *, zoned: bool) -> ColumnElement[Any]:
    kind = found.column.kind
    if kind is Kind.TEXT:
        return found.words()
    if kind is Kind.TIME:
        return found.zoned() if zoned else seconds(found)
    if kind is Kind.FLAG:
        known = found.test(found.column.present)
        yes, no = (sa.true(), sa.false()) if zoned else (sa.literal_column("1"), sa.literal_column("0"))
        return sa.case((found.test(found.column.true), yes), (known, no), else_=sa.null())
    return sa.case((found.valid(), found.number()), else_=sa.null())


def seconds(found: Resolved) -> ColumnElement[Any]:
    """An instant as seconds since the epoch."""
    if found.dialect == "postgresql":
        # EXTRACT would make a decimal of it first, which costs more than all else that is done with most rows.
        return sa.func.date_part(literal("epoch"), found.zoned())
    raw = found.raw if found.raw is not None else sa.null()
    if found.source.format in ("epoch", "epoch_ms"):
        return raw / sa.literal_column("1000.0" if found.source.format == "epoch_ms" else "1.0")
    # Days since the Julian epoch are a float that is 40 microseconds wide; these parts are exact to the millisecond.
    whole, seconds, fraction = (sa.func.strftime(literal(form), raw) for form in ("%s", "%S", "%f"))
    return sa.cast(whole, sa.Integer) - sa.cast(seconds, sa.Integer) + sa.cast(fraction, sa.Float)


def unreadable(source: Source) -> str | None:
    """Why instants of this source cannot be turned into seconds: SQLite knows no zones."""
    if source.dialect == "sqlite":
        for found in source.columns.values():
            if (
                found.column.kind is Kind.TIME
                and found.type is not Type.WHOLE
                and found.source.format is None
                and found.zone != "UTC"
            ):
                return f"column {found.column.name} of {source.entity.name} is in zone {found.zone}, which SQLite cannot convert"
    return None


def _sql(value: ColumnElement[Any], source: Source) -> str:
    return compile_sql(value, source.dialect)
