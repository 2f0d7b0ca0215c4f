"""Computations: what is worked out in the background from the rows, by domain."""

from typing import Final

from exporter.computed import (
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
from exporter.computed.facts import Computation

COMPUTATIONS: Final[tuple[Computation, ...]] = (
    *calls.COMPUTATIONS,
    *conversations.COMPUTATIONS,
    *pipeline.COMPUTATIONS,
    *agents.COMPUTATIONS,
    *cost.COMPUTATIONS,
    *revenue.COMPUTATIONS,
    *satisfaction.COMPUTATIONS,
    *content.COMPUTATIONS,
    *leads.COMPUTATIONS,
    *behaviour.COMPUTATIONS,
    *experiments.COMPUTATIONS,
    *health.COMPUTATIONS,
)
