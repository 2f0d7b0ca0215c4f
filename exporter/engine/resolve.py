"""Finds out which mapped columns a database really has, and of what type they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from exporter.engine import stamps
from exporter.engine.columns import SCALES, Resolved, compile_sql, relation, written
from exporter.engine.types import TYPES, Type
from exporter.entity import Column, Entity, Kind
from exporter.sources.database import ConnectionLost, Database, DatabaseError, Session

if TYPE_CHECKING:
    import sqlalchemy as sa

    from exporter.mapping import ColumnSource, EntityMapping, Mapping
else:
    from exporter.later import sqlalchemy as sa

NUMBERS: Final = frozenset({Kind.INTEGER, Kind.REAL, Kind.MONEY})
TIMEOUT: Final = 5.0
CARDS: Final = "wf_"
"""How names begin that belong to rate cards."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Text of SELECTs of all columns of an entity, and of the conditions on a time, by column and operator.

    The names of parameters begin with `MARK`, which stands for the name of the relation.
    """

    selects: tuple[str, ...]
    limits: dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Source:
    """An entity in a database: its relation, the columns that are there, and why others are not."""

    entity: Entity
    mapping: EntityMapping
    dialect: str
    columns: dict[str, Resolved]
    problems: dict[str, str]
    joined: str = ""
    """Rate cards, for columns that need prices."""
    only: str = ""
    """A condition that chooses among the entity's rows."""
    parts: tuple[Source, ...] = ()
    """The same rows in several parts, where some are read faster by themselves."""
    rows: Rows | None = None
    """The entity as computations read it, where it was worked out before."""

    def select_from(self, *columns: Any) -> Any:
        """A SELECT over the entity's rows; with the rate cards only where a column looks at them."""
        rows = relation(self.mapping.table, self.mapping.sql)
        if self.joined and any(CARDS in compile_sql(column, self.dialect) for column in columns):
            rows = relation(self.mapping.table, self.mapping.sql, self.joined)
        statement = sa.select(*columns).select_from(rows)
        for condition in (self.mapping.where, self.only):
            if condition:
                statement = statement.where(sa.text(f"({condition.replace(':', chr(92) + ':')})"))
        return statement

    def peek(self, *columns: Any) -> str:
        """A statement that shows the types of columns and reads no rows (in SQLite one, which has the types)."""
        limit = "0" if self.dialect == "postgresql" else "1"
        return f"{compile_sql(self.select_from(*columns), self.dialect)} LIMIT {limit}"

    def missing(self, columns: Iterable[Column]) -> str | None:
        """Why the first of these columns cannot be read; None when all can."""
        for column in columns:
            if column.name not in self.columns:
                return self.problems.get(column.name, f"column {column.name} of {self.entity.name} is not mapped")
        return None


def resolve(entity: Entity, mapping: Mapping, database: Database) -> Source | str:
    """An entity in the database, or the sentence that says why it is not there at all."""
    mapped = mapping.entities.get(entity.name)
    if mapped is None:
        return f"entity {entity.name} is not mapped"
    raws = {name: written(source) for name, source in mapped.columns.items() if source.value is None}
    bare = Source(entity, mapped, database.dialect, {}, {})
    try:
        with database.snapshot() as session:
            types, problems = _types(session, bare, raws)
            forms, strange = _forms(session, bare, raws) if database.dialect == "sqlite" else ({}, {})
    except ConnectionLost:
        raise
    except DatabaseError as error:
        return f"{mapped.table or 'the SQL'} of entity {entity.name} cannot be read: {error}"
    columns = {}
    for name, source in mapped.columns.items():
        if name in problems:
            continue
        zone = source.time_zone or mapping.time_zone
        kind = Type.TEXT if source.value is not None else TYPES.get(types[name], Type.OTHER)
        found = Resolved(entity[name], forms.get(name, source), kind, zone, database.dialect)
        wrong = strange.get(name) or _unfit(found)
        if wrong:
            problems[name] = f"column {name} of {entity.name}: {wrong}"
        else:
            columns[name] = found
    return Source(entity, mapped, database.dialect, columns, problems)


def _types(session: Session, source: Source, raws: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Type of each column, and what is wrong with those that cannot be read."""
    try:
        found = session.describe(
            source.peek(*(each.label(f"c{index}") for index, each in enumerate(raws.values()))), TIMEOUT
        )
        return dict(zip(raws, (column.type for column in found), strict=True)), {}
    except ConnectionLost:
        raise
    except DatabaseError:
        session.describe(source.peek(sa.literal_column("1")), TIMEOUT)
    types: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, raw in raws.items():
        try:
            types[name] = session.describe(source.peek(raw.label("c")), TIMEOUT)[0].type
        except ConnectionLost:
            raise
        except DatabaseError as error:
            problems[name] = f"column {name} of {source.entity.name}: {error}"
    return types, problems


def _forms(session: Session, source: Source, raws: dict[str, Any]) -> tuple[dict[str, ColumnSource], dict[str, str]]:
    """Times of SQLite as their first row has them, for no type tells: sources with their format, and what is wrong."""
    found: dict[str, ColumnSource] = {}
    strange: dict[str, str] = {}
    for name, raw in raws.items():
        mapped = source.mapping.columns[name]
        if source.entity[name].kind is Kind.TIME and mapped.format not in SCALES:
            sql = compile_sql(source.select_from(raw).where(raw.is_not(None)), source.dialect)
            try:
                rows = session.rows(f"{sql} LIMIT 1", {}, TIMEOUT)
            except DatabaseError:
                continue
            separator, wrong = stamps.form(rows[0][0]) if rows else (None, None)
            if wrong is not None:
                strange[name] = wrong
            elif separator is not None:
                found[name] = mapped.model_copy(update={"format": "iso" if separator == "T" else None})
    return found, strange


def _unfit(column: Resolved) -> str | None:
    """Why a column's type does not fit what the entity expects; SQLite has no types to go by."""
    if column.dialect == "sqlite":
        return None
    kind, found = column.column.kind, column.type
    if kind is Kind.TIME:
        if found in (Type.ZONED, Type.NAIVE):
            return None
        if found in (Type.WHOLE, Type.BINARY, Type.EXACT) and column.source.format in ("epoch", "epoch_ms"):
            return None
        return "it is no time stamp; map a time stamp, or a number with format: epoch or epoch_ms"
    if kind in NUMBERS and found not in (Type.WHOLE, Type.BINARY, Type.EXACT, Type.SPAN) and column.varies:
        return "it is no number; map a number, or SQL that makes one"
    return None
