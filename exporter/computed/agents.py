"""Computations of agents: since when they are idle, how complete and fresh their set-up is, and what is recommended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.agents import AGENT_RECORD
from exporter.metrics.agents import (
    AGENT_CONFIGURATION_AGE,
    AGENT_CONFIGURED,
    AGENT_IDLE,
    RECOMMENDATION_CONFIDENCE,
    RECOMMENDATION_EXPECTED,
    RECOMMENDATION_OBSERVED,
    RECOMMENDATION_RULE,
    RECOMMENDATIONS,
)
from exporter.recommend import RULES, USES, advise
from exporter.recommend.activity import ACTIVITIES, LOOK_BACK, in_service, last_active
from exporter.recommend.record import Category, Priority


def _state(facts: Facts) -> Iterator[Value]:
    """Every agent in service; one without any work to be seen has no idle time if nothing says what it does."""
    agents = in_service(facts)
    seen = last_active(facts, {(agent.tenant, agent.name) for agent in agents})
    for agent in agents:
        who = (agent.tenant, agent.name, agent.type)
        if agent.configured is not None:
            yield Value(AGENT_CONFIGURED, who, agent.configured)
        if agent.updated is not None:
            yield Value(AGENT_CONFIGURATION_AGE, who, facts.now - agent.updated)
        if seen is not None:
            # One that was made a week ago and never did anything is idle for a week.
            since = seen.get((agent.tenant, agent.name), agent.created)
            yield Value(AGENT_IDLE, who, min(facts.now - since, LOOK_BACK.total_seconds()))


def _recommendations(facts: Facts) -> Iterator[Value]:
    """The records as metrics. Without a row to look at nothing is known, and nothing is 0."""
    advice = advise(facts)
    if not advice.looked:
        return
    for rule in RULES:
        yield Value(RECOMMENDATION_RULE, (rule.name, rule.title, rule.issue, rule.action, rule.impact), 1)
    counts = Counter((record.priority, record.category) for record in advice.records)
    for priority in Priority:
        for category in Category:
            yield Value(RECOMMENDATIONS, (priority, category), counts[priority, category])
    for record in advice.records:
        who = (record.tenant, record.agent)
        labels = (record.id, record.rule, record.priority, record.category, record.component, *who)
        yield Value(RECOMMENDATION_CONFIDENCE, labels, record.confidence)
        yield Value(RECOMMENDATION_OBSERVED, (record.id, *who, record.unit), record.observed)
        yield Value(RECOMMENDATION_EXPECTED, (record.id, *who, record.unit), record.expected)


COMPUTATIONS: Final[tuple[Computation, ...]] = (
    Computation(
        "agents",
        "agents",
        (AGENT_IDLE, AGENT_CONFIGURED, AGENT_CONFIGURATION_AGE),
        {AGENT_RECORD: ("agent", "created_at")},
        _state,
        timeout=10.0,
        uses=tuple(entity for entity, _ in ACTIVITIES),
    ),
    Computation(
        "recommendations",
        "agents",
        (
            RECOMMENDATIONS,
            RECOMMENDATION_CONFIDENCE,
            RECOMMENDATION_OBSERVED,
            RECOMMENDATION_EXPECTED,
            RECOMMENDATION_RULE,
        ),
        {},
        _recommendations,
        # Rules look at days: nothing that they say changes within minutes, and the reading costs seconds on large tables.
        every=timedelta(minutes=10).total_seconds(),
        timeout=20.0,
        uses=USES,
    ),
)
