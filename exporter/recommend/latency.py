"""Rules about answers that come too late, or will."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from exporter.entities.pipeline import TURN
from exporter.recommend.record import Category, Finding, Priority, Rule
from exporter.recommend.sql import whole
from exporter.recommend.statistics import above, trend

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

DAY: Final = timedelta(days=1)
LEAST: Final = 50
"""Fewest turns from which a 95th percentile is taken: below, two or three turns decide it."""

TREND_DAYS: Final = 14
LEAST_DAYS: Final = 10
LEAST_A_DAY: Final = 30
SURE: Final = 0.99
TAIL: Final = 0.05

# Nearest rank: the smallest value that 95 % of the values do not exceed.
SLOW: Final = """
WITH ranked AS (
    SELECT tenant, agent, latency, ROW_NUMBER() OVER (PARTITION BY tenant, agent ORDER BY latency) AS place,
        COUNT(*) OVER (PARTITION BY tenant, agent) AS turns
    FROM {turn} WHERE latency IS NOT NULL AND agent <> '' AND (interrupted IS NULL OR interrupted = 0)
)
SELECT tenant, agent, MAX(turns), MIN(CASE WHEN 100 * place >= 95 * turns THEN latency END),
    SUM(CASE WHEN latency > :limit THEN 1 ELSE 0 END)
FROM ranked GROUP BY tenant, agent ORDER BY tenant, agent
"""
DAILY: Final = """
WITH aged AS (
    SELECT tenant, agent, latency, {age} AS age
    FROM {{turn}} WHERE latency IS NOT NULL AND agent <> '' AND (interrupted IS NULL OR interrupted = 0)
), ranked AS (
    SELECT tenant, agent, age, latency, ROW_NUMBER() OVER (PARTITION BY tenant, agent, age ORDER BY latency) AS place,
        COUNT(*) OVER (PARTITION BY tenant, agent, age) AS turns
    FROM aged
)
SELECT tenant, agent, age, MIN(CASE WHEN 100 * place >= 95 * turns THEN latency END)
FROM ranked WHERE age < :days AND turns >= :least GROUP BY tenant, agent, age ORDER BY tenant, agent, age DESC
"""


def _slow(facts: Facts) -> Iterator[Finding | None]:
    """The 95th percentile of the last day against the limits of the alert."""
    limits = facts.settings.thresholds.response_time_seconds
    rows = facts.read(SLOW, turn=facts.of(TURN, TURN["ended_at"], since=DAY), limit=limits.warning)
    for tenant, agent, turns, p95, slow in rows:
        if turns < LEAST:
            continue
        sure = above(int(slow), turns, TAIL)
        if p95 <= limits.warning or sure < 0.9:
            yield None
            continue
        yield Finding(
            priority=Priority.CRITICAL if p95 > limits.critical else Priority.HIGH,
            component="turn",
            confidence=sure,
            observed=p95,
            expected=limits.warning,
            unit="seconds",
            tenant=tenant,
            agent=agent,
            numbers={
                "p95_seconds": p95,
                "turns": turns,
                "turns_over_limit": int(slow),
                "limit_seconds": limits.warning,
            },
            why=f"In the last 24 h {int(slow)} of {turns} answers took longer than {limits.warning:g} s, where 5% may; "
            f"the 95th percentile is {p95:.3g} s.",
        )


def _slower(facts: Facts) -> Iterator[Finding | None]:
    """A robust line through the 95th percentiles of the last days that will cross the limit within as many days."""
    limit = facts.settings.thresholds.response_time_seconds.warning
    age = whole(facts, "(:now - ended_at) / 86400")
    turns = facts.of(TURN, TURN["ended_at"], since=TREND_DAYS * DAY)
    rows = facts.read(DAILY.format(age=age), turn=turns, now=facts.now, days=TREND_DAYS, least=LEAST_A_DAY)
    series = defaultdict(list)
    for tenant, agent, days_ago, p95 in rows:
        series[tenant, agent].append((-float(days_ago), float(p95)))
    for (tenant, agent), points in series.items():
        if len(points) < LEAST_DAYS:
            continue
        line = trend(points)
        left = line.steps_until(limit)
        # Beyond the limit already is the other rule's matter.
        if line.rises < SURE or line.low <= 0 or left is None or not 0 < left <= TREND_DAYS:
            yield None
            continue
        yield Finding(
            priority=Priority.HIGH if left <= 3 else Priority.MEDIUM,
            component="turn",
            confidence=line.rises,
            observed=line.last,
            expected=limit,
            unit="seconds",
            tenant=tenant,
            agent=agent,
            numbers={
                "seconds_a_day": line.slope, "seconds_a_day_low": line.low, "seconds_a_day_high": line.high,
                "p95_seconds_now": line.last, "days_until_limit": left, "days": len(points), "limit_seconds": limit,
            },
            why=f"The daily 95th percentile grew by {line.slope * 1000:.3g} ms a day over {len(points)} days (95% interval "
            f"{line.low * 1000:.3g} to {line.high * 1000:.3g}); from {line.last:.3g} s it reaches {limit:g} s in {left:.1f} days.",
        )  # fmt: skip


RULES: Final = (
    Rule(
        name="slow_answers",
        category=Category.PREDICTIVE_MAINTENANCE,
        title="Answers come too late",
        issue="People hang up or interrupt because they wait too long for an answer.",
        action="Find the slowest step of the agent's turns on the pipeline dashboard; shorten its prompt, or give it a faster model.",
        impact="Answers come within the limit again for 19 of 20 people.",
        needs={TURN: ("agent", "latency")},
        find=_slow,
    ),
    Rule(
        name="answers_slow_down",
        category=Category.PREDICTIVE_MAINTENANCE,
        title="Answers become slower day by day",
        issue="Response time will cross the limit of the alert within days.",
        action="Look for what grows with time: prompt length, knowledge base, conversation history, load on the model.",
        impact="The cause is removed before people notice it.",
        needs={TURN: ("agent", "latency")},
        find=_slower,
    ),
)
