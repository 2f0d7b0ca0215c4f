"""Cost: what models, speech and telephony cost, budgets, forecasts."""

from typing import Final

from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = ()
