"""Rules for conversations: whether they reach their goal, how sure the agents are, how often a human takes over."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import AGENT, RESOLUTION, TENANT
from exporter.metrics.conversations import (
    ACTIVE_CONVERSATIONS,
    ANSWER_CONFIDENCE,
    CONVERSATION_FALLBACKS,
    CONVERSATION_GOALS,
    CONVERSATION_HANDOFFS,
    CONVERSATIONS_ENDED,
)  # fmt: skip
from exporter.settings import Settings
from provisioning.kpis.conversations import CONFIDENCE as MEAN_CONFIDENCE
from provisioning.kpis.conversations import FALLBACK_RATE, GOAL_SUCCESS, HANDOFF_RATE
from provisioning.promql import increase, rate, total

DOMAIN: Final = "conversations"
WINDOW: Final = "1h"
NEWS: Final = "5m"
WHO: Final = (TENANT, AGENT)

RESOLUTIONS: Final = Recording(
    metric=CONVERSATIONS_ENDED,
    by=(TENANT, RESOLUTION),
    operation="rate5m",
    query=lambda _: rate(CONVERSATIONS_ENDED, "5m", (TENANT, RESOLUTION)),
)
SUCCESS: Final = Recording(
    metric=CONVERSATION_GOALS,
    by=WHO,
    operation="ratio1h",
    query=lambda _: GOAL_SUCCESS.query(WINDOW, *WHO, least=LEAST),
)
HANDOFFS: Final = Recording(
    metric=CONVERSATION_HANDOFFS,
    by=WHO,
    operation="ratio1h",
    query=lambda _: HANDOFF_RATE.query(WINDOW, *WHO, least=LEAST),
)
FALLBACKS: Final = Recording(
    metric=CONVERSATION_FALLBACKS,
    by=WHO,
    operation="ratio1h",
    query=lambda _: FALLBACK_RATE.query(WINDOW, *WHO, least=LEAST),
)
CONFIDENCE: Final = Recording(
    metric=ANSWER_CONFIDENCE,
    by=WHO,
    operation="mean1h",
    query=lambda _: MEAN_CONFIDENCE.query(WINDOW, *WHO, least=LEAST),
)
ACTIVE: Final = Recording(
    metric=ACTIVE_CONVERSATIONS, by=(), operation="sum", query=lambda _: total(ACTIVE_CONVERSATIONS)
)
ACTIVE_PEAK: Final = Recording(
    metric=ACTIVE_CONVERSATIONS, by=(), operation="max1d", query=lambda _: f"max_over_time({ACTIVE.name}[1d])"
)

RECORDINGS: Final = (RESOLUTIONS, SUCCESS, HANDOFFS, FALLBACKS, CONFIDENCE, ACTIVE, ACTIVE_PEAK)


def group(settings: Settings) -> Group:
    """Recordings and alerts of conversations."""
    limits = settings.thresholds
    alerts = (
        _quality(
            "SuccessRateLow", SUCCESS, "<", limits.success_rate,
            summary="Few conversations of an agent reach their goal.", said="of the conversations reached their goal",
        ),
        _quality(
            "ConfidenceLow", CONFIDENCE, "<", limits.confidence,
            summary="An agent is not sure of its answers.", said="is the mean confidence of the answers",
        ),
        _quality(
            "HandoffRateHigh", HANDOFFS, ">", limits.handoff_rate,
            summary="Many conversations of an agent are handed to a human.", said="of the conversations were handed to a human",
        ),
    )  # fmt: skip
    return Group(DOMAIN, RECORDINGS, (*alerts, _completed()))


def _completed() -> Alert:
    return Alert(
        name="GoalCompleted",
        severity=Severity.INFO,
        expr=f"{increase(CONVERSATION_GOALS, NEWS, (TENANT,))} > 0",
        summary="Conversations reached their goal.",
        description=f"{{{{ $value | humanize }}}} conversations of tenant {{{{ $labels.tenant }}}} reached their goal within {NEWS}.",
        unit="conversations",
        limit="0",
        by=(TENANT,),
        dashboard="conversations",
        no_data="Without conversations that reach their goal, or while the domain cannot be read, there is no news.",
    )


def _quality(name: str, recording: Recording, condition: str, limit: float, *, summary: str, said: str) -> Alert:
    return Alert(
        name=name,
        severity=Severity.WARNING,
        expr=f"{held(recording, DOMAIN)} {condition} {number(limit)}",
        summary=summary,
        description=f"Agent {{{{ $labels.agent }}}} of tenant {{{{ $labels.tenant }}}}: {{{{ $value | humanizePercentage }}}} "
        f"{said} in {WINDOW} (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=300,
        keep=300,
        by=WHO,
        dashboard="conversations",
        no_data=HELD,
    )
