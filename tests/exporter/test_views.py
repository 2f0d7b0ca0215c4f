"""Views for people: typed, complete, without personal data, and all that their role can read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from exporter import views
from exporter.entities import ENTITIES
from exporter.mapping import load
from exporter.mapping.model import parse
from exporter.schema import statements
from exporter.settings import Settings
from exporter.sources.database import connect
from tests.conftest import Postgres
from tests.kpi.rig import viewer_url


@pytest.fixture
def filled(postgres: Postgres) -> Iterator[Postgres]:
    """The reference schema with a row or two, and a role for the views."""
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        connection.execute(
            b"INSERT INTO agent_conversations (id, tenant, started_at, handed_off, confidence) "
            b"VALUES ('x', 'acme', now(), true, 'NaN'), ('y', '', now(), NULL, 0.5)"
        )
    with postgres.connect(autocommit=True) as connection:
        connection.execute(b"CREATE ROLE test_viewer LOGIN")
    yield postgres
    with postgres.connect(autocommit=True) as connection:
        connection.execute(b"DROP OWNED BY test_viewer")
        connection.execute(b"DROP ROLE test_viewer")


def script(url: str, *, personal: bool = False, mapping: str = "") -> tuple[str, ...]:
    """What `watchfloor views` prints."""
    database = connect(url, 3.0)
    try:
        found = views.sources(parse(mapping, "test") if mapping else load(Settings().database), database)
    finally:
        database.close()
    return views.script(found, personal=personal, role="test_viewer")


def run(url: str, made: tuple[str, ...]) -> None:
    """As psql does."""
    with psycopg.connect(url, autocommit=True, options="-c client_min_messages=warning") as connection:
        for statement in made:
            connection.execute(statement.encode())


def test_every_entity_has_a_view_with_all_its_columns(filled: Postgres) -> None:
    """Numbers that are none are NULL; making the views twice gives the same."""
    for _ in range(2):
        run(filled.url, script(filled.url))
    with psycopg.connect(viewer_url(filled.url, "test_viewer")) as connection:
        for entity in ENTITIES:
            names = ", ".join(f'"{column.name}"' for column in entity.columns)
            connection.execute(f"SELECT {names} FROM {entity.view}".encode())
        rows = connection.execute(
            b"SELECT tenant, handed_off, goal_achieved, confidence FROM watchfloor.conversation ORDER BY confidence NULLS FIRST"
        ).fetchall()
    assert rows == [("acme", True, None, None), ("", None, None, 0.5)]


def test_the_role_sees_nothing_else(filled: Postgres) -> None:
    """Neither tables nor a way to write."""
    run(filled.url, script(filled.url))
    url = viewer_url(filled.url, "test_viewer")
    for statement in (
        b"SELECT 1 FROM agent_conversations",
        b"CREATE TABLE watchfloor.mine (x int)",
        b"DELETE FROM watchfloor.call",
    ):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_an_entity_that_is_not_mapped_has_no_rows(filled: Postgres) -> None:
    """Its view is there, so that a table on a dashboard is empty and not an error; so is a column that is not mapped."""
    mapping = "version: 1\nname: mine\nentities:\n  conversation: {table: agent_conversations, columns: {started_at: started_at}}\n"
    run(filled.url, script(filled.url, mapping=mapping))
    with psycopg.connect(viewer_url(filled.url, "test_viewer")) as connection:
        assert connection.execute(b"SELECT count(*), count(tenant) FROM watchfloor.conversation").fetchone() == (2, 0)
        assert connection.execute(b"SELECT count(*) FROM watchfloor.call").fetchone() == (0,)


def test_somebody_elses_schema_is_left_alone(filled: Postgres) -> None:
    """A schema of that name that we did not make is refused with the reason."""
    with filled.connect() as connection:
        connection.execute(b"CREATE SCHEMA watchfloor")
        connection.execute(b"CREATE TABLE watchfloor.precious (x int)")
    with pytest.raises(psycopg.Error, match="schema watchfloor was not made by watchfloor views"):
        run(filled.url, script(filled.url))
    with filled.connect() as connection:
        connection.execute(b"SELECT * FROM watchfloor.precious")


def test_personal_columns_are_hidden_unless_wanted(filled: Postgres) -> None:
    """What is marked is NULL in the view; everything else of the row stays."""
    assert {column.name for entity in ENTITIES for column in entity.columns if column.personal} >= {"name", "email"}
    with filled.connect() as connection:
        connection.execute(
            b"INSERT INTO leads (id, tenant, name, email, status, created_at) VALUES ('l', 'acme', 'Ann', 'ann@example.com', 'new', now())"
        )
    for personal, row in ((False, ("acme", None, None)), (True, ("acme", "Ann", "ann@example.com"))):
        run(filled.url, script(filled.url, personal=personal))
        with psycopg.connect(viewer_url(filled.url, "test_viewer")) as connection:
            assert connection.execute(b"SELECT tenant, name, email FROM watchfloor.lead").fetchone() == row


def test_the_command(filled: Postgres, tmp_path: Path) -> None:
    """It prints what psql can run, and refuses a role that is no name, and SQLite."""

    def command(url: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "generator", "views", *words], env={"PATH": os.environ["PATH"], "ANALYTICS_DATABASE_URL": url},
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip

    result = command(filled.url, "--role", "test_viewer")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("BEGIN;\n")
    assert result.stdout.rstrip().endswith("COMMIT;")
    with psycopg.connect(filled.url, autocommit=True, options="-c client_min_messages=warning") as connection:
        connection.execute(result.stdout.encode())
    wrong = command(filled.url, "--role", "x; DROP TABLE calls")
    assert (wrong.returncode, wrong.stderr) == (
        1, "Error: 'x; DROP TABLE calls' is no name of a role; use lower-case letters, digits and _\n",
    )  # fmt: skip
    lite = command(f"sqlite:///{tmp_path}/x.db")
    assert lite.returncode == 1
    assert "tables on dashboards need PostgreSQL" in lite.stderr
