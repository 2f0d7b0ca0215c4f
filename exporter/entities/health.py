"""Health: the parts of the platform and their load."""

from typing import Final

from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = ()
