"""The catalogue: every metric, by domain."""

from typing import Final

from exporter.metric import Metric
from exporter.metrics import (
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

CATALOGUE: Final[tuple[Metric, ...]] = (
    *calls.METRICS,
    *conversations.METRICS,
    *pipeline.METRICS,
    *agents.METRICS,
    *cost.METRICS,
    *revenue.METRICS,
    *satisfaction.METRICS,
    *content.METRICS,
    *leads.METRICS,
    *behaviour.METRICS,
    *experiments.METRICS,
    *health.METRICS,
)
DOMAINS: Final[tuple[str, ...]] = (
    "calls",
    "conversations",
    "pipeline",
    "agents",
    "cost",
    "revenue",
    "satisfaction",
    "content",
    "leads",
    "behaviour",
    "experiments",
    "health",
)
