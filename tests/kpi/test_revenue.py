"""Numbers of revenue and return on panels against plain SQL and Python over the raw tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exporter.settings import Settings
from tests.kpi.rig import RANGES, TENANTS, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PLANS = ("free", "pro", "business")


def one(place: Place, sql: str, *values: Any) -> float:
    """The one number of a statement, 0 for nothing."""
    ((value,),) = place.rows(sql, *values)
    return float(value or 0)


def invoiced(place: Place, tenant: str, since: datetime, more: str = "true", column: str = "amount_usd") -> float:
    """Sums of invoices of a time."""
    sql = f"SELECT sum({column}) FROM invoices WHERE tenant = %s AND issued_at > %s AND issued_at <= %s AND {more}"
    return one(place, sql, tenant, since, place.end)


def cost(place: Place, tenant: str, since: datetime) -> float:
    """What was recorded for models, speech and telephony, else tokens and minutes of calls times the prices of their day."""
    minutes = "coalesce(telephony_cost_usd, billed_seconds::numeric / 60 * (SELECT price_usd FROM prices WHERE unit = 'minute'))"
    tables = {"stt_requests": "cost_usd", "tts_requests": "cost_usd", "call_sessions": minutes}
    speech = sum(
        one(
            place,
            f"SELECT sum({column}) FROM {table} WHERE tenant = %s AND ended_at > %s AND ended_at <= %s",
            tenant,
            since,
            place.end,
        )
        for table, column in tables.items()
    )
    prices = place.rows("SELECT model, unit, price_usd, valid_from, valid_to FROM prices")
    requests = place.rows(
        """SELECT cost_usd, model, ended_at, input_tokens, cached_input_tokens, output_tokens + reasoning_tokens
           FROM llm_requests WHERE tenant = %s AND ended_at > %s AND ended_at <= %s""",
        tenant, since, place.end,
    )  # fmt: skip
    total = Decimal(0)
    for recorded, model, at, *tokens in requests:
        valid = {
            unit: price
            for name, unit, price, begun, over in prices
            if name == model and begun <= at and (over is None or at < over)
        }
        if recorded is not None:
            total += recorded
        elif valid and None not in tokens:
            units = ("input_token", "cached_input_token", "output_token")
            total += sum((count * valid[unit] for unit, count in zip(units, tokens, strict=True)), Decimal(0))
    return speech + float(total)


def recurring(place: Place, tenant: str, at: datetime) -> float:
    """Subscriptions that run at an instant."""
    sql = "SELECT sum(mrr_usd) FROM subscriptions WHERE tenant = %s AND started_at <= %s AND (ended_at IS NULL OR ended_at > %s)"
    return one(place, sql, tenant, at, at)


@pytest.mark.parametrize("tenant", TENANTS)
def test_recurring_revenue_and_its_growth(demo: Place, tenant: str) -> None:
    """At the end, and since the beginning of each range."""
    now = recurring(demo, tenant, demo.end)
    assert demo.value("revenue", "Monthly recurring revenue", tenant=tenant) == now > 0
    for days, since in windows(demo.end):
        assert close(
            demo.value("revenue", "Growth", days=days, tenant=tenant), now / recurring(demo, tenant, since) - 1
        )


@pytest.mark.parametrize("plan", PLANS)
def test_revenue_per_customer(demo: Place, plan: str) -> None:
    """By running subscription of a plan; 0 dollars for those that pay nothing."""
    rows = demo.rows(
        "SELECT mrr_usd FROM subscriptions WHERE plan = %s AND started_at <= %s AND (ended_at IS NULL OR ended_at > %s)",
        plan, demo.end, demo.end,
    )  # fmt: skip
    amounts = [float(amount) for (amount,) in rows]
    assert close(demo.value("revenue", "Revenue per customer", plan=plan), sum(amounts) / len(amounts))


def customers(place: Place, plan: str, at: datetime) -> set[str]:
    """Who is there at an instant, worked out in Python."""
    rows = place.rows("SELECT id, created_at, churned_at FROM tenants WHERE plan = %s", plan)
    return {name for name, joined, left in rows if joined <= at and (left is None or left > at)}


@pytest.mark.parametrize("plan", PLANS)
def test_customers_and_churn(demo: Place, plan: str) -> None:
    """Who is there, who came, who left, and the share that was lost."""
    assert demo.value("revenue", "Customers", plan=plan) == len(customers(demo, plan, demo.end)) > 0
    for days, since in windows(demo.end):
        joined = one(
            demo,
            "SELECT count(*) FROM tenants WHERE plan = %s AND created_at > %s AND created_at <= %s",
            plan,
            since,
            demo.end,
        )
        left = one(
            demo,
            "SELECT count(*) FROM tenants WHERE plan = %s AND churned_at > %s AND churned_at <= %s",
            plan,
            since,
            demo.end,
        )
        assert demo.value("revenue", "Customers", ref="B", days=days, plan=plan) == joined
        assert demo.value("revenue", "Customers", ref="C", days=days, plan=plan) == left
        before, now = len(customers(demo, plan, since)), len(customers(demo, plan, demo.end))
        assert close(demo.value("revenue", "Growth of customers", days=days, plan=plan), now / before - 1)
    month = demo.end - timedelta(days=30)
    left = one(
        demo,
        "SELECT count(*) FROM tenants WHERE plan = %s AND churned_at > %s AND churned_at <= %s",
        plan,
        month,
        demo.end,
    )
    churn = left / len(customers(demo, plan, month))
    assert close(demo.value("revenue", "Churn rate, 30 days", plan=plan), churn)
    assert close(demo.value("revenue", "Retention", plan=plan), 1 - churn)


@pytest.mark.parametrize("tenant", TENANTS)
def test_invoiced_by_category(demo: Place, tenant: str) -> None:
    """To the cent, in all and for what."""
    for days, since in windows(demo.end):
        assert close(demo.value("revenue", "Invoiced", days=days, tenant=tenant), invoiced(demo, tenant, since))
        for key, value in demo.values("revenue", "Invoiced", ref="B", days=days, tenant=tenant).items():
            (kind,) = dict(key).values()
            assert close(value, invoiced(demo, tenant, since, f"kind = '{kind}'"))


def test_setup_fees_are_seen(demo: Place) -> None:
    """A sum that each customer is invoiced once is not lost, though its series begins with it."""
    since = demo.end - timedelta(days=30)
    fees = one(
        demo,
        "SELECT sum(amount_usd) FROM invoices WHERE kind = 'setup_fee' AND issued_at > %s AND issued_at <= %s",
        since,
        demo.end,
    )
    found = {
        dict(key)["category"]: value for key, value in demo.values("revenue", "Invoiced", ref="B", days=30).items()
    }
    assert close(found["setup_fee"], fees)
    assert fees > 0


@pytest.mark.parametrize("tenant", TENANTS)
def test_profit_margin_and_return(demo: Place, tenant: str) -> None:
    """Revenue less the recorded cost of four kinds, and the quotients of it."""
    for days, since in windows(demo.end):
        revenue, spent = invoiced(demo, tenant, since), cost(demo, tenant, since)
        assert close(demo.value("roi", "Cost of the service", days=days, tenant=tenant), spent, within=1e-6)
        assert close(demo.value("roi", "Gross profit", days=days, tenant=tenant), revenue - spent, within=1e-6)
        margin = (revenue - spent) / revenue if revenue else None
        assert close(demo.value("roi", "Profit margin", days=days, tenant=tenant), margin, within=1e-6)
        kept = one(
            demo,
            "SELECT sum(value_usd) FROM appointments WHERE tenant = %s AND kept_at > %s AND kept_at <= %s",
            tenant,
            since,
            demo.end,
        )
        assert close(demo.value("roi", "Attributed revenue", days=days, tenant=tenant), kept)
        row = {ref: demo.value("roi", "Every customer", ref=ref, days=days, tenant=tenant) for ref in "EFGI"}
        booked = demo.rows(
            "SELECT count(*), sum(value_usd) FROM appointments WHERE tenant = %s AND booked_at > %s AND booked_at <= %s",
            tenant, since, demo.end,
        )  # fmt: skip
        assert close(row["E"], 100 * (revenue - spent) / spent, within=1e-6)
        assert row["F"] == booked[0][0]
        assert row["G"] == pytest.approx(float(booked[0][1]))
        assert close(row["I"], 100 * (kept / revenue - 1) if revenue else None)


@pytest.mark.parametrize("tenant", TENANTS)
def test_usage_without_a_price(demo: Place, tenant: str) -> None:
    """Rows without a cost, recorded or computed, of models, speech and lines: nobody takes the profit for more than it is."""
    others = {
        "stt_requests": "cost_usd IS NULL AND audio_seconds IS NULL",
        "tts_requests": "cost_usd IS NULL AND characters IS NULL",
        "call_sessions": "telephony_cost_usd IS NULL AND billed_seconds IS NULL",
    }
    for days, since in windows(demo.end):
        sql = """SELECT count(*) FROM llm_requests r WHERE tenant = %s AND ended_at > %s AND ended_at <= %s AND cost_usd IS NULL
            AND (input_tokens IS NULL OR NOT EXISTS (SELECT FROM prices p WHERE p.model = r.model))"""
        found = demo.value("roi", "Usage without a price", days=days, tenant=tenant)
        wanted = one(demo, sql, tenant, since, demo.end)
        for table, unknown in others.items():
            of = f"SELECT count(*) FROM {table} WHERE tenant = %s AND ended_at > %s AND ended_at <= %s AND {unknown}"
            wanted += one(demo, of, tenant, since, demo.end)
        assert found == wanted > 0


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_calculator(demo: Place, tenant: str) -> None:
    """With the assumptions of the settings, and with others typed into the boxes."""
    given = Settings().roi
    for days, since in windows(demo.end):
        ended, handed = demo.rows(
            "SELECT count(*), count(*) FILTER (WHERE handed_off) FROM agent_conversations WHERE tenant = %s AND ended_at > %s AND ended_at <= %s",
            tenant, since, demo.end,
        )[0]  # fmt: skip
        handled = ended - handed
        leads = one(
            demo,
            "SELECT count(*) FROM leads WHERE tenant = %s AND created_at > %s AND created_at <= %s",
            tenant,
            since,
            demo.end,
        )
        latency = one(
            demo,
            "SELECT avg(latency_seconds) FROM turns WHERE tenant = %s AND ended_at > %s AND ended_at <= %s AND interrupted IS NOT TRUE",
            tenant,
            since,
            demo.end,
        )
        revenue = invoiced(demo, tenant, since)
        saved, sold = handled * given.human_cost_usd, leads * given.conversion_rate * given.deal_value_usd
        wanted = {
            "Conversations handled": handled, "Human cost saved": saved, "Value of leads": sold, "Total value": saved + sold,
            "Waiting time saved": handled * (given.human_minutes * 60 - latency),
            "Return": (saved + sold) / revenue - 1 if revenue else None,
            "Payback period": revenue * days * 86400 / (saved + sold),
        }  # fmt: skip
        for title, value in wanted.items():
            assert close(demo.value("roi", title, days=days, tenant=tenant), value, within=1e-6), title
        boxes: dict[str, Any] = {"human_cost": "2.5", "lead_conversion": "0.2", "deal_value": "300"}
        total = handled * 2.5 + leads * 0.2 * 300
        assert close(demo.value("roi", "Total value", days=days, tenant=tenant, **boxes), total, within=1e-6)


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_difference_from_billing(demo: Place, tenant: str) -> None:
    """Invoice by invoice without sign, over 30 days; what billing does not know is apart."""
    month = demo.end - timedelta(days=30)
    known = invoiced(demo, tenant, month, "billed_usd IS NOT NULL")
    gap = invoiced(demo, tenant, month, column="abs(amount_usd - billed_usd)")
    assert close(
        demo.value("revenue", "Difference from billing, 30 days", tenant=tenant), gap / known if known else None
    )
    for days, since in windows(demo.end):
        unknown, every = invoiced(demo, tenant, since, "billed_usd IS NULL"), invoiced(demo, tenant, since)
        assert close(demo.value("revenue", "Not billed", days=days, tenant=tenant), unknown / every if every else None)


def test_the_difference_from_billing_is_found(demo: Place) -> None:
    """Over all customers there is one, and the table lists exactly its invoices."""
    assert (demo.value("revenue", "Difference from billing, 30 days") or 0) > 0
    since = demo.end - timedelta(days=30)
    rows = demo.rows("SELECT id, amount_usd, billed_usd, issued_at FROM invoices")
    wanted = {name for name, amount, billed, at in rows if since <= at <= demo.end and amount != billed}
    assert {row["Invoice"] for row in demo.table("revenue", "Invoices that differ", days=30)} == wanted


@pytest.mark.parametrize("plan", ["", *PLANS[1:]])
def test_retention_by_month_of_joining(demo: Place, plan: str) -> None:
    """Worked out in Python from the dates of each customer."""
    filters: dict[str, Any] = {"plan": plan} if plan else {}
    rows = demo.rows(
        "SELECT created_at, churned_at FROM tenants WHERE created_at <= %s AND (plan = %s OR %s = '')",
        demo.end,
        plan,
        plan,
    )
    found = demo.table("revenue", "Retention by month of joining", **filters)
    months = sorted({f"{joined.astimezone(demo.end.tzinfo):%Y-%m}" for joined, _ in rows}, reverse=True)
    assert [row["Joined in"] for row in found] == months
    for row in found:
        cohort = [
            (joined, left) for joined, left in rows if f"{joined.astimezone(demo.end.tzinfo):%Y-%m}" == row["Joined in"]
        ]
        here = [left is None or left > demo.end for _, left in cohort]
        due = [
            left is None or left > joined + timedelta(days=30)
            for joined, left in cohort
            if joined + timedelta(days=30) <= demo.end
        ]
        assert row["Customers"] == len(cohort)
        assert float(row["Still here %"]) == pytest.approx(100 * sum(here) / len(here), abs=0.051)
        after = row["After 30 days %"]
        assert (after is None) == (not due)
        if due:
            assert float(after) == pytest.approx(100 * sum(due) / len(due), abs=0.051)


def test_projections_are_between_their_bounds(demo: Place) -> None:
    """What is computed reaches the panel, in three values that are in order."""
    for title in ("Projected revenue", "Projected churn"):
        bands = {dict(key)["band"]: value for key, value in demo.values("revenue", title, now=True).items()}
        assert 0 <= bands["low"] <= bands["expected"] <= bands["high"], title
        assert bands["expected"] > 0


QUESTIONS = {
    "revenue": (
        "Monthly recurring revenue", "Growth", "Revenue per customer", "Customers", "Churn rate, 30 days", "Growth of customers", "Invoiced",
        "Projected revenue", "Projected churn", "Retention", "Difference from billing, 30 days", "Not billed",
    ),
    "roi": (
        "Gross profit", "Profit margin", "Cost of the service", "Attributed revenue", "Return", "Total value", "Human cost saved",
        "Value of leads", "Waiting time saved", "Payback period", "Conversations handled",
    ),
}  # fmt: skip


@pytest.mark.parametrize("board", QUESTIONS)
def test_without_rows_nothing_is_known(nothing: Place, board: str) -> None:
    """No answer, neither 0 nor NaN, and no row in a table."""
    for title in QUESTIONS[board]:
        for days in RANGES:
            assert nothing.values(board, title, days=days, now=True) == {}, title
    assert nothing.table("revenue", "Retention by month of joining") == []
    assert nothing.table("revenue", "Invoices that differ") == []
