"""Recording rules and alerts by domain, with runbooks."""

from __future__ import annotations

from typing import Final

from alerts import (
    agents,
    behaviour,
    calls,
    content,
    conversations,
    cost,
    experiments,
    exporter,
    health,
    leads,
    pipeline,
    revenue,
    satisfaction,
    slos,
)
from alerts.rule import Group, Recording
from exporter.settings import Settings

DOMAINS: Final = (
    calls,
    conversations,
    pipeline,
    agents,
    cost,
    revenue,
    satisfaction,
    content,
    leads,
    behaviour,
    experiments,
    health,
    exporter,
    slos,
)
RECORDINGS: Final[tuple[Recording, ...]] = (
    *calls.RECORDINGS,
    *conversations.RECORDINGS,
    *pipeline.RECORDINGS,
    *agents.RECORDINGS,
    *cost.RECORDINGS,
    *revenue.RECORDINGS,
    *satisfaction.RECORDINGS,
    *content.RECORDINGS,
    *leads.RECORDINGS,
    *behaviour.RECORDINGS,
    *experiments.RECORDINGS,
    *health.RECORDINGS,
)


def build(settings: Settings) -> tuple[Group, ...]:
    """Every rule group that has rules, with the names and limits that the settings give."""
    groups = (domain.group(settings) for domain in DOMAINS)
    return tuple(group for group in groups if group.recordings or group.alerts)
