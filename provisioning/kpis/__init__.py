"""Every formula, by domain."""

from typing import Final

from provisioning.kpi import Kpi
from provisioning.kpis import (
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

KPIS: Final[tuple[Kpi, ...]] = (
    *calls.KPIS,
    *conversations.KPIS,
    *pipeline.KPIS,
    *agents.KPIS,
    *cost.KPIS,
    *revenue.KPIS,
    *satisfaction.KPIS,
    *content.KPIS,
    *leads.KPIS,
    *behaviour.KPIS,
    *experiments.KPIS,
    *health.KPIS,
)
