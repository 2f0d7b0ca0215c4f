"""Rules for leads: calls that book too few appointments, and good news."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, increase_ago, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import TENANT
from exporter.metrics.calls import CALLS_COMPLETED
from exporter.metrics.leads import LEADS_CONVERTED, LEADS_CREATED
from exporter.settings import Settings
from provisioning import promql
from provisioning.kpis.leads import BOOKING_RATE

DOMAIN: Final = "leads"
DAY: Final = "1d"
NEW: Final = "5m"
MONTH: Final = "30d:1h"
HOUR: Final = "1h"

BOOKING: Final = Recording(
    metric=CALLS_COMPLETED,
    by=(TENANT,),
    operation="booked_ratio1d",
    query=lambda _: BOOKING_RATE.query(DAY, TENANT, least=LEAST),
)
CONVERSIONS: Final = Recording(
    metric=LEADS_CONVERTED,
    by=(TENANT,),
    operation="increase30d",
    query=lambda _: promql.increase(LEADS_CONVERTED, MONTH, (TENANT,)),
)

RECORDINGS: Final[tuple[Recording, ...]] = (BOOKING, CONVERSIONS)


def group(settings: Settings) -> Group:
    """Recordings and alerts of leads."""
    return Group(DOMAIN, RECORDINGS, (_booking(settings), _new(), _milestone(settings)))


def _booking(settings: Settings) -> Alert:
    limit = settings.thresholds.booking_rate
    return Alert(
        name="BookingRateLow",
        severity=Severity.WARNING,
        expr=f"{held(BOOKING, DOMAIN)} < {number(limit)}",
        summary="Few calls book an appointment.",
        description="{{ $value | humanizePercentage }} of the calls of tenant {{ $labels.tenant }} that ended in a day booked an "
        f"appointment (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=600,
        keep=600,
        by=(TENANT,),
        dashboard="leads",
        no_data=f"{HELD} Below {LEAST} calls in a day there is no alert.",
    )


def _new() -> Alert:
    return Alert(
        name="NewLead",
        severity=Severity.INFO,
        expr=f"{promql.increase(LEADS_CREATED, NEW, (TENANT,))} > 0",
        summary="A lead came in.",
        description=f"{{{{ $value | humanize }}}} leads of tenant {{{{ $labels.tenant }}}} came in within {NEW}.",
        unit="leads",
        limit="0",
        by=(TENANT,),
        dashboard="leads",
        no_data="Without new leads, or while the domain cannot be read, there is no news.",
    )


def _milestone(settings: Settings) -> Alert:
    every = number(settings.thresholds.conversion_milestone)
    # The query and not the recording an hour ago: a recording has no past on a fresh stack.
    before = increase_ago(LEADS_CONVERTED, MONTH, HOUR, (TENANT,))
    return Alert(
        name="ConversionMilestone",
        severity=Severity.INFO,
        expr=f"{CONVERSIONS.name} and floor({CONVERSIONS.name} / {every}) > floor({before} / {every})",
        summary="Conversions reached a milestone.",
        description="Tenant {{ $labels.tenant }} has {{ $value | humanize }} conversions in 30 days; within the last hour they passed a "
        f"multiple of {every}.",
        unit="conversions",
        limit=every,
        by=(TENANT,),
        dashboard="leads",
        no_data="Without conversions, or while the domain cannot be read, there is no news.",
    )
