"""Rules about steps and tasks that fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from exporter.entities.agents import AGENT_TASK
from exporter.entities.conversations import CONVERSATION
from exporter.entities.pipeline import LLM_REQUEST, STT_REQUEST, TOOL_CALL, TTS_REQUEST
from exporter.entity import Entity
from exporter.recommend.record import Category, Finding, Priority, Rule
from exporter.recommend.statistics import above, grown

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

STEPS: Final[tuple[tuple[str, Entity], ...]] = (
    ("llm", LLM_REQUEST), ("stt", STT_REQUEST), ("tts", TTS_REQUEST), ("tool", TOOL_CALL),
)  # fmt: skip
RECENT: Final = timedelta(days=1)
BEFORE: Final = timedelta(days=7)
LEAST_FAILED: Final = 10
TWICE: Final = 2.0
# Hundreds of agents and steps are compared each time: at 99 % some of them would "grow" every day by chance.
VERY_SURE: Final = 0.9999
SURE: Final = 0.95
LEAST: Final = 30
WEEK: Final = timedelta(days=7)

SHARES: Final = """
SELECT tenant, agent,
    SUM(CASE WHEN ended_at > :split THEN 1 ELSE 0 END), SUM(CASE WHEN ended_at > :split AND status = 'error' THEN 1 ELSE 0 END),
    SUM(CASE WHEN ended_at > :split THEN 0 ELSE 1 END), SUM(CASE WHEN ended_at <= :split AND status = 'error' THEN 1 ELSE 0 END)
FROM {step} WHERE status <> '' AND agent <> '' GROUP BY tenant, agent ORDER BY tenant, agent
"""
TASKS: Final = """
SELECT tenant, agent, COUNT(*), SUM(CASE WHEN status IN ('failed', 'timeout') THEN 1 ELSE 0 END),
    SUM(CASE WHEN status = 'timeout' THEN 1 ELSE 0 END)
FROM {task} WHERE status <> '' AND agent <> '' GROUP BY tenant, agent ORDER BY tenant, agent
"""
HANDED: Final = """
SELECT tenant, agent, COUNT(*), SUM(handed_off)
FROM {talk} WHERE handed_off IS NOT NULL AND agent <> '' GROUP BY tenant, agent ORDER BY tenant, agent
"""


def _growing(facts: Facts) -> Iterator[Finding | None]:
    """Failures of each step of each agent in the last day against the week before."""
    for component, entity in STEPS:
        if not facts.has(entity, "agent", "status", "ended_at"):
            continue
        rows = facts.of(entity, entity["ended_at"], since=RECENT + BEFORE)
        for row in facts.read(SHARES, step=rows, split=facts.now - RECENT.total_seconds()):
            yield _growth(facts, component, row)


def _growth(facts: Facts, component: str, row: tuple[object, ...]) -> Finding | None:
    tenant, agent = row[:2]
    steps, failed, steps_before, failed_before = (int(str(number)) for number in row[2:])
    if not steps or not steps_before:
        return None
    share, share_before = failed / steps, failed_before / steps_before
    sure = grown(failed, steps, failed_before, steps_before)
    if failed < LEAST_FAILED or share < TWICE * share_before or sure < VERY_SURE:
        return None
    limits = facts.settings.thresholds
    critical, high = share > limits.agent_error_rate, share > limits.error_rate.critical
    return Finding(
        priority=Priority.CRITICAL if critical else Priority.HIGH if high else Priority.MEDIUM,
        component=component,
        confidence=sure,
        observed=share,
        expected=share_before,
        unit="ratio",
        tenant=None if tenant is None else str(tenant),
        agent=str(agent),
        subject=component,
        numbers={"failed": failed, "steps": steps, "failed_before": failed_before, "steps_before": steps_before},
        why=f"{failed} of {steps} {component} steps failed in the last 24 h ({share:.2%}); in the 7 days before it were "
        f"{failed_before} of {steps_before} ({share_before:.2%}).",
    )


def _tasks(facts: Facts) -> Iterator[Finding | None]:
    """Failed and timed out tasks of the last week against the limit of the alert."""
    limit = facts.settings.thresholds.agent_error_rate
    rows = facts.read(TASKS, task=facts.of(AGENT_TASK, AGENT_TASK["ended_at"], since=WEEK))
    for tenant, agent, *counts in rows:
        ended, failed, late = map(int, counts)
        if ended < LEAST:
            continue
        sure = above(failed, ended, limit)
        if sure < SURE:
            yield None
            continue
        yield Finding(
            priority=Priority.CRITICAL if failed > 3 * limit * ended else Priority.HIGH,
            component="task",
            confidence=sure,
            observed=failed / ended,
            expected=limit,
            unit="ratio",
            tenant=tenant,
            agent=agent,
            numbers={"failed_or_timed_out": failed, "timed_out": late, "ended": ended, "limit": limit},
            why=f"{failed} of {ended} tasks of the last 7 days failed ({failed / ended:.1%}, {late} of them by timeout); the limit "
            f"is {limit:.0%}.",
        )


def _handed_off(facts: Facts) -> Iterator[Finding | None]:
    """Conversations of the last week that a human took over, against the limit of the alert."""
    limit = facts.settings.thresholds.handoff_rate
    rows = facts.read(HANDED, talk=facts.of(CONVERSATION, CONVERSATION["ended_at"], since=WEEK))
    for tenant, agent, ended, handed in rows:
        if ended < LEAST:
            continue
        sure = above(int(handed), ended, limit)
        if sure < SURE:
            yield None
            continue
        yield Finding(
            priority=Priority.MEDIUM,
            component="conversation",
            confidence=sure,
            observed=int(handed) / ended,
            expected=limit,
            unit="ratio",
            tenant=tenant,
            agent=agent,
            numbers={"handed_off": int(handed), "ended": ended, "limit": limit},
            why=f"A human took over {int(handed)} of the {ended} conversations of the last 7 days ({int(handed) / ended:.1%}); the "
            f"limit is {limit:.0%}.",
        )


RULES: Final = (
    Rule(
        name="failures_grow",
        category=Category.PREDICTIVE_MAINTENANCE,
        title="A step fails more often than before",
        issue="The step goes on to fail more, and conversations that need it break off.",
        action="Compare the errors by type of the last day with the days before; check the provider's status and the last deployment.",
        impact="Failures go back to what they were.",
        needs={},
        find=_growing,
    ),
    Rule(
        name="tasks_fail",
        category=Category.PREDICTIVE_MAINTENANCE,
        title="An agent fails its tasks",
        issue="Work that people count on is not done.",
        action="Look at the kind of task that fails most; timeouts call for a longer limit or smaller tasks, failures for a look at its tools.",
        impact="Failed tasks come under the limit.",
        needs={AGENT_TASK: ("agent", "status", "ended_at")},
        find=_tasks,
    ),
    Rule(
        name="handed_to_humans",
        category=Category.RESOURCE_OPTIMISATION,
        title="Too many conversations end with a human",
        issue="The team's time goes into conversations that the agent was made for.",
        action="Read a few transcripts that were handed over, and teach the agent what people asked for there.",
        impact="Fewer conversations need a person.",
        needs={CONVERSATION: ("agent", "handed_off", "ended_at")},
        find=_handed_off,
    ),
)
