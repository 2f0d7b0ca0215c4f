"""Rules for content: questions that stay unanswered, topics that nobody wrote about, and the care of the knowledge base."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import AGENT, PRIORITY, TENANT, TOPIC, Label
from exporter.metrics.content import EXPIRED_URLS, FRESHNESS, GAPS, PENDING_AGE, QUESTION_CONFIDENCE
from exporter.settings import Settings, duration
from provisioning.kpis.content import FRESH_SHARE, UNANSWERED_SHARE
from provisioning.promql import total

DOMAIN: Final = "content"
WINDOW: Final = "1h"
NOW: Final = "5m"
BACKGROUND: Final = f"{HELD} When the computation behind it fails the alert ends and ComputationFailing speaks."

UNANSWERED: Final = Recording(
    metric=QUESTION_CONFIDENCE,
    by=(TENANT, AGENT),
    operation="unanswered_ratio1h",
    query=lambda _: UNANSWERED_SHARE.query(WINDOW, TENANT, AGENT, least=LEAST),
)
FRESH: Final = Recording(
    metric=FRESHNESS, by=(TENANT,), operation="fresh_ratio", query=lambda _: FRESH_SHARE.query(NOW, TENANT)
)
EXPIRED: Final = Recording(
    metric=EXPIRED_URLS, by=(TENANT,), operation="sum", query=lambda _: total(EXPIRED_URLS, (TENANT,))
)
WAITED: Final = Recording(
    metric=PENDING_AGE, by=(TENANT,), operation="sum", query=lambda _: total(PENDING_AGE, (TENANT,))
)
URGENT: Final = Recording(
    metric=GAPS,
    by=(TENANT, TOPIC),
    operation="critical",
    query=lambda _: total(GAPS, (TENANT, TOPIC), {PRIORITY: "critical"}),
)

RECORDINGS: Final[tuple[Recording, ...]] = (UNANSWERED, FRESH, EXPIRED, WAITED, URGENT)


def group(settings: Settings) -> Group:
    """Recordings and alerts of content."""
    return Group(DOMAIN, RECORDINGS, (*_questions(settings), *_care(settings)))


def _questions(settings: Settings) -> tuple[Alert, ...]:
    limit = settings.thresholds.unanswered_questions
    return (
        Alert(
            name="UnansweredQuestionsHigh",
            severity=Severity.WARNING,
            expr=f"{held(UNANSWERED, DOMAIN)} > {number(limit)}",
            summary="An agent does not know the answer to many questions.",
            description="{{ $value | humanizePercentage }} of the questions to agent {{ $labels.agent }} of tenant "
            f"{{{{ $labels.tenant }}}} in {WINDOW} were answered with a confidence below 0.7 (limit {percent(limit)}).",
            value="{{ $value | humanizePercentage }}",
            unit="ratio",
            limit=percent(limit),
            wait=300,
            keep=300,
            by=(TENANT, AGENT),
            dashboard="content",
            no_data=HELD,
        ),
        _upkeep(
            "KnowledgeGap",
            f"{held(URGENT, DOMAIN)} > 0",
            (TENANT, TOPIC),
            summary="People ask about a topic that has no fresh document.",
            description="{{ $value | humanize }} questions about {{ $labels.topic }} of tenant {{ $labels.tenant }} in 30 days were not "
            "answered, half of those asked or more, and no fresh document is about it.",
            unit="questions",
            limit="0",
        ),
    )


def _care(settings: Settings) -> tuple[Alert, ...]:
    least, longest = settings.thresholds.knowledge_freshness, settings.thresholds.pending_upload_seconds
    stale = duration(settings.content.stale_after)
    return (
        _upkeep(
            "KnowledgeStale",
            f"{held(FRESH, DOMAIN)} < {number(least)}",
            (TENANT,),
            summary="The knowledge base of a tenant is out of date.",
            description="Only {{ $value | humanizePercentage }} of the documents of tenant {{ $labels.tenant }} were read within "
            f"{stale} and have an address that answers (limit {percent(least)}).",
            unit="ratio",
            limit=percent(least),
            value="{{ $value | humanizePercentage }}",
        ),
        _upkeep(
            "ExpiredUrls",
            f"{held(EXPIRED, DOMAIN)} > 0",
            (TENANT,),
            summary="Documents of the knowledge base come from addresses that no longer answer.",
            description="{{ $value | humanize }} documents of tenant {{ $labels.tenant }} have an expired address.",
            unit="documents",
            limit="0",
        ),
        _upkeep(
            "PendingUploads",
            f"{held(WAITED, DOMAIN)} > {number(longest)}",
            (TENANT,),
            summary="An upload to the knowledge base waits too long to be found.",
            description="A document of tenant {{ $labels.tenant }} has waited for {{ $value | humanizeDuration }} to be indexed "
            f"(limit {duration(longest)}).",
            unit="seconds",
            limit=duration(longest),
            value="{{ $value | humanizeDuration }}",
        ),
    )


def _upkeep(
    name: str,
    expr: str,
    by: tuple[Label, ...],
    *,
    summary: str,
    description: str,
    unit: str,
    limit: str,
    value: str = "{{ $value | humanize }}",
) -> Alert:
    """Work for somebody's next day: it wakes nobody."""
    return Alert(
        name=name, severity=Severity.INFO, expr=expr, summary=summary, description=description, value=value, unit=unit, limit=limit,
        wait=300, keep=600, by=by, dashboard="content", no_data=BACKGROUND,
    )  # fmt: skip
