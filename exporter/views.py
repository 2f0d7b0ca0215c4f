"""Views for people: each entity as a read-only relation with its own column names, without personal data unless it is wanted.

Tables on dashboards read these views and nothing else, through a role that may read nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from exporter.engine.prices import priced
from exporter.engine.relation import TYPES, view
from exporter.engine.resolve import Source, resolve
from exporter.entities import ENTITIES
from exporter.entity import VIEWS as SCHEMA
from exporter.entity import Column
from exporter.mapping import Mapping as EntityMappings
from exporter.prices import Price
from exporter.sources.database import Database

ROLE: Final = "watchfloor_viewer"
NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
MARK: Final = "made by watchfloor views"
OURS: Final = f"""DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_namespace WHERE nspname = '{SCHEMA}' AND coalesce(obj_description(oid, 'pg_namespace'), '') <> '{MARK}') THEN
    RAISE EXCEPTION 'schema {SCHEMA} was not {MARK}; rename it, the views need its name';
  END IF;
END $$"""


class ViewsError(Exception):
    """The views cannot be made; the message says why."""


def sources(mapping: EntityMappings, database: Database, prices: tuple[Price, ...] = ()) -> dict[str, Source]:
    """Every entity that the database has, with its cost by these prices or those of its own. ViewsError for a database without schemas and roles."""
    if database.dialect != "postgresql":
        raise ViewsError(f"tables on dashboards need PostgreSQL; {database.dialect} has no roles that see views only")
    found = ((entity.name, resolve(entity, mapping, database)) for entity in ENTITIES)
    return priced({name: source for name, source in found if isinstance(source, Source)}, prices)


def script(found: Mapping[str, Source], *, personal: bool = False, role: str = ROLE) -> tuple[str, ...]:
    """Everything in one transaction: the views made anew and readable for the role. ViewsError for a role that is no name."""
    if not NAME.match(role):
        raise ViewsError(f"{role!r} is no name of a role; use lower-case letters, digits and _")
    return ("BEGIN", *statements(found, personal=personal), *grants(role), "COMMIT")


def statements(found: Mapping[str, Source], *, personal: bool = False) -> Iterator[str]:
    """Statements that make the schema and its views anew; an entity that is not mapped has a view without rows."""
    yield OURS
    yield f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
    yield f"CREATE SCHEMA {SCHEMA}"
    yield f"COMMENT ON SCHEMA {SCHEMA} IS '{MARK}'"
    for entity in ENTITIES:
        source = found.get(entity.name)
        shown = [column for column in entity.columns if personal or not column.personal]
        hidden = [column for column in entity.columns if column not in shown]
        select = view(source, shown) if source is not None else f"SELECT {_nothing(entity.columns)} WHERE false"
        if source is not None and hidden:
            select = f"SELECT seen.*, {_nothing(hidden)} FROM ({select}) AS seen"
        yield f"CREATE VIEW {entity.view} AS {select}"


def grants(role: str = ROLE) -> Iterator[str]:
    """Statements that let a role read the views."""
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}"


def _nothing(columns: Iterable[Column]) -> str:
    return ", ".join(f'CAST(NULL AS {TYPES[column.kind]}) AS "{column.name}"' for column in columns)
