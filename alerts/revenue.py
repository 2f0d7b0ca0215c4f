"""Rules for revenue: customers that leave, and sums on which billing does not agree."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import TENANT
from exporter.metrics.revenue import CLIENTS_LEFT, DIFFERENCE
from exporter.settings import Settings
from provisioning.kpis.revenue import BILLING_GAP, CHURN, MONTH

DOMAIN: Final = "revenue"

CHURN_RATE: Final = Recording(
    metric=CLIENTS_LEFT, by=(), operation="ratio30d", query=lambda _: CHURN.query(MONTH, least=LEAST)
)
GAP: Final = Recording(
    metric=DIFFERENCE, by=(TENANT,), operation="ratio30d", query=lambda _: BILLING_GAP.query(MONTH, TENANT)
)

RECORDINGS: Final[tuple[Recording, ...]] = (CHURN_RATE, GAP)


def group(settings: Settings) -> Group:
    """Recordings and alerts of revenue."""
    return Group(DOMAIN, RECORDINGS, (*_churn(settings), *_billing(settings)))


def _churn(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds.churn_rate
    return tuple(
        Alert(
            name="ChurnHigh",
            severity=severity,
            expr=f"{held(CHURN_RATE, DOMAIN)} > {number(limit)}",
            summary="Many customers leave.",
            description=f"{{{{ $value | humanizePercentage }}}} of the customers of 30 days ago have left (limit {percent(limit)}).",
            value="{{ $value | humanizePercentage }}",
            unit="ratio",
            limit=percent(limit),
            wait=wait,
            keep=3600,
            dashboard="revenue",
            no_data=f"{HELD} Below {LEAST} customers, or without 30 days of history, there is no alert.",
        )
        for severity, limit, wait in (
            (Severity.WARNING, limits.warning, 600),
            (Severity.CRITICAL, limits.critical, 10),
        )
    )


def _billing(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds.billing_gap
    return tuple(
        Alert(
            name="BillingDiffers",
            severity=severity,
            expr=f"{held(GAP, DOMAIN)} > {number(limit)}",
            summary="Recorded revenue and billing do not agree.",
            description="Invoices of tenant {{ $labels.tenant }} of the last 30 days differ from billing by "
            f"{{{{ $value | humanizePercentage }}}} (limit {percent(limit)}).",
            value="{{ $value | humanizePercentage }}",
            unit="ratio",
            limit=percent(limit),
            wait=wait,
            keep=3600,
            by=(TENANT,),
            dashboard="revenue",
            no_data=f"{HELD} Invoices that billing does not know are not compared; the dashboard shows them as not billed.",
        )
        for severity, limit, wait in (
            (Severity.WARNING, limits.warning, 600),
            (Severity.CRITICAL, limits.critical, 10),
        )
    )
