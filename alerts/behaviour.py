"""Rules for behaviour: plans that run out, use that leaps or fades, people who stay away."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import KIND, PERIOD, PLAN, TENANT
from exporter.metrics.behaviour import ACTIVE_USERS, PLAN_USED, SESSIONS, USAGE_EVENTS
from exporter.settings import Settings
from provisioning.kpis.behaviour import ENGAGEMENT, PLAN_USAGE, RETENTION, STICKINESS, USAGE_GROWTH
from provisioning.promql import rate

DOMAIN: Final = "behaviour"
SPIKE: Final = "1h"
LOW: Final = "6h"
BEFORE: Final = "Without a week of history, or with few conversations then, there is no alert; while the exporter is down its own alerts speak."

USED: Final = Recording(
    metric=PLAN_USED,
    by=(TENANT, PLAN, KIND),
    operation="ratio",
    query=lambda _: PLAN_USAGE.query("", TENANT, PLAN, KIND),
)
EVENTS: Final = Recording(
    metric=USAGE_EVENTS, by=(TENANT,), operation="rate5m", query=lambda _: rate(USAGE_EVENTS, "5m", (TENANT,))
)
RETAINED: Final = Recording(
    metric=ACTIVE_USERS, by=(TENANT,), operation="retention", query=lambda _: RETENTION.query("", TENANT)
)
STICKY: Final = Recording(
    metric=ACTIVE_USERS, by=(TENANT,), operation="stickiness", query=lambda _: STICKINESS.query("", TENANT)
)
ENGAGED: Final = Recording(
    metric=SESSIONS,
    by=(TENANT, PERIOD),
    operation="engaged_ratio",
    query=lambda _: ENGAGEMENT.query("", TENANT, PERIOD),
)

RECORDINGS: Final[tuple[Recording, ...]] = (USED, EVENTS, RETAINED, STICKY, ENGAGED)


def group(settings: Settings) -> Group:
    """Recordings and alerts of behaviour."""
    return Group(DOMAIN, RECORDINGS, (*_plan(settings), _spike(settings), _low(settings)))


def _plan(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds.plan_usage
    return tuple(
        Alert(
            name="PlanLimitNear",
            severity=severity,
            expr=f"{held(USED, DOMAIN)} >= {number(limit)}",
            summary="A customer has used most of what its plan allows.",
            description="Tenant {{ $labels.tenant }} has used {{ $value | humanizePercentage }} of the {{ $labels.kind }} that plan "
            f"{{{{ $labels.plan }}}} allows in this calendar month (limit {percent(limit)}).",
            value="{{ $value | humanizePercentage }}",
            unit="ratio",
            limit=percent(limit),
            wait=wait,
            keep=600,
            by=(TENANT, PLAN, KIND),
            dashboard="behaviour",
            no_data=HELD,
        )
        for severity, limit, wait in ((Severity.WARNING, limits.warning, 60), (Severity.CRITICAL, limits.critical, 10))
    )


def _compared(window: str) -> str:
    """Conversations against a week ago, where there were enough then."""
    return USAGE_GROWTH.query(window, TENANT, least=LEAST)


def _spike(settings: Settings) -> Alert:
    times = settings.thresholds.usage_spike
    return Alert(
        name="UsageSpike",
        severity=Severity.WARNING,
        expr=f"{_compared(SPIKE)} > {number(times)}",
        summary="A customer has many more conversations than usual.",
        description=f"Tenant {{{{ $labels.tenant }}}} had {{{{ $value | humanize }}}} times as many conversations in {SPIKE} as in the "
        f"same hour a week ago (limit {times:g}).",
        value="{{ $value | humanize }}",
        unit="times",
        limit=f"{times:g}",
        wait=300,
        keep=600,
        by=(TENANT,),
        dashboard="behaviour",
        no_data=BEFORE,
    )


def _low(settings: Settings) -> Alert:
    share = settings.thresholds.usage_low
    return Alert(
        name="UsageLow",
        severity=Severity.WARNING,
        expr=f"{_compared(LOW)} < {number(share)}",
        summary="A customer has far fewer conversations than usual.",
        description=f"Tenant {{{{ $labels.tenant }}}} had {{{{ $value | humanizePercentage }}}} of the conversations of the same {LOW} a "
        f"week ago (limit {percent(share)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(share),
        wait=600,
        keep=600,
        by=(TENANT,),
        dashboard="behaviour",
        no_data=BEFORE,
    )
