"""Entities by domain."""

from typing import Final

from exporter.entities import (
    agents,
    behaviour,
    calls,
    content,
    conversations,
    cost,
    experiments,
    health,
    leads,
    pipeline,
    revenue,
    satisfaction,
)
from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = (
    *calls.ENTITIES,
    *conversations.ENTITIES,
    *pipeline.ENTITIES,
    *agents.ENTITIES,
    *cost.ENTITIES,
    *revenue.ENTITIES,
    *satisfaction.ENTITIES,
    *content.ENTITIES,
    *leads.ENTITIES,
    *behaviour.ENTITIES,
    *experiments.ENTITIES,
    *health.ENTITIES,
)
