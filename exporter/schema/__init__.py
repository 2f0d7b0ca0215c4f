"""The reference schema: the tables that the preset `watchfloor` reads, for PostgreSQL and SQLite."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

Dialect = Literal["postgresql", "sqlite"]

SOURCE: Final = Path(__file__).with_name("reference.sql")
TABLE: Final = re.compile(r"^-- (?P<comment>[^\n]+)\nCREATE TABLE (?P<name>\w+)", re.MULTILINE)


class SchemaError(Exception):
    """The reference schema was asked for in a form that it does not have."""


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def comments() -> dict[str, str]:
    """Tables in their order, each with the sentence that says what it holds."""
    return {match["name"]: match["comment"] for match in TABLE.finditer(_source())}


def reference_sql(dialect: Dialect) -> str:
    """The whole schema as one text. PostgreSQL also gets the comments of the tables; SQLite has none to store."""
    if dialect not in get_args(Dialect):
        raise SchemaError(f"the reference schema is not written for {dialect!r}; take {' or '.join(get_args(Dialect))}")
    if dialect == "sqlite":
        return _source()
    lines = (f"COMMENT ON TABLE {name} IS '{comment}';" for name, comment in comments().items())
    return _source() + "\n" + "\n".join(lines) + "\n"


def statements(dialect: Dialect) -> tuple[str, ...]:
    """Every statement of the schema by itself, in an order that works: each index after its table."""
    text = re.sub(r"^--.*$", "", reference_sql(dialect).replace("\r", ""), flags=re.MULTILINE)
    return tuple(" ".join(part.split()) for part in text.split(";\n") if part.strip())


def apply(connection: Any, dialect: Dialect) -> None:
    """Create the schema through a DB-API connection; the caller commits."""
    cursor = connection.cursor()
    try:
        for statement in statements(dialect):
            cursor.execute(statement)
    finally:
        cursor.close()
