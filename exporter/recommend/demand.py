"""Rules about what people ask for: answers that agents are not sure of, and queues that grow."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from exporter.entities.calls import SCHEDULED_CALL
from exporter.entities.content import DOCUMENT, QUESTION
from exporter.entities.conversations import CONVERSATION
from exporter.recommend.record import Category, Finding, Priority, Rule
from exporter.recommend.statistics import above, normal, trend

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

WEEK: Final = timedelta(days=7)
HOURS: Final = 24
LEAST: Final = 30
SURE: Final = 0.95
VERY_SURE: Final = 0.999
UNANSWERED: Final = 0.2
"""A topic of which so many questions stay unanswered has a gap; one in ten or so is unanswered anywhere."""

CONFIDENCE: Final = """
SELECT tenant, agent, COUNT(confidence), AVG(confidence), AVG(confidence * confidence) FROM {talk}
WHERE confidence IS NOT NULL AND agent <> '' GROUP BY tenant, agent ORDER BY tenant, agent
"""
# Calls that were due longer ago than the window count as given up.
WAITING: Final = """
WITH RECURSIVE hours(ago) AS (SELECT 0 UNION ALL SELECT ago + 1 FROM hours WHERE ago < :hours)
SELECT tenant, campaign, ago,
    SUM(CASE WHEN due_at <= :now - 3600 * ago AND (left_queue_at IS NULL OR left_queue_at > :now - 3600 * ago) THEN 1 ELSE 0 END)
FROM hours CROSS JOIN {queued} WHERE left_queue_at IS NULL OR left_queue_at > :now - 3600 * :hours
GROUP BY tenant, campaign, ago ORDER BY tenant, campaign, ago DESC
"""


def _unsure(facts: Facts) -> Iterator[Finding | None]:
    """Mean confidence of each agent's conversations of the last week against the limit of the alert."""
    limit = facts.settings.thresholds.confidence
    talks = facts.of(CONVERSATION, CONVERSATION["ended_at"], since=WEEK)
    for tenant, agent, count, mean, square in facts.read(CONFIDENCE, talk=talks):
        if count < LEAST:
            continue
        error = math.sqrt(max(square - mean * mean, 1e-12) / count)
        sure = normal((limit - mean) / error)
        if sure < SURE:
            yield None
            continue
        yield Finding(
            priority=Priority.HIGH if mean < 0.8 * limit else Priority.MEDIUM,
            component="knowledge",
            confidence=sure,
            observed=mean,
            expected=limit,
            unit="ratio",
            tenant=tenant,
            agent=agent,
            numbers={"mean_confidence": mean, "standard_error": error, "conversations": count, "limit": limit},
            why=f"The mean confidence of {count} conversations of the last 7 days is {mean:.2f} (standard error {error:.2g}); at least "
            f"{limit:g} is wanted.",
        )


def _gaps(facts: Facts) -> Iterator[Finding | None]:
    """Topics whose questions stay unanswered, with reason and urgency as the domain content works them out."""
    # The computations import the rules, so they cannot be imported before them.
    from exporter.computed.content import ASKED, HINTS, MONTH, topics
    from exporter.metrics.content import ANSWERED, GAPS

    asked = facts.of(QUESTION, QUESTION["asked_at"], since=MONTH)
    known = {(row[0], row[1]): int(row[2]) for row in facts.read(ASKED, question=asked, answered=ANSWERED)}
    gaps = {value.labels[:2]: value for value in topics(facts) if value.metric is GAPS}
    for (tenant, topic), count in sorted(known.items(), key=lambda item: tuple(map(str, item[0]))):
        gap = gaps.get((tenant, topic))
        if count < LEAST:
            continue
        sure = above(int(gap.value), count, UNANSWERED) if gap is not None else 0.0
        if gap is None or sure < SURE:
            yield None
            continue
        priority, reason = gap.labels[2:4]
        yield Finding(
            priority=Priority(str(priority)),
            component="knowledge",
            confidence=sure,
            observed=gap.value / count,
            expected=UNANSWERED,
            unit="ratio",
            tenant=tenant,
            subject=str(topic),
            numbers={"unanswered": gap.value, "asked": count, "confidence_limit": ANSWERED},
            why=f"{gap.value:.0f} of {count} questions about {topic} in the last 30 days were answered with a confidence below "
            f"{ANSWERED:g} ({gap.value / count:.0%}). {HINTS[str(reason)]}",
        )


def _queue(facts: Facts) -> Iterator[Finding | None]:
    """A robust line through the length of each queue, hour by hour, that reaches the limit within a day."""
    limit = facts.settings.thresholds.queued_calls.warning
    queued = facts.of(SCHEDULED_CALL, SCHEDULED_CALL["due_at"], since=WEEK)
    series = defaultdict(list)
    for tenant, campaign, ago, waiting in facts.read(WAITING, queued=queued, now=facts.now, hours=HOURS):
        series[tenant, campaign].append((-float(ago), float(waiting)))
    for (tenant, campaign), points in series.items():
        line = trend(points)
        left = line.steps_until(limit)
        if line.rises < VERY_SURE or line.low <= 0 or left is None or left > HOURS:
            yield None
            continue
        yield Finding(
            priority=Priority.CRITICAL if left <= 2 else Priority.HIGH,
            component="queue",
            confidence=line.rises,
            observed=line.last,
            expected=limit,
            unit="calls",
            tenant=tenant,
            subject=campaign or "",
            numbers={
                "waiting_now": line.last,
                "calls_an_hour": line.slope,
                "hours_until_limit": max(0.0, left),
                "limit": limit,
            },
            why=f"The queue of {campaign or 'all campaigns'} grew by {line.slope:.3g} calls an hour over {HOURS} hours; from "
            f"{line.last:.0f} it reaches {limit:g} in {max(0.0, left):.1f} hours.",
        )


RULES: Final = (
    Rule(
        name="unsure_answers",
        category=Category.QUICK_WIN,
        title="An agent is not sure of its answers",
        issue="People get answers that may be wrong, or none.",
        action="Look at the topics with the lowest confidence on the content dashboard, and add what is missing to the knowledge base.",
        impact="More questions are answered without a person.",
        needs={CONVERSATION: ("agent", "confidence", "ended_at")},
        find=_unsure,
    ),
    Rule(
        name="knowledge_gap",
        category=Category.QUICK_WIN,
        title="A topic lacks knowledge",
        issue="People who ask about it get no answer, or a wrong one.",
        action="Look at the topic on the content dashboard, and write or refresh the document that its reason asks for.",
        impact="Questions about the topic are answered.",
        needs={QUESTION: ("topic", "confidence", "asked_at"), DOCUMENT: ("indexed_at",)},
        find=_gaps,
    ),
    Rule(
        name="queue_grows",
        category=Category.PREDICTIVE_MAINTENANCE,
        title="Calls pile up",
        issue="The queue will reach the limit of the alert within a day.",
        action="Start more lines for the campaign, or plan its calls over more hours.",
        impact="Calls are made when they are due.",
        needs={SCHEDULED_CALL: ("due_at", "left_queue_at")},
        find=_queue,
    ),
)
