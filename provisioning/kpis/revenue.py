"""Formulas of revenue: what customers bring, who stays, and whether the numbers agree with billing."""

from __future__ import annotations

from typing import Final

from exporter.entities.revenue import CLIENT
from exporter.metric import Metric
from exporter.metrics import cost
from exporter.metrics.leads import ATTRIBUTED
from exporter.metrics.revenue import (
    CLIENTS,
    CLIENTS_LEFT,
    COMPARED,
    DIFFERENCE,
    INVOICED,
    MRR,
    SUBSCRIPTIONS,
    UNBILLED,
)  # fmt: skip
from provisioning import promql
from provisioning.kpi import Asked, Kpi
from provisioning.kpis import roi

DOMAIN: Final = "revenue"
MONTH: Final = "30d:1h"
"""Thirty days, read once an hour: each second of them would be millions of samples."""

LOOK_BACK: Final = "1d"
"""Samples of the past are at most half a day apart."""

COSTS: Final[tuple[Metric, ...]] = tuple(cost.COSTS.values())
UNPRICED: Final[tuple[Metric, ...]] = tuple(cost.UNPRICED.values())
NO_COST: Final = (
    "Absent where no cost is known; usage without a price is not in the cost, so the figure is then too good."
)


def began(asked: Asked, metric: Metric) -> str:
    """Sum of a level where the window begins."""
    series = promql.selector(metric, asked.of(metric))
    return (
        f"sum{promql.by(metric, asked.by)} (last_over_time({series}[{LOOK_BACK}] offset {promql.span(asked.window)}))"
    )


def _growth(asked: Asked, metric: Metric) -> str:
    return f"{asked.total(metric)} / ({began(asked, metric)} > 0) - 1"


def _together(asked: Asked, metrics: tuple[Metric, ...]) -> str:
    """Counters of several kinds added up; a kind that a customer does not use has no series and is none."""
    parts = (f'label_replace({asked.increase(metric)}, "of", "{metric.base}", "", "")' for metric in metrics)
    return f"sum{promql.by(metrics[0], asked.by)} ({' or '.join(parts)})"


def _cost(asked: Asked) -> str:
    return _together(asked, COSTS)


def _profit(asked: Asked) -> str:
    return f"({asked.increase(INVOICED)} - {_cost(asked)})"


def _kept(until: str, due: str) -> str:
    """Share of the customers for whom `until` has come that had not left by then."""
    kept = f"count(*) FILTER (WHERE {due} AND (left_at IS NULL OR left_at > {until}))"
    return f"round(100.0 * {kept} / nullif(count(*) FILTER (WHERE {due}), 0), 1)"


MONTHLY: Final = Kpi(
    name="mrr",
    title="Monthly recurring revenue",
    meaning="What the subscriptions that run at this moment bring in a month.",
    unit="currencyUSD",
    formula="sum of mrr over subscriptions with started_at <= t and no ended_at <= t",
    unknown="Absent while no subscription is mapped or the exporter cannot be read.",
    domain=DOMAIN,
    codes=("R1",),
    metrics=(MRR,),
    expression=lambda asked: asked.total(MRR),
)
ARPU: Final = Kpi(
    name="arpu",
    title="Average revenue per customer",
    meaning="Monthly recurring revenue by running subscription; those that cost nothing count too.",
    unit="currencyUSD",
    formula="mrr / subscriptions that run",
    unknown="Absent while no subscription runs.",
    domain=DOMAIN,
    codes=("R1",),
    metrics=(MRR, SUBSCRIPTIONS),
    expression=lambda asked: f"{asked.total(MRR)} / ({asked.total(SUBSCRIPTIONS)} > 0)",
)
MRR_GROWTH: Final = Kpi(
    name="mrr_growth",
    title="Growth of monthly recurring revenue",
    meaning="By how much monthly recurring revenue grew since the beginning of the time range.",
    unit="percentunit",
    formula="mrr now / mrr at the beginning - 1",
    unknown="Absent where there was no recurring revenue at the beginning.",
    domain=DOMAIN,
    codes=("R1",),
    metrics=(MRR,),
    expression=lambda asked: _growth(asked, MRR),
)
CLIENT_GROWTH: Final = Kpi(
    name="client_growth",
    title="Growth of customers",
    meaning="By how much the number of customers grew since the beginning of the time range.",
    unit="percentunit",
    formula="customers now / customers at the beginning - 1",
    unknown="Absent where there was no customer at the beginning.",
    domain=DOMAIN,
    codes=("R1",),
    metrics=(CLIENTS,),
    expression=lambda asked: _growth(asked, CLIENTS),
)
CHURN: Final = Kpi(
    name="churn_rate",
    title="Churn rate",
    meaning="Which share of the customers of the beginning of the time range was lost in it.",
    unit="percentunit",
    formula="customers that left in the range / customers at its beginning",
    unknown="Absent where there was no customer at the beginning, or no history reaches back to it.",
    domain=DOMAIN,
    codes=("R1",),
    metrics=(CLIENTS_LEFT, CLIENTS),
    expression=lambda asked: asked.ratio(asked.increase(CLIENTS_LEFT), began(asked, CLIENTS)),
)
RETENTION: Final = Kpi(
    name="client_retention",
    title="Retention of customers",
    meaning="Which share of the customers of the beginning of the time range was not lost in it.",
    unit="percentunit",
    formula="1 - churn rate",
    unknown="Absent where the churn rate is.",
    domain=DOMAIN,
    codes=("R1",),
    metrics=(CLIENTS_LEFT, CLIENTS),
    expression=lambda asked: f"1 - {asked.ratio(asked.increase(CLIENTS_LEFT), began(asked, CLIENTS))}",
)
COHORTS: Final = Kpi(
    name="cohort_retention",
    title="Retention by cohort",
    meaning="Of the customers that joined in the same month (UTC): how many there are, which share is still there at the end of the time range, "
    "and which share was there 30 and 90 days after joining, of those that joined so long ago.",
    unit="none",
    formula="customers of the cohort that had not left by then / customers of the cohort",
    unknown="No row for a month in which nobody joined; no share where nobody joined long enough ago.",
    domain=DOMAIN,
    codes=("R1", "R3"),
    sql=f"""SELECT to_char(joined_at AT TIME ZONE 'UTC', 'YYYY-MM') AS "Joined in", count(*) AS "Customers",
    {_kept("$__timeTo()", "true")} AS "Still here %",
    {_kept("joined_at + interval '30 days'", "joined_at + interval '30 days' <= $__timeTo()")} AS "After 30 days %",
    {_kept("joined_at + interval '90 days'", "joined_at + interval '90 days' <= $__timeTo()")} AS "After 90 days %"
FROM watchfloor.client WHERE joined_at <= $__timeTo() AND {{where}} GROUP BY 1 ORDER BY 1 DESC LIMIT 36""",
    entity=CLIENT,
)
REVENUE: Final = Kpi(
    name="revenue",
    title="Revenue",
    meaning="Sums of the invoices issued in the time range; by category it tells subscriptions, set-up fees and usage apart.",
    unit="currencyUSD",
    formula="sum of amount over invoices by issued_at",
    unknown="Absent while no invoice was ever issued.",
    domain=DOMAIN,
    codes=("R1",),
    metrics=(INVOICED,),
    expression=lambda asked: asked.increase(INVOICED),
)
SERVICE_COST: Final = Kpi(
    name="service_cost",
    title="Cost of the service",
    meaning="What models, speech and telephony cost that served a customer.",
    unit="currencyUSD",
    formula="sum of the known costs of requests and calls that ended in the range",
    unknown=NO_COST,
    domain=DOMAIN,
    codes=("R2",),
    metrics=COSTS,
    expression=_cost,
)
UNPRICED_USAGE: Final = Kpi(
    name="unpriced_usage",
    title="Usage without a price",
    meaning="Requests to models and speech services, and calls, whose cost is not known; while there are any, the real profit is less than shown.",
    unit="short",
    formula="requests and calls that ended in the range and have no known cost",
    unknown="Absent while everything that was ever used has a price.",
    domain=DOMAIN,
    codes=("R2",),
    metrics=UNPRICED,
    expression=lambda asked: _together(asked, UNPRICED),
)
GROSS_PROFIT: Final = Kpi(
    name="gross_profit",
    title="Gross profit",
    meaning="What is left of the revenue after the cost of the service.",
    unit="currencyUSD",
    formula="revenue - service cost",
    unknown=NO_COST,
    domain=DOMAIN,
    codes=("R2",),
    metrics=(INVOICED, *COSTS),
    expression=_profit,
)
MARGIN: Final = Kpi(
    name="profit_margin",
    title="Profit margin",
    meaning="Which share of the revenue is left after the cost of the service.",
    unit="percentunit",
    formula="(revenue - service cost) / revenue",
    unknown="Absent without revenue in the range, and where no cost is known; usage without a price makes it too good.",
    domain=DOMAIN,
    codes=("R2",),
    metrics=(INVOICED, *COSTS),
    expression=lambda asked: f"{_profit(asked)} / ({asked.increase(INVOICED)} > 0)",
)
ROI: Final = Kpi(
    name="client_roi",
    title="Return on the cost of the service",
    meaning="What each dollar of service cost brought beyond itself.",
    unit="percentunit",
    formula="(revenue - service cost) / service cost",
    unknown=NO_COST,
    domain=DOMAIN,
    codes=("R2",),
    metrics=(INVOICED, *COSTS),
    expression=lambda asked: f"{_profit(asked)} / ({_cost(asked)} > 0)",
)
ATTRIBUTED_REVENUE: Final = Kpi(
    name="attributed_revenue",
    title="Attributed revenue",
    meaning="What the appointments are worth that agents booked and people kept: the revenue that a customer owes to its agents.",
    unit="currencyUSD",
    formula="sum of value over appointments by kept_at",
    unknown="Absent without any kept appointment of known worth; appointments of unknown worth are not in it.",
    domain=DOMAIN,
    codes=("R2",),
    metrics=(ATTRIBUTED,),
    expression=lambda asked: asked.increase(ATTRIBUTED),
)
CLIENT_RETURN: Final = Kpi(
    name="client_return",
    title="Return for the customer",
    meaning="What each dollar that the customer was invoiced brought it beyond itself.",
    unit="percentunit",
    formula="(attributed revenue - revenue) / revenue",
    unknown="Absent where nothing was invoiced in the range or no worth of appointments is known.",
    domain=DOMAIN,
    codes=("R2",),
    metrics=(ATTRIBUTED, INVOICED),
    expression=lambda asked: f"{asked.increase(ATTRIBUTED)} / ({asked.increase(INVOICED)} > 0) - 1",
)
BILLING_GAP: Final = Kpi(
    name="billing_gap",
    title="Difference from billing",
    meaning="By which share of the recorded sums the billing system differs, invoice by invoice, whatever the sign.",
    unit="percentunit",
    formula="sum of |amount - billed| / sum of amount, over invoices that billing knows",
    unknown="Absent where billing knows no invoice of the range.",
    domain=DOMAIN,
    codes=("R5",),
    metrics=(DIFFERENCE, COMPARED),
    expression=lambda asked: asked.ratio(asked.increase(DIFFERENCE), asked.increase(COMPARED)),
)
UNBILLED_SHARE: Final = Kpi(
    name="unbilled_share",
    title="Share not billed",
    meaning="Which share of the recorded sums belongs to invoices that the billing system does not know.",
    unit="percentunit",
    formula="sum of amount of invoices without billed / sum of amount",
    unknown="Absent where nothing was invoiced in the range.",
    domain=DOMAIN,
    codes=("R5",),
    metrics=(UNBILLED, INVOICED),
    expression=lambda asked: asked.ratio(asked.increase(UNBILLED), asked.increase(INVOICED)),
)
KPIS: Final[tuple[Kpi, ...]] = (
    MONTHLY, ARPU, MRR_GROWTH, CLIENT_GROWTH, CHURN, RETENTION, COHORTS, REVENUE, SERVICE_COST, UNPRICED_USAGE, GROSS_PROFIT, MARGIN, ROI,
    ATTRIBUTED_REVENUE, CLIENT_RETURN, BILLING_GAP, UNBILLED_SHARE, *roi.KPIS,
)  # fmt: skip
