"""Rules for satisfaction: conversations that go badly, a sudden rise of them, and negative answers as they come."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import AGENT, TENANT
from exporter.metrics.satisfaction import CONVERSATION_SENTIMENT, NEGATIVE_FEEDBACK
from exporter.settings import Settings
from provisioning.kpis.satisfaction import NEGATIVE_SHARE, SENTIMENT
from provisioning.promql import total

DOMAIN: Final = "satisfaction"
WINDOW: Final = "1h"
SPIKE: Final = 2.0
"""So many times the share of the last day is a sudden rise."""
WHO: Final = (TENANT, AGENT)

MEAN: Final = Recording(
    metric=CONVERSATION_SENTIMENT,
    by=WHO,
    operation="mean1h",
    query=lambda _: SENTIMENT.query(WINDOW, *WHO, least=LEAST),
)
NEGATIVE: Final = Recording(
    metric=CONVERSATION_SENTIMENT,
    by=WHO,
    operation="negative_ratio1h",
    query=lambda _: NEGATIVE_SHARE.query(WINDOW, *WHO, least=LEAST),
)
TENANT_NEGATIVE: Final = Recording(
    metric=CONVERSATION_SENTIMENT,
    by=(TENANT,),
    operation="negative_ratio1h",
    query=lambda _: NEGATIVE_SHARE.query(WINDOW, TENANT, least=LEAST),
)
USUAL: Final = Recording(
    metric=CONVERSATION_SENTIMENT,
    by=(TENANT,),
    operation="negative_ratio1d",
    query=lambda _: NEGATIVE_SHARE.query("1d", TENANT, least=LEAST),
)
RECENT: Final = Recording(
    metric=NEGATIVE_FEEDBACK, by=WHO, operation="sum", query=lambda _: total(NEGATIVE_FEEDBACK, WHO)
)

RECORDINGS: Final[tuple[Recording, ...]] = (MEAN, NEGATIVE, TENANT_NEGATIVE, USUAL, RECENT)


def group(settings: Settings) -> Group:
    """Recordings and alerts of satisfaction."""
    limit = settings.thresholds.negative_sentiment
    return Group(DOMAIN, RECORDINGS, (_high(limit), _spike(limit), _feedback()))


def _high(limit: float) -> Alert:
    return Alert(
        name="NegativeSentimentHigh",
        severity=Severity.WARNING,
        expr=f"{held(NEGATIVE, DOMAIN)} > {number(limit)}",
        summary="Many conversations of an agent go badly.",
        description="{{ $value | humanizePercentage }} of the conversations of agent {{ $labels.agent }} of tenant "
        f"{{{{ $labels.tenant }}}} in {WINDOW} had a sentiment below 0.4 (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=300,
        keep=300,
        by=WHO,
        dashboard="satisfaction",
        no_data=HELD,
    )


def _spike(limit: float) -> Alert:
    """The share of a tenant is high against its own last day, while it need not have reached the limit yet."""
    now = held(TENANT_NEGATIVE, DOMAIN)
    return Alert(
        name="NegativeSentimentSpike",
        severity=Severity.WARNING,
        expr=f"{now} > {SPIKE:g} * {USUAL.name} and {now} > {number(limit / 2)}",
        summary="Conversations of a tenant suddenly go worse than usual.",
        description="{{ $value | humanizePercentage }} of the conversations of tenant {{ $labels.tenant }} "
        f"in {WINDOW} had a sentiment below 0.4, more than {SPIKE:g} times the share of the last day and above {percent(limit / 2)}.",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit / 2),
        wait=120,
        keep=300,
        by=(TENANT,),
        dashboard="satisfaction",
        no_data=f"Without {LEAST} conversations in the last day there is nothing usual and no alert. {HELD}",
    )


def _feedback() -> Alert:
    return Alert(
        name="NegativeFeedback",
        severity=Severity.INFO,
        expr=f"{RECENT.name} > 0",
        summary="Somebody gave negative feedback.",
        description="{{ $value | humanize }} negative answers (thumb down, rating up to 2, nps up to 6) about agent "
        "{{ $labels.agent }} of tenant {{ $labels.tenant }} in 5 minutes.",
        unit="answers",
        limit="0",
        by=WHO,
        dashboard="satisfaction",
        no_data="The alert ends 5 minutes after the last negative answer, and when the answers cannot be read.",
    )
