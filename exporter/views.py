"""Views for people: each entity as a read-only relation with its own column names, without personal data unless it is wanted.

Tables on dashboards read these views and nothing else, through a role that may read nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from exporter.engine.relation import TYPES, view
from exporter.engine.resolve import Source
from exporter.entities import ENTITIES
from exporter.entity import Column, Entity

SCHEMA: Final = "watchfloor"
ROLE: Final = "watchfloor_viewer"


def name(entity: Entity) -> str:
    """The view of an entity, as statements call it."""
    return f"{SCHEMA}.{entity.name}"


def statements(sources: Mapping[str, Source], *, personal: bool = False) -> Iterator[str]:
    """Statements that make the schema and its views anew; an entity that is not mapped has a view without rows."""
    yield f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
    yield f"CREATE SCHEMA {SCHEMA}"
    for entity in ENTITIES:
        source = sources.get(entity.name)
        shown = [column for column in entity.columns if personal or not column.personal]
        hidden = [column for column in entity.columns if column not in shown]
        select = view(source, shown) if source is not None else f"SELECT {_nothing(entity.columns)} WHERE false"
        if source is not None and hidden:
            select = f"SELECT seen.*, {_nothing(hidden)} FROM ({select}) AS seen"
        yield f"CREATE VIEW {name(entity)} AS {select}"


def grants(role: str = ROLE) -> Iterator[str]:
    """Statements that let a role read the views."""
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}"


def _nothing(columns: tuple[Column, ...] | list[Column]) -> str:
    return ", ".join(f'CAST(NULL AS {TYPES[column.kind]}) AS "{column.name}"' for column in columns)
