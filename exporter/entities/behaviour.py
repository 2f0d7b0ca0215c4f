"""Behaviour: how people use the product."""

from typing import Final

from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = ()
