"""Leads, appointments and campaigns."""

from typing import Final

from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = ()
