"""The reference schema in PostgreSQL and SQLite."""

from __future__ import annotations

import sqlite3

import pytest

from exporter import schema
from exporter.demo.database import Connection
from tests.conftest import Postgres

INSTANTS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'
"""


def indexed_columns(connection: Connection) -> set[tuple[str, str]]:
    """First column of every index."""
    query = """
        SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
        JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public'
    """
    return set(connection.execute(query).fetchall())


def test_postgresql_takes_the_schema_with_a_comment_for_every_table(postgres: Postgres) -> None:
    """Every table exists in PostgreSQL and says in one sentence what it holds."""
    with postgres.connect() as connection:
        schema.apply(connection, "postgresql")
        rows = connection.execute(
            "SELECT relname, obj_description(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert {name for name, _ in rows} == set(schema.comments())
    assert all(comment and comment.endswith(".") for _, comment in rows)


def test_every_instant_has_an_index_of_its_own(postgres: Postgres) -> None:
    """A scrape that reads the rows after an instant never reads the whole table."""
    with postgres.connect() as connection:
        schema.apply(connection, "postgresql")
        times = set(connection.execute(INSTANTS).fetchall())
        assert len(times) > 35
        assert times - indexed_columns(connection) == set()


def test_sqlite_takes_the_same_tables_columns_and_indexes(postgres: Postgres) -> None:
    """Both databases have the same tables with the same columns in the same order."""
    lite = sqlite3.connect(":memory:")
    schema.apply(lite, "sqlite")
    with postgres.connect() as connection:
        schema.apply(connection, "postgresql")
        for table in schema.comments():
            wanted = connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
                (table,),
            ).fetchall()
            found = lite.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
            assert found == wanted
    indexes = lite.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchone()
    assert indexes == (schema.reference_sql("sqlite").count("\nCREATE INDEX"),)


def test_another_dialect_is_refused_in_one_sentence() -> None:
    """Asking for a dialect that the schema is not written for names those that it is."""
    with pytest.raises(schema.SchemaError, match="not written for 'oracle'; take postgresql or sqlite"):
        schema.reference_sql("oracle")  # type: ignore[arg-type]
