"""For each alert: series under which it fires, and series under which it is silent; by domain."""

from __future__ import annotations

from typing import Final

from tests.rules.case import Case
from tests.rules.cases import (
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
)

CASES: Final[dict[tuple[str, str], Case]] = {
    **calls.CASES,
    **conversations.CASES,
    **pipeline.CASES,
    **agents.CASES,
    **cost.CASES,
    **revenue.CASES,
    **satisfaction.CASES,
    **content.CASES,
    **leads.CASES,
    **behaviour.CASES,
    **experiments.CASES,
    **health.CASES,
    **exporter.CASES,
}
