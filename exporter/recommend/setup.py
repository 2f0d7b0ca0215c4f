"""Rules about agents that nobody uses, or that nobody looks after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from exporter.entities.agents import AGENT_RECORD
from exporter.recommend.activity import LOOK_BACK, Agent, in_service, last_active
from exporter.recommend.record import Category, Finding, Priority, Rule

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

DAY: Final = 86400.0
WEEK: Final = 7 * DAY


def _idle(facts: Facts) -> Iterator[Finding | None]:
    """Agents in service that did nothing for longer than the limit of the alert."""
    limit = facts.settings.thresholds.agent_idle_seconds
    agents = in_service(facts)
    seen = last_active(facts, {(agent.tenant, agent.name) for agent in agents})
    for agent in agents if seen is not None else ():
        last = (seen or {}).get((agent.tenant, agent.name))
        idle = min(facts.now - (last or agent.created), LOOK_BACK.total_seconds())
        if idle <= limit:
            yield None
            continue
        did = (
            f"did nothing for {idle / DAY:.1f} days"
            if last
            else f"did nothing since it was made, or for {idle / DAY:.0f} days"
        )
        yield Finding(
            priority=Priority.MEDIUM if idle >= WEEK else Priority.LOW,
            component="agent",
            # Its rows are all there: what is not sure is whether it should have had work.
            confidence=idle / (idle + limit),
            observed=idle,
            expected=limit,
            unit="seconds",
            tenant=agent.tenant,
            agent=agent.name,
            numbers={"idle_seconds": idle, "limit_seconds": limit},
            why=f"The agent is in service and {did}; an agent is inactive after {limit / DAY:g} days.",
        )


def _incomplete(facts: Facts) -> Iterator[Finding | None]:
    """Agents in service whose settings are not filled in."""
    limit = facts.settings.thresholds.agent_configured
    for agent in in_service(facts):
        if agent.configured is None:
            continue
        if agent.configured >= limit:
            yield None
            continue
        yield Finding(
            priority=Priority.MEDIUM if agent.configured < 0.75 * limit else Priority.LOW,
            component="configuration",
            confidence=1.0,
            observed=agent.configured,
            expected=limit,
            unit="ratio",
            tenant=agent.tenant,
            agent=agent.name,
            numbers={"configured": agent.configured, "limit": limit},
            why=f"{agent.configured:.0%} of the agent's settings are filled in; at least {limit:.0%} should be.",
        )


def _stale(facts: Facts) -> Iterator[Finding | None]:
    """Agents in service whose configuration is old."""
    limit = facts.settings.thresholds.agent_configuration_age_seconds
    for agent in in_service(facts):
        if agent.updated is None:
            continue
        yield _old(agent, facts.now - agent.updated, limit)


def _old(agent: Agent, age: float, limit: float) -> Finding | None:
    if age <= limit:
        return None
    return Finding(
        priority=Priority.LOW,
        component="configuration",
        confidence=1 - limit / (2 * age),
        observed=age,
        expected=limit,
        unit="seconds",
        tenant=agent.tenant,
        agent=agent.name,
        numbers={"age_seconds": age, "limit_seconds": limit},
        why=f"The configuration was last changed {age / DAY:.0f} days ago; it is stale after {limit / DAY:g} days.",
    )


RULES: Final = (
    Rule(
        name="idle_agent",
        category=Category.RESOURCE_OPTIMISATION,
        title="An agent in service does nothing",
        issue="A seat, numbers and upkeep are paid for an agent that nobody talks to.",
        action="Check whether its channel still leads to it; retire the agent if it is not needed.",
        impact="One agent less to pay for and to watch, or one that works again.",
        needs={AGENT_RECORD: ("agent", "created_at")},
        find=_idle,
    ),
    Rule(
        name="incomplete_configuration",
        category=Category.QUICK_WIN,
        title="An agent is not fully set up",
        issue="The agent falls back where its settings are empty.",
        action="Fill in the settings that are missing: greeting, hours, hand-over, knowledge.",
        impact="Fewer fallbacks for an hour of work.",
        needs={AGENT_RECORD: ("agent", "created_at", "configured")},
        find=_incomplete,
    ),
    Rule(
        name="stale_configuration",
        category=Category.QUICK_WIN,
        title="A configuration was not touched for long",
        issue="Prices, hours and offers that the agent names may no longer be true.",
        action="Go through the agent's settings and prompts, and confirm or change them.",
        impact="Answers that are true today.",
        needs={AGENT_RECORD: ("agent", "created_at", "updated_at")},
        find=_stale,
    ),
)
