"""Which databases the demo may write to: those that carry its mark, and empty ones, which get it first."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]

MARKER: Final = "watchfloor demo data"
MARKER_TABLE: Final = "watchfloor_demo"
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


class DemoError(Exception):
    """The demo cannot do what was asked; the message says why in one sentence."""


class UnavailableError(DemoError):
    """The database cannot be used now, but perhaps later."""


def driver_url(url: str) -> str:
    """The URL without SQLAlchemy's driver name, as psycopg wants it."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)


def database_name(url: str) -> str:
    """Name of the database that a URL points to."""
    return urlsplit(driver_url(url)).path.lstrip("/")


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    match = re.match(r"(postgresql://[^/?#]*)(/[^?#]*)?(.*)\Z", driver_url(url), re.DOTALL)
    if match is None:
        raise DemoError(
            "the demo writes to PostgreSQL only; give a URL such as postgresql://user@127.0.0.1/watchfloor_demo"
        )
    return f"{match[1]}/{name}{match[3]}"


def connect(url: str, **options: Any) -> Connection:
    """A connection to the demo's database."""
    if not driver_url(url).startswith("postgresql://"):
        raise DemoError(
            "the demo writes to PostgreSQL only; give a URL such as postgresql://user@127.0.0.1/watchfloor_demo"
        )
    try:
        return psycopg.connect(driver_url(url), application_name="watchfloor demo", connect_timeout=5, **options)
    except psycopg.OperationalError as error:
        reason = (str(error).strip() or "no answer").splitlines()[0]
        raise UnavailableError(f"cannot connect to the demo database {database_name(url)}: {reason}") from None


def create_database(admin_url: str, name: str = "watchfloor_demo") -> str:
    """Create a database for the demo, marked as such, and give its URL; one that is there already must be the demo's."""
    if not NAME.match(name):
        raise DemoError(f"{name!r} cannot be the demo's database; use lower-case letters, digits and _")
    url = with_database(admin_url, name)
    with connect(admin_url, autocommit=True) as admin:
        there = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if there is None:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'").format(
                    sql.Identifier(name)
                )
            )
    with connect(url) as connection:
        claim(connection)
    return url


def marked(connection: Connection) -> bool:
    """Whether the database carries the demo's mark."""
    if connection.execute("SELECT to_regclass(%s)", (f"public.{MARKER_TABLE}",)).fetchone() == (None,):
        return False
    return connection.execute(f"SELECT marker FROM public.{MARKER_TABLE}".encode()).fetchone() == (MARKER,)


def require(connection: Connection) -> None:
    """Refuse a database without the mark."""
    if not marked(connection):
        name = connection.info.dbname
        raise DemoError(
            f"database {name} was not made by the demo, so it is left alone; `watchfloor demo load` makes one"
        )


def claim(connection: Connection) -> None:
    """Mark an empty database as the demo's; refuse one that holds anything else."""
    if marked(connection):
        return
    foreign = connection.execute(FOREIGN.encode()).fetchone()
    if foreign is not None:
        raise DemoError(
            f"database {connection.info.dbname} holds {foreign[0]} and was not made by the demo, so it is left alone; "
            "give an empty or a new database"
        )
    connection.execute(
        f"CREATE TABLE public.{MARKER_TABLE} (marker text NOT NULL, seed bigint, created_at timestamptz NOT NULL)".encode()
    )
    connection.execute(
        f"COMMENT ON TABLE public.{MARKER_TABLE} IS 'Everything in this database is invented demo data.'".encode()
    )
    connection.execute(f"INSERT INTO public.{MARKER_TABLE} VALUES (%s, NULL, now())".encode(), (MARKER,))
    connection.commit()


FOREIGN: Final = """
SELECT format('%s.%s', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1 LIMIT 1
"""
