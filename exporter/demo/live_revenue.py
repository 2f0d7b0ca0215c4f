"""Invoices of the live demo, and clients that now and then join or leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from exporter.demo.present import insert
from exporter.demo.world import PLAN_PRICES

if TYPE_CHECKING:
    from exporter.demo.activity import Activity

EVERY: Final = 60.0
DAY: Final = timedelta(days=1)
JOINS: Final = 1 / 240
LEAVES: Final = 1 / 300
"""Chances in a minute; few, because every client has series of its own."""

DUE: Final = """
SELECT s.tenant, s.plan, s.mrr_usd FROM subscriptions s WHERE s.ended_at IS NULL AND s.mrr_usd > 0 AND NOT EXISTS (
    SELECT FROM invoices i WHERE i.tenant = s.tenant AND i.kind = 'subscription' AND i.issued_at > %s - interval '30 days'
) ORDER BY s.tenant LIMIT 3
"""
PAY: Final = """
UPDATE invoices SET paid_at = %s, status = 'paid'
WHERE id IN (SELECT id FROM invoices WHERE paid_at IS NULL ORDER BY issued_at LIMIT 1 OFFSET 8)
"""
LEAVE: Final = """
WITH gone AS (
    UPDATE tenants SET churned_at = %(now)s WHERE id IN (
        SELECT id FROM tenants WHERE churned_at IS NULL AND id LIKE 'client-%%' ORDER BY created_at LIMIT 1
    ) RETURNING id
)
UPDATE subscriptions SET ended_at = %(now)s, end_reason = 'cancelled' FROM gone WHERE tenant = gone.id AND ended_at IS NULL
"""


def begin(activity: Activity, now: datetime) -> None:
    """Start; something is invoiced at once and then every minute."""
    _minute(activity, now)


def _minute(activity: Activity, now: datetime) -> None:
    random, connection = activity.random, activity.connection
    here = [tenant for tenant in activity.world.tenants if tenant.left is None]
    for tenant in random.sample(here, 3):
        _issue(activity, now, tenant.id, tenant.plan, "usage", round(random.uniform(1, 12) * (1 + tenant.weight), 2))
    for tenant_id, plan, price in connection.execute(DUE.encode(), (now,)).fetchall():
        _issue(activity, now, tenant_id, plan, "subscription", price)
    if random.random() < 0.5:
        connection.execute(PAY.encode(), (now,))
    if random.random() < JOINS:
        _join(activity, now)
    if random.random() < LEAVES:
        connection.execute(LEAVE.encode(), {"now": now})
    activity.later(now, EVERY, lambda then: _minute(activity, then))


def _issue(  # noqa: PLR0917 - the parts of an invoice
    activity: Activity, now: datetime, tenant: str, plan: str, kind: str, amount: float
) -> None:
    billed = float(amount) - 0.5 if activity.random.random() < 0.02 else amount
    insert(
        activity.connection, "invoices", id=f"invoice-{uuid4().hex}", tenant=tenant, plan=plan, kind=kind, amount_usd=amount,
        billed_usd=billed, status="open", issued_at=now, due_at=now + 14 * DAY,
    )  # fmt: skip


def _join(activity: Activity, now: datetime) -> None:
    name = f"client-{uuid4().hex[:6]}"
    insert(activity.connection, "tenants", id=name, name=name.capitalize(), plan="pro", country="US", created_at=now)
    head = {"id": f"sub-{name}", "tenant": name, "plan": "pro", "mrr_usd": PLAN_PRICES["pro"]}
    insert(activity.connection, "subscriptions", **head, started_at=now)
    _issue(activity, now, name, "pro", "setup_fee", PLAN_PRICES["pro"] // 2)
