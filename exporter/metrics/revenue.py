"""Metrics of revenue."""

from typing import Final

from exporter.entities.revenue import CLIENT, INVOICE, SUBSCRIPTION
from exporter.labels import BAND, CATEGORY, PLAN, TENANT
from exporter.metric import Computed, Count, Level, Metric, Sum

WHO: Final = (TENANT, PLAN)

# Customers carry no tenant: each joins and leaves once, and a counter that is born as 1 has no increase.
CLIENTS: Final = Level(
    base="clients",
    help="Customers now.",
    domain="revenue",
    codes=("R1",),
    entity=CLIENT,
    opened=CLIENT["joined_at"],
    closed=CLIENT["left_at"],
    labels=(PLAN,),
    zero=True,
)
CLIENTS_JOINED: Final = Count(
    base="clients_joined_total",
    help="Customers that joined, whether or not they are still there.",
    domain="revenue",
    codes=("R1",),
    entity=CLIENT,
    at=CLIENT["joined_at"],
    labels=(PLAN,),
)
CLIENTS_LEFT: Final = Count(
    base="clients_left_total",
    help="Customers that left.",
    domain="revenue",
    codes=("R1",),
    entity=CLIENT,
    at=CLIENT["left_at"],
    labels=(PLAN,),
)
MRR: Final = Level(
    base="monthly_recurring_revenue_usd",
    help="What the running subscriptions bring each month, in US dollars.",
    domain="revenue",
    codes=("R1",),
    unit="usd",
    entity=SUBSCRIPTION,
    opened=SUBSCRIPTION["started_at"],
    closed=SUBSCRIPTION["ended_at"],
    amount=SUBSCRIPTION["mrr"],
    labels=WHO,
    zero=True,
)
SUBSCRIPTIONS: Final = Level(
    base="subscriptions",
    help="Subscriptions that run now, those that cost nothing included.",
    domain="revenue",
    codes=("R1",),
    entity=SUBSCRIPTION,
    opened=SUBSCRIPTION["started_at"],
    closed=SUBSCRIPTION["ended_at"],
    labels=WHO,
    zero=True,
)
INVOICED: Final = Sum(
    base="invoiced_usd_total",
    help="Sums of issued invoices in US dollars, by what they are for.",
    domain="revenue",
    codes=("R1", "R2"),
    unit="usd",
    entity=INVOICE,
    at=INVOICE["issued_at"],
    value=INVOICE["amount"],
    labels=(*WHO, CATEGORY),
)
PAID: Final = Sum(
    base="invoices_paid_usd_total",
    help="Sums of paid invoices in US dollars, at the time of payment.",
    domain="revenue",
    codes=("R1",),
    unit="usd",
    entity=INVOICE,
    at=INVOICE["paid_at"],
    value=INVOICE["amount"],
    labels=WHO,
)
OVERDUE: Final = Level(
    base="invoices_overdue_usd",
    help="Sums of invoices that are due and not paid, in US dollars.",
    domain="revenue",
    codes=("R1",),
    unit="usd",
    entity=INVOICE,
    opened=INVOICE["due_at"],
    closed=INVOICE["paid_at"],
    amount=INVOICE["amount"],
    labels=WHO,
    zero=True,
)
COMPARED: Final = Sum(
    base="invoices_compared_usd_total",
    help="Recorded sums of the invoices that the billing system knows, in US dollars.",
    domain="revenue",
    codes=("R5",),
    unit="usd",
    entity=INVOICE,
    at=INVOICE["issued_at"],
    value=INVOICE["amount"],
    where=(INVOICE["billed"].present,),
    labels=WHO,
)
BILLED: Final = Sum(
    base="invoices_billed_usd_total",
    help="Sums of the same invoices in the billing system, in US dollars.",
    domain="revenue",
    codes=("R5",),
    unit="usd",
    entity=INVOICE,
    at=INVOICE["issued_at"],
    value=INVOICE["billed"],
    labels=WHO,
)
DIFFERENCE: Final = Sum(
    base="invoices_difference_usd_total",
    help="How far recorded and billed sums are apart, invoice by invoice and without sign, in US dollars.",
    domain="revenue",
    codes=("R5",),
    unit="usd",
    entity=INVOICE,
    at=INVOICE["issued_at"],
    value=INVOICE["difference"],
    labels=WHO,
)
UNBILLED: Final = Sum(
    base="invoices_unbilled_usd_total",
    help="Recorded sums of invoices that the billing system does not know, in US dollars.",
    domain="revenue",
    codes=("R5",),
    unit="usd",
    entity=INVOICE,
    at=INVOICE["issued_at"],
    value=INVOICE["amount"],
    where=(INVOICE["billed"].absent,),
    labels=WHO,
)
MRR_PROJECTED: Final = Computed(
    base="mrr_projected_usd",
    help="Monthly recurring revenue as its trend projects it, with the bounds of the interval, in US dollars.",
    domain="revenue",
    codes=("R3",),
    unit="usd",
    labels=(BAND,),
)
CHURN_PROJECTED: Final = Computed(
    base="churn_projected_ratio",
    help="Share of customers expected to leave in a month, with the bounds of the interval.",
    domain="revenue",
    codes=("R3",),
    unit="ratio",
    labels=(BAND,),
)

METRICS: Final[tuple[Metric, ...]] = (
    CLIENTS, CLIENTS_JOINED, CLIENTS_LEFT, MRR, SUBSCRIPTIONS, INVOICED, PAID, OVERDUE, COMPARED, BILLED, DIFFERENCE, UNBILLED,
    MRR_PROJECTED, CHURN_PROJECTED,
)  # fmt: skip
