"""An entity's rows in the user's database: what to select from, and the columns that are there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from exporter.entity import Column, Entity
from exporter.mapping import ColumnSource, Mapping
from exporter.sources.database import ConnectionLost, DatabaseError, Session
from exporter.verify.fields import Field, VerifyError

DESCRIBE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Rows:
    """Where an entity's rows are."""

    entity: Entity
    relation: str
    where: str | None
    sqlite: bool
    fields: dict[str, Field]
    problems: dict[str, str]
    inclusive: dict[str, bool] = field(default_factory=dict)
    """Columns of tokens, and whether the source counts the kinds with columns of their own in them too."""

    def field(self, column: Column) -> Field:
        """A column that a metric cannot do without."""
        if column.name in self.problems:
            raise VerifyError(f"column {column.name} of {self.entity.name}: {self.problems[column.name]}")
        if column.name not in self.fields:
            raise VerifyError(f"column {column.name} of {self.entity.name} is not mapped")
        return self.fields[column.name]

    def only(self, conditions: Iterable[str]) -> str:
        """What stands after FROM for the rows that meet conditions."""
        tests = [*([f"({self.where})"] if self.where else []), *(f"({condition})" for condition in conditions)]
        return self.relation + (" WHERE " + " AND ".join(tests) if tests else "")

    def run(self, session: Session, sql: str, timeout: float) -> list[tuple[Any, ...]]:
        """Rows of a statement without parameters."""
        return session.rows(_escape(sql, sqlite=self.sqlite), {}, timeout)


def find(entity: Entity, mapping: Mapping, session: Session, *, sqlite: bool) -> Rows:
    """An entity by its mapping; VerifyError when it has none, or its table cannot be read."""
    mapped = mapping.entities.get(entity.name)
    if mapped is None:
        raise VerifyError(f"entity {entity.name} is not mapped")
    source = _table(mapped.table, sqlite=sqlite) if mapped.table is not None else f"({mapped.sql})"
    relation = f"{source} AS source"
    filtered = relation + (f" WHERE ({mapped.where})" if mapped.where else "")
    texts = {name: _text(column, sqlite=sqlite) for name, column in mapped.columns.items()}
    types, problems = _types(session, filtered, {name: text for name, text in texts.items() if text}, sqlite=sqlite)
    fields = {
        name: Field(
            entity[name], column, texts[name], types.get(name, ""), column.time_zone or mapping.time_zone, sqlite
        )
        for name, column in mapped.columns.items()
        if name not in problems
    }
    counting = mapped.counting
    inclusive = {} if counting is None else {
        "input_tokens": counting.input == "inclusive", "output_tokens": counting.output == "inclusive",
    }  # fmt: skip
    return Rows(entity, relation, mapped.where, sqlite, fields, problems, inclusive)


def _types(
    session: Session, relation: str, texts: dict[str, str], *, sqlite: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Type of each column; and the database's words for those that cannot be read."""
    try:
        return _describe(session, relation, texts, sqlite=sqlite), {}
    except ConnectionLost:
        raise
    except DatabaseError:
        pass
    try:
        _describe(session, relation, {"one": "1"}, sqlite=sqlite)
    except ConnectionLost:
        raise
    except DatabaseError as error:
        raise VerifyError(f"the rows cannot be read: {error}") from None
    types: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, text in texts.items():
        try:
            types |= _describe(session, relation, {name: text}, sqlite=sqlite)
        except ConnectionLost:
            raise
        except DatabaseError as error:
            problems[name] = str(error)
    return types, problems


def _describe(session: Session, relation: str, texts: dict[str, str], *, sqlite: bool) -> dict[str, str]:
    if not texts:
        return {}
    sql = f"SELECT {', '.join(texts.values())} FROM {relation} LIMIT {1 if sqlite else 0}"
    columns = session.describe(_escape(sql, sqlite=sqlite), DESCRIBE_SECONDS)
    return {name: column.type for name, column in zip(texts, columns, strict=True)}


def _escape(sql: str, *, sqlite: bool) -> str:
    return sql if sqlite else sql.replace("%", "%%")


def _name(name: str, *, sqlite: bool) -> str:
    """A quoted name. SQLite reads a name in double quotes that it does not know as a word, so it gets brackets."""
    return f"[{name}]" if sqlite else '"' + name.replace('"', '""') + '"'


def _table(table: str, *, sqlite: bool) -> str:
    return ".".join(_name(part, sqlite=sqlite) for part in table.rsplit(".", 1))


def _text(column: ColumnSource, *, sqlite: bool) -> str:
    if column.value is not None:
        return ""
    return _name(column.column, sqlite=sqlite) if column.column is not None else f"({column.sql})"
