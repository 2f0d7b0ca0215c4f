"""Agents: the tasks that they carry out, their state, and what should be done about them."""

from typing import Final

from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = ()
