"""Revenue: subscriptions, invoices, clients, what agents earn for them."""

from typing import Final

from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = ()
