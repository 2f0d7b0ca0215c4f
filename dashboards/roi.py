"""Return: what the service brings, to us by customer, and to customers under assumptions that can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import SCOPES, drill, frame
from dashboards.query import DAILY, DAY, Query, instant, legend
from dashboards.tables import Column, summary
from exporter.labels import TENANT
from exporter.metrics.leads import APPOINTMENT_VALUE, APPOINTMENTS_BOOKED
from exporter.metrics.revenue import INVOICED
from provisioning.kpi import Kpi
from provisioning.kpis import leads as leads_kpis
from provisioning.kpis import revenue as kpis
from provisioning.kpis import roi

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["roi"]
MOST: Final = 10


def build(settings: Settings) -> Any:
    """The dashboard of what it is worth."""
    body = [
        *_profit(),
        *panels.row("Customers", _customers()),
        *panels.row("Calculator: what agents are worth under the assumptions in the boxes", _calculator()),
    ]
    return frame(
        "roi", "What does the service bring us, what does it bring the customers, and who does well?", body=body, settings=settings,
        sources={TENANT: (INVOICED,)}, time_from="now-30d", boxes=_boxes(settings),
    )  # fmt: skip


def _boxes(settings: Settings) -> dict[str, tuple[str, str]]:
    """The assumptions, from the settings."""
    given = settings.roi
    return {
        roi.HUMAN_COST: ("Human cost per conversation ($)", f"{given.human_cost_usd:g}"),
        roi.HUMAN_MINUTES: ("Human response time (minutes)", f"{given.human_minutes:g}"),
        roi.CONVERSION: ("Share of leads that buy (0 to 1)", f"{given.conversion_rate:g}"),
        roi.DEAL_VALUE: ("Value of a deal ($)", f"{given.deal_value_usd:g}"),
    }


def _profit() -> list[Any]:
    return [
        panels.stat("Gross profit", "What is left of the revenue after the known cost of the service?", "currencyUSD",
                    [instant(S.kpi(kpis.GROSS_PROFIT))], decimals=0, links=[drill("roi", "revenue", "Revenue")]),
        panels.stat("Profit margin", "Which share of the revenue is left after the known cost of the service?", "percentunit",
                    [instant(S.kpi(kpis.MARGIN))], decimals=1),
        panels.stat("Cost of the service", "What did models, speech and telephony cost, as far as it is known?", "currencyUSD",
                    [instant(S.kpi(kpis.SERVICE_COST))], decimals=2, links=[drill("roi", "pipeline", "Steps")]),
        panels.stat("Usage without a price", "How many requests and calls have no known cost, so that the profit is less than shown?",
                    "short", [instant(f"round({S.kpi(kpis.UNPRICED_USAGE)})")], decimals=0),
        panels.stat("Attributed revenue", "What are the appointments worth that agents booked and people kept?", "currencyUSD",
                    [instant(S.kpi(kpis.ATTRIBUTED_REVENUE))], decimals=0, links=[drill("roi", "leads", "Appointments")]),
        panels.stat("Leads from conversations", "How many leads came in for each conversation that began?", "percentunit",
                    [instant(S.kpi(leads_kpis.CAPTURE_RATE))], decimals=1),
    ]  # fmt: skip


def _customers() -> list[Any]:
    profit = S.kpi(kpis.GROSS_PROFIT, TENANT)
    links = [
        drill("roi", "calls", "Calls of this customer", TENANT),
        drill("roi", "leads", "Leads of this customer", TENANT),
    ]
    return [
        panels.bargauge("Top customers", f"Which {MOST} customers leave most after the known cost of the service?", "currencyUSD",
                        [instant(f"sort_desc(topk({MOST}, {profit}))", legend(TENANT))], width=12, links=links),
        panels.bargauge("Customers that do not pay off", f"Which {MOST} customers get least for each dollar that they were invoiced? Below 0 "
                        "they pay more than their kept appointments are worth.", "percentunit",
                        [instant(f"sort(bottomk({MOST}, {S.kpi(kpis.CLIENT_RETURN, TENANT)}))", legend(TENANT))],
                        width=12, minimum=-1, thresholds=((None, "red"), (0, "green")), links=links),
        summary(
            "Every customer", "What did each customer bring, cost and get in the time range? Usage without a price is in no cost.",
            (TENANT,), _columns(), links=[drill("roi", "calls", "Calls of this customer", TENANT, row=True),
                                          drill("roi", "leads", "Leads of this customer", TENANT, row=True)],
        ),
        panels.timeseries("Revenue and attributed revenue per day", "Do customers get more than they pay?", "currencyUSD", [
            Query(S.kpi(kpis.REVENUE, window=DAILY), "revenue"), Query(S.kpi(kpis.ATTRIBUTED_REVENUE, window=DAILY), "attributed"),
        ], bars=True, interval=DAY),
        panels.timeseries("Cost of the service per day", "Does the known cost of the service grow?", "currencyUSD",
                          [Query(S.kpi(kpis.SERVICE_COST, window=DAILY), "cost")], bars=True, interval=DAY),
    ]  # fmt: skip


def _columns() -> tuple[Column, ...]:
    return (
        Column("Revenue", "currencyUSD", S.kpi(kpis.REVENUE, TENANT)),
        Column("Cost", "currencyUSD", S.kpi(kpis.SERVICE_COST, TENANT)),
        Column("Profit", "currencyUSD", S.kpi(kpis.GROSS_PROFIT, TENANT)),
        Column("Margin", "percentunit", S.kpi(kpis.MARGIN, TENANT)),
        Column("ROI", "percentunit", S.kpi(kpis.ROI, TENANT)),
        Column("Appointments", "short", S.increase(APPOINTMENTS_BOOKED, TENANT)),
        Column("Booked value", "currencyUSD", S.increase(APPOINTMENT_VALUE, TENANT)),
        Column("Attributed", "currencyUSD", S.kpi(kpis.ATTRIBUTED_REVENUE, TENANT)),
        Column("Customer's return", "percentunit", S.kpi(kpis.CLIENT_RETURN, TENANT), ((None, "red"), (0, "green"))),
        Column("Unpriced", "short", S.kpi(kpis.UNPRICED_USAGE, TENANT)),
    )


def _calculator() -> list[Any]:
    def stat(kpi: Kpi, question: str, unit: str, decimals: int = 0) -> Any:
        return panels.stat(kpi.title, question, unit, [instant(S.kpi(kpi))], decimals=decimals)

    return [
        stat(roi.RETURN, "What does each dollar invoiced bring beyond itself, as the boxes assume?", "percentunit"),
        stat(roi.VALUE, "What are saved human cost and leads worth together, as the boxes assume?", "currencyUSD"),
        stat(roi.SAVED, "What would humans have cost for the conversations that agents handled, as the box assumes?", "currencyUSD"),
        stat(roi.SOLD, "What do the leads bring if the assumed share of them buys?", "currencyUSD"),
        stat(roi.TIME, "How much less did people wait in all than for humans, as the box assumes?", "s"),
        stat(roi.PAYBACK, "After which time does the value equal what was invoiced for the range, as the boxes assume?", "s", 1),
        stat(roi.HANDLED, "How many conversations ended without a human?", "short"),
    ]  # fmt: skip
