"""Executive: revenue, clients, health and the numbers that a whole company is steered by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, ceiling, drill, falling, floor, frame, rising
from dashboards.query import DAY, RANGE, Query, instant, legend
from exporter.labels import PLAN, TENANT
from exporter.metrics.calls import CALLS_INITIATED
from exporter.metrics.conversations import CONVERSATIONS_ENDED
from exporter.metrics.health import INCIDENTS_OPEN
from exporter.metrics.pipeline import TURN_LATENCY
from exporter.metrics.revenue import CLIENTS, CLIENTS_JOINED, CLIENTS_LEFT, MRR
from provisioning import promql
from provisioning.kpis import calls, conversations, health, leads, pipeline, revenue

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["executive"]
MONTH: Final = promql.lapped("30d")


def build(settings: Settings) -> Any:
    """The dashboard for those who steer the company."""
    body = [
        *panels.row("Revenue overview", _revenue()),
        *panels.row("Client growth", _clients(settings)),
        *panels.row("System health", _health(settings)),
        *panels.row("Key metrics", _key(settings)),
    ]
    return frame(
        "executive", "Does the business grow, does it earn, and does the system hold?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (MRR,)), days=True, time_from="now-30d",
    )  # fmt: skip


def _revenue() -> list[Any]:
    to_revenue = drill("executive", "revenue", "Revenue")
    return [
        panels.stat("Monthly recurring revenue", "What do the running subscriptions bring in a month?", "currencyUSD",
                    [instant(S.kpi(revenue.MONTHLY))], decimals=0, links=[to_revenue]),
        panels.stat("Growth", "By how much did monthly recurring revenue grow in 30 days?", "percentunit",
                    [instant(S.kpi(revenue.MRR_GROWTH, window=MONTH))], decimals=1),
        panels.stat("Revenue per customer", "What does a running subscription bring in a month on average?", "currencyUSD",
                    [instant(S.kpi(revenue.ARPU))], decimals=0),
        panels.stat("Invoiced", "How much was invoiced in the time range?", "currencyUSD", [instant(S.kpi(revenue.REVENUE))], decimals=0),
        panels.stat("Gross profit", "What is left of what was invoiced after the known cost of the service?", "currencyUSD",
                    [instant(S.kpi(revenue.GROSS_PROFIT))], decimals=0),
        panels.stat("Profit margin", "Which share of what was invoiced is left after the known cost of the service?", "percentunit",
                    [instant(S.kpi(revenue.MARGIN))], decimals=1),
        panels.timeseries("Recurring revenue by plan", "Does monthly recurring revenue grow, and on which plans?", "currencyUSD",
                          [Query(S.total(MRR, PLAN), legend(PLAN))], stack=True, interval=DAY, time_from=DAYS, width=24),
    ]  # fmt: skip


def _clients(settings: Settings) -> list[Any]:
    return [
        panels.stat("Customers", "How many customers are there now?", "short", [instant(S.total(CLIENTS))], decimals=0),
        panels.stat("New customers", "How many customers came in the time range?", "short", [instant(S.increase(CLIENTS_JOINED))], decimals=0),
        panels.stat("Lost customers", "How many customers left in the time range?", "short", [instant(S.increase(CLIENTS_LEFT))], decimals=0),
        panels.stat("Churn rate, 30 days", "Which share of the customers of 30 days ago has left since?", "percentunit",
                    [instant(S.kpi(revenue.CHURN, window=MONTH))], thresholds=rising(settings.thresholds.churn_rate), decimals=1),
        panels.timeseries("Customers", "How did the number of customers grow?", "short", [Query(S.total(CLIENTS, PLAN), legend(PLAN))],
                          stack=True, interval=DAY, time_from=DAYS, width=8, height=4),
    ]  # fmt: skip


def _health(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    to_health = drill("executive", "health", "Health")
    return [
        panels.stat("Uptime", "Which share of all probes of the platform was answered?", "percentunit", [instant(S.kpi(health.UPTIME))],
                    thresholds=falling(limits.uptime), decimals=3, links=[to_health]),
        panels.stat("Response time, p95", "How long do 19 of 20 people wait at most until the agent answers?", "s",
                    [instant(S.quantile(0.95, TURN_LATENCY, window=RANGE))], thresholds=rising(limits.response_time_seconds)),
        panels.stat("Model error rate", "Which share of requests to language models fails?", "percentunit",
                    [instant(S.kpi(pipeline.MODEL_ERRORS))], thresholds=rising(limits.error_rate), decimals=2),
        panels.stat("Open incidents", "How many incidents go on now?", "short", [instant(S.total(INCIDENTS_OPEN))], thresholds=ceiling(1),
                    decimals=0, links=[to_health]),
        panels.alertlist("Alerts", "What fires or is about to fire?", width=8, height=4),
    ]  # fmt: skip


def _key(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Calls", "How many calls were dialled or received?", "short", [instant(S.increase(CALLS_INITIATED))], decimals=0,
                    links=[drill("executive", "calls", "Calls")]),
        panels.stat("Conversations", "How many conversations ended?", "short", [instant(S.increase(CONVERSATIONS_ENDED))], decimals=0),
        panels.stat("Answer rate", "Which share of calls did somebody answer?", "percentunit", [instant(S.kpi(calls.ANSWER_RATE))], decimals=1),
        panels.stat("Goal success", "Which share of conversations whose result is known reached its goal?", "percentunit",
                    [instant(S.kpi(conversations.GOAL_SUCCESS))], thresholds=floor(limits.success_rate), decimals=1),
        panels.stat("Booking rate", "Which share of conversations led to an appointment?", "percentunit",
                    [instant(S.kpi(leads.BOOKING_RATE))], decimals=1),
        panels.stat("Cost of the service", "What did models, speech and telephony cost, as far as it is known?", "currencyUSD",
                    [instant(S.kpi(revenue.SERVICE_COST))], decimals=2, links=[drill("executive", "cost", "Cost")]),
        panels.bargauge("Customers by recurring revenue", "Which customers bring most?", "currencyUSD",
                        [instant(f"topk(10, {S.total(MRR, TENANT)})", legend(TENANT))], width=24, height=7,
                        links=[drill("executive", "client", "This customer", TENANT)]),
    ]  # fmt: skip
