"""Rules for cost: growth, unusual hours, budgets, usage without a price."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import BUDGET, MODEL, PERIOD, PROVIDER, REASON, STATUS, TENANT
from exporter.metrics.cost import (
    BUDGET_FORECAST,
    BUDGET_LIMIT,
    BUDGET_NOTIFY,
    BUDGET_STATUS,
    BUDGET_USED,
    COST_ANOMALY,
    LLM_COST,
    LLM_UNPRICED,
    PRICE_OVERLAPS,
    STT_UNPRICED,
    TELEPHONY_UNPRICED,
    TTS_UNPRICED,
)
from exporter.settings import Settings
from exporter.spending import Status
from provisioning.kpis.cost import COST_GROWTH, UNPRICED_SHARE
from provisioning.promql import increase, selector, total

DOMAIN: Final = "cost"
WEEK: Final = "7d"
OF: Final = (BUDGET, TENANT, PERIOD)
WHICH: Final = "Budget {{ $labels.budget }} (tenant {{ $labels.tenant }}, per {{ $labels.period }})"
NO_BUDGET: Final = (
    "While no cost is known, or the exporter is down, there is no alert; DataStale and ExporterDown speak instead."
)

GROWTH: Final = Recording(
    metric=LLM_COST,
    subject="cost",
    by=(TENANT,),
    operation="growth7d",
    query=lambda limits: COST_GROWTH.query(WEEK, TENANT, least=limits.cost_least_usd),
)

UNPRICED: Final = Recording(
    metric=LLM_UNPRICED,
    subject="usage",
    by=(TENANT,),
    operation="unpriced_ratio1d",
    query=lambda _: UNPRICED_SHARE.query("1d", TENANT, least=LEAST),
)

RECORDINGS: Final[tuple[Recording, ...]] = (GROWTH, UNPRICED)


def group(settings: Settings) -> Group:
    """Recordings and alerts of cost."""
    return Group(
        DOMAIN,
        RECORDINGS,
        (
            _growth(settings),
            _anomaly(settings),
            *_reached(),
            _forecast(),
            _stale(),
            _share(settings),
            *_unpriced(),
            _overlap(),
        ),
    )


def _growth(settings: Settings) -> Alert:
    limits = settings.thresholds
    return Alert(
        name="CostGrowthHigh",
        severity=Severity.WARNING,
        expr=f"{held(GROWTH, DOMAIN)} > {number(limits.cost_growth)}",
        summary="A tenant costs much more than the week before.",
        description="Cost of tenant {{ $labels.tenant }} in 7 days is {{ $value | humanizePercentage }} above that of the 7 days before "
        f"(limit {percent(limits.cost_growth)}, told from {limits.cost_least_usd:g} USD a week on).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limits.cost_growth),
        wait=600,
        keep=3600,
        by=(TENANT,),
        dashboard="cost",
        no_data=HELD,
    )


def _anomaly(settings: Settings) -> Alert:
    limit = settings.thresholds.cost_anomaly_score
    return Alert(
        name="CostAnomaly",
        severity=Severity.WARNING,
        expr=f"{COST_ANOMALY.name} > {number(limit)}",
        summary="An hour cost far more than is usual at this hour of the week.",
        description="The last whole hour of tenant {{ $labels.tenant }} cost {{ $value | humanize }} robust standard deviations more than usual "
        f"(limit {limit:g}).",
        unit="standard deviations",
        limit=f"{limit:g}",
        wait=60,
        keep=600,
        by=(TENANT,),
        dashboard="cost",
        no_data="With less than 4 weeks of history, or while nothing can be computed, there is no alert; ComputationFailing speaks instead.",
    )


def _reached() -> tuple[Alert, ...]:
    """One alert for each step on the way; a budget's own percentages say at which it notifies."""
    steps = (
        ("BudgetHalfSpent", Severity.INFO, 0.5, 0.75),
        ("BudgetMostlySpent", Severity.INFO, 0.75, 0.9),
        ("BudgetNearlySpent", Severity.WARNING, 0.9, 1.0),
        ("BudgetExceeded", Severity.CRITICAL, 1.0, None),
    )
    return tuple(
        Alert(
            name=name,
            severity=severity,
            expr=f"{BUDGET_USED.name} and ({BUDGET_NOTIFY.name} >= {number(low)}{'' if high is None else f' < {number(high)}'})",
            summary=f"A budget has reached {percent(low)} of its limit." if high else "A budget is exceeded.",
            description=f"{WHICH}: {{{{ $value | humanizePercentage }}}} of the limit is spent.",
            value="{{ $value | humanizePercentage }}",
            unit="ratio",
            limit=percent(low),
            keep=60,
            by=OF,
            dashboard="cost",
            no_data=NO_BUDGET,
        )
        for name, severity, low, high in steps
    )


def _forecast() -> Alert:
    return Alert(
        name="BudgetForecastExceeded",
        severity=Severity.WARNING,
        expr=f"{BUDGET_FORECAST.name} / {BUDGET_LIMIT.name} > 1 unless {BUDGET_USED.name} >= 1",
        summary="A budget will not last to the end of its period.",
        description=f"{WHICH}: at the recent pace {{{{ $value | humanizePercentage }}}} of the limit will be spent when the period ends.",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit="100%",
        wait=600,
        keep=1800,
        by=OF,
        dashboard="cost",
        no_data="Without a day of history, or without cost for a day, there is no forecast and no alert; BudgetStale says the latter.",
    )


def _stale() -> Alert:
    return Alert(
        name="BudgetStale",
        severity=Severity.WARNING,
        expr=f"{selector(BUDGET_STATUS, {STATUS: Status.STALE})} > 0",
        summary="No cost is known for a day, so a budget is not watched.",
        description=f"{WHICH}: the newest known cost is older than a day.",
        unit="status",
        limit="0",
        wait=600,
        keep=60,
        by=OF,
        dashboard="cost",
        no_data="While the exporter is down there is no alert; ExporterDown speaks instead.",
    )


def _share(settings: Settings) -> Alert:
    limit = settings.thresholds.unpriced_share
    return Alert(
        name="UnpricedShareHigh",
        severity=Severity.WARNING,
        expr=f"{held(UNPRICED, DOMAIN)} > {number(limit)}",
        summary="The cost of much of a tenant's usage is not known.",
        description="{{ $value | humanizePercentage }} of the requests and calls of tenant {{ $labels.tenant }} in 1d have no known cost "
        f"(limit {percent(limit)}); its cost is too low by them.",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=600,
        keep=3600,
        by=(TENANT,),
        dashboard="cost",
        no_data=HELD,
    )


def _unpriced() -> tuple[Alert, ...]:
    kinds = (
        ("UnpricedUsage", LLM_UNPRICED, MODEL, "Requests to a language model", "requests to model {{ $labels.model }}"),
        ("UnpricedSpeech", STT_UNPRICED, PROVIDER, "Requests to speech services", "requests to {{ $labels.provider }}"),
        ("UnpricedCalls", TELEPHONY_UNPRICED, PROVIDER, "Telephone calls", "calls through {{ $labels.provider }}"),
    )
    return tuple(
        Alert(
            name=name,
            severity=Severity.WARNING,
            expr=" or ".join(
                f"{increase(one, '1h', (label, REASON))} > 0"
                for one in ((metric, TTS_UNPRICED) if metric is STT_UNPRICED else (metric,))
            ),
            summary=f"{what} have no known cost.",
            description=f"{{{{ $value | humanize }}}} {which} in 1h have no cost ({{{{ $labels.reason }}}}); cost figures are too low by them.",
            unit="requests",
            limit="0",
            wait=600,
            keep=60,
            by=(label, REASON),
            dashboard="cost",
            no_data="Without requests there is nothing to price and the alert ends.",
        )
        for name, metric, label, what, which in kinds
    )


def _overlap() -> Alert:
    return Alert(
        name="PricesOverlap",
        severity=Severity.INFO,
        expr=f"{total(PRICE_OVERLAPS)} > 0",
        summary="Two prices of one thing hold at the same time.",
        description="{{ $value | humanize }} prices hold beside another one of the same thing; the one that began last is taken.",
        unit="prices",
        limit="0",
        wait=600,
        dashboard="cost",
        no_data="Without prices there is nothing to overlap.",
    )
