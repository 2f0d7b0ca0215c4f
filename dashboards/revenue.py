"""Revenue: what comes in, who joins and leaves, where it leads, and whether billing agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, drill, frame, rising
from dashboards.query import DAILY, DAY, Query, Sql, instant, legend
from exporter.entities.revenue import INVOICE
from exporter.labels import BAND, CATEGORY, PLAN, TENANT
from exporter.metrics.revenue import (
    BILLED,
    CHURN_PROJECTED,
    CLIENTS,
    CLIENTS_JOINED,
    CLIENTS_LEFT,
    COMPARED,
    DIFFERENCE,
    INVOICED,
    MRR,
    MRR_PROJECTED,
    OVERDUE,
    PAID,
    SUBSCRIPTIONS,
    UNBILLED,
)  # fmt: skip
from provisioning import promql
from provisioning.kpis import revenue as kpis

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["revenue"]
MONTH: Final = promql.lapped(kpis.MONTH)
DIFFERING: Final = """SELECT issued_at AS "Issued", invoice AS "Invoice", tenant, category, status, amount AS "Recorded $", billed AS "Billed $",
    amount - billed AS "Difference $"
FROM watchfloor.invoice
WHERE $__timeFilter(issued_at) AND (billed IS NULL OR billed <> amount) AND {where} ORDER BY issued_at DESC LIMIT 200"""


def build(settings: Settings) -> Any:
    """The dashboard of what customers bring."""
    body = [
        *_now(settings),
        *_trends(settings),
        *panels.row("Where it leads", _ahead(settings)),
        *panels.row("Does billing agree?", _billing(settings)),
    ]
    return frame(
        "revenue", "How much comes in, who joins and leaves, where does it lead, and does billing agree?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (MRR,)), days=True, time_from="now-30d",
    )  # fmt: skip


def _now(settings: Settings) -> list[Any]:
    churn = rising(settings.thresholds.churn_rate)
    return [
        panels.stat("Monthly recurring revenue", "What do the running subscriptions bring in a month?", "currencyUSD",
                    [instant(S.kpi(kpis.MONTHLY))], decimals=0, links=[drill("revenue", "roi", "Return by customer")]),
        panels.stat("Growth", "By how much did monthly recurring revenue grow in the time range?", "percentunit",
                    [instant(S.kpi(kpis.MRR_GROWTH))], decimals=1),
        panels.stat("Revenue per customer", "What does a running subscription bring in a month on average?", "currencyUSD",
                    [instant(S.kpi(kpis.ARPU))], decimals=0),
        panels.stat("Customers", "How many customers are there now, and how many came in the time range?", "short", [
            instant(S.total(CLIENTS), "now"), instant(S.increase(CLIENTS_JOINED), "new"), instant(S.increase(CLIENTS_LEFT), "lost"),
        ], decimals=0),
        panels.stat("Churn rate, 30 days", "Which share of the customers of 30 days ago has left since?", "percentunit",
                    [instant(S.kpi(kpis.CHURN, window=MONTH))], thresholds=churn, decimals=1),
        panels.stat("Growth of customers", "By how much did the number of customers grow in the time range?", "percentunit",
                    [instant(S.kpi(kpis.CLIENT_GROWTH))], decimals=1),
        panels.stat("Invoiced", "How much was invoiced in the time range, for what?", "currencyUSD", [
            instant(S.kpi(kpis.REVENUE), "total"), instant(S.kpi(kpis.REVENUE, CATEGORY), legend(CATEGORY)),
        ], decimals=0, width=12),
        panels.stat("Paid and overdue", "How much was paid in the time range, and how much is overdue now?", "currencyUSD", [
            instant(S.increase(PAID), "paid"), instant(S.total(OVERDUE), "overdue"),
        ], decimals=0, width=12),
    ]  # fmt: skip


def _trends(settings: Settings) -> list[Any]:
    churn, others = rising(settings.thresholds.churn_rate), settings.benchmarks
    return [
        panels.timeseries("Recurring revenue by plan", "Does monthly recurring revenue grow, and on which plans?", "currencyUSD",
                          [Query(S.total(MRR, PLAN), legend(PLAN))], stack=True, interval=DAY, time_from=DAYS),
        panels.timeseries("Invoiced per day", "What was invoiced on each day, and for what?", "currencyUSD",
                          [Query(S.increase(INVOICED, CATEGORY, window=DAILY), legend(CATEGORY))], stack=True, bars=True, interval=DAY,
                          time_from=DAYS),
        panels.timeseries("Customers won and lost per day", "Do more customers join than leave?", "short", [
            Query(S.increase(CLIENTS_JOINED, window=DAILY), "joined"), Query(f"-1 * {S.increase(CLIENTS_LEFT, window=DAILY)}", "left"),
        ], bars=True, interval=DAY, time_from=DAYS, minimum=-5),
        panels.timeseries("Customers by plan", "Which plans do customers have?", "short",
                          [Query(S.total(SUBSCRIPTIONS, PLAN), legend(PLAN))], stack=True, interval=DAY, time_from=DAYS),
        panels.timeseries("Churn over the last 30 days", "Do more customers leave than some time ago, and than elsewhere?", "percentunit", [
            Query(S.kpi(kpis.CHURN, window=MONTH), "churn"), *_line(others.churn_rate),
        ], thresholds=churn, interval=DAY, time_from=DAYS),
        panels.timeseries("Growth over the last 30 days", "Does recurring revenue grow faster than some time ago, and than elsewhere?",
                          "percentunit", [Query(S.kpi(kpis.MRR_GROWTH, window=MONTH), "growth"), *_line(others.mrr_growth)],
                          interval=DAY, time_from=DAYS, minimum=-0.5),
        panels.table("Retention by month of joining",
                     "Which share of the customers that joined in a month stayed? The share is empty where nobody joined so long ago.",
                     "none", [S.rows(kpis.COHORTS)]),
    ]  # fmt: skip


def _line(value: float | None) -> tuple[Query, ...]:
    """What others achieve, as a line, if the settings say it."""
    return () if value is None else (Query(f"{value:g}", "benchmark"),)


def _ahead(settings: Settings) -> list[Any]:
    months = settings.projection.months
    return [
        panels.stat("Projected revenue", f"What will monthly recurring revenue be in {months} months if its trend goes on? The trend is "
                    "Theil-Sen's line through the weeks of the last year; low and high are the bounds of about 95 %.", "currencyUSD",
                    [instant(S.total(MRR_PROJECTED, BAND), legend(BAND))], decimals=0, width=8),
        panels.stat("Projected churn", "Which share of customers will leave in a month if they do as in the last year? Low and high are "
                    "Wilson's bounds of 95 %.", "percentunit",
                    [instant(S.total(CHURN_PROJECTED, BAND), legend(BAND))], decimals=1, width=8,
                    thresholds=rising(settings.thresholds.churn_rate)),
        panels.stat("Retention", "Which share of the customers of 30 days ago is still there?", "percentunit",
                    [instant(S.kpi(kpis.RETENTION, window=MONTH))], decimals=1, width=8),
    ]  # fmt: skip


def _billing(settings: Settings) -> list[Any]:
    limits = rising(settings.thresholds.billing_gap)
    return [
        panels.stat("Difference from billing, 30 days", "By which share of the recorded sums does the billing system differ?", "percentunit",
                    [instant(S.kpi(kpis.BILLING_GAP, window=MONTH))], decimals=3, thresholds=limits, width=6, height=8),
        panels.stat("Not billed", "Which share of the recorded sums of the time range does the billing system not know?", "percentunit",
                    [instant(S.kpi(kpis.UNBILLED_SHARE))], decimals=2, width=6, height=8),
        panels.bargauge("Recorded and billed", "What was recorded in the time range, what does billing say of the same invoices, how far "
                        "are they apart, and how much does billing not know?", "currencyUSD", [
                            instant(S.increase(COMPARED), "recorded"), instant(S.increase(BILLED), "billed"),
                            instant(S.increase(DIFFERENCE), "difference"), instant(S.increase(UNBILLED), "not billed"),
                        ], width=12),
        panels.table("Invoices that differ", "Which invoices of the time range does billing not know, or know with another sum?", "none",
                     [Sql(DIFFERING.format(where=S.where(INVOICE)))],
                     links=[drill("revenue", "roi", "Return of this customer", TENANT, row=True)]),
    ]  # fmt: skip
