"""Numbers of cost on panels against the raw rows: recorded cost, and the price list applied by hand where there is none."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.kpi.rig import RANGES, TENANTS, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]

KINDS = {"llm": "llm_requests", "stt": "stt_requests", "tts": "tts_requests"}
TOKENS = {
    "input_token": "input_tokens",
    "cached_input_token": "cached_input_tokens",
    "output_token": "output_tokens",
    "reasoning_token": "reasoning_tokens",
}
NEEDED = ("input_tokens", "output_tokens")


class Ledger:
    """Every row that is billed, with its cost (None: not known) worked out in plain Python."""

    def __init__(self, place: Place) -> None:
        self.prices: dict[tuple[str, str, str], list[tuple[datetime, datetime | None, Decimal]]] = defaultdict(list)
        for provider, model, unit, price, since, until in place.rows(
            "SELECT provider, model, unit, price_usd, valid_from, valid_to FROM prices"
        ):
            self.prices[provider, model, unit].append((since, until, price))
        # kind, tenant, time, cost, whether it was recorded, conversation, status
        self.rows: list[tuple[str, str, datetime, Decimal | None, bool, str | None, str]] = []
        columns = ", ".join(TOKENS.values())
        for tenant, at, cost, conversation, status, provider, model, *used in place.rows(
            f"SELECT tenant, ended_at, cost_usd, conversation_id, status, provider, model, {columns} FROM llm_requests"
        ):
            tokens = dict(zip(TOKENS.values(), used, strict=True))
            known = cost if cost is not None else self.computed(provider, model, at, tokens)
            self.rows.append(("llm", tenant, at, known, cost is not None, conversation, status))
        for kind in ("stt", "tts"):
            self.rows += [
                (kind, tenant, at, cost, True, conversation, status)
                for tenant, at, cost, conversation, status in place.rows(
                    f"SELECT tenant, ended_at, cost_usd, conversation_id, status FROM {KINDS[kind]}"
                )
            ]
        for tenant, at, cost, billed in place.rows(
            "SELECT tenant, ended_at, telephony_cost_usd, billed_seconds FROM call_sessions WHERE ended_at IS NOT NULL"
        ):
            known = cost
            if cost is None and billed is not None:
                minute = self.price("carrier", "telephony", "minute", at)
                assert minute is not None
                known = Decimal(repr(billed)) / 60 * minute
            self.rows.append(("telephony", tenant, at, known, cost is not None, None, "ok"))

    def computed(self, provider: str, model: str, at: datetime, tokens: dict[str, int | None]) -> Decimal | None:
        """Usage by price; a kind of token without a price, or usage that is not known, leaves the cost unknown."""
        if any(tokens[name] is None for name in NEEDED):
            return None
        total = Decimal(0)
        for unit, name in TOKENS.items():
            if tokens[name]:
                price = self.price(provider, model, unit, at)
                if price is None and unit == "reasoning_token":
                    price = self.price(provider, model, "output_token", at)
                if price is None:
                    return None
                total += price * (tokens[name] or 0)
        return total

    def price(self, provider: str, model: str, unit: str, at: datetime) -> Decimal | None:
        """The price that holds at a time."""
        for since, until, price in self.prices.get((provider, model, unit), ()):
            if since <= at and (until is None or at < until):
                return price
        return None

    def cost(self, since: datetime, until: datetime, tenant: str = "", *, computed: bool = False) -> float | None:
        """Known cost after an instant and up to another."""
        found = [
            cost
            for _, of, at, cost, recorded, _, _ in self.rows
            if since < at <= until and tenant in ("", of) and cost is not None and not (computed and recorded)
        ]
        return float(sum(found)) if found else None


@pytest.fixture(scope="module")
def ledger(demo: Place) -> Ledger:
    """All of it, read once."""
    return Ledger(demo)


@pytest.mark.parametrize("tenant", TENANTS)
def test_cost(demo: Place, ledger: Ledger, tenant: str) -> None:
    """Recorded and computed cost of all kinds."""
    for days, since in windows(demo.end):
        wanted = ledger.cost(since, demo.end, tenant)
        assert wanted
        assert close(demo.value("cost", "Cost", days=days, tenant=tenant), wanted)


@pytest.mark.parametrize("tenant", TENANTS)
def test_growth(demo: Place, ledger: Ledger, tenant: str) -> None:
    """Against the range of the same length before, as far as the history goes."""
    for days in (7, 14, 20):
        since = demo.end - timedelta(days=days)
        now = ledger.cost(since, demo.end, tenant)
        before = ledger.cost(since - timedelta(days=days), since, tenant)
        assert now
        assert before
        assert close(demo.value("cost", "Growth", days=days, tenant=tenant), now / before - 1)


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize(
    ("title", "table"), [("Cost per call", "call_sessions"), ("Cost per conversation", "agent_conversations")]
)
def test_cost_of_one(demo: Place, ledger: Ledger, tenant: str, title: str, table: str) -> None:
    """All known cost by ended calls and conversations."""
    for days, since in windows(demo.end):
        ((number,),) = demo.rows(
            f"SELECT count(*) FROM {table} WHERE tenant = %s AND ended_at > %s AND ended_at <= %s",
            tenant,
            since,
            demo.end,
        )
        wanted = ledger.cost(since, demo.end, tenant)
        assert wanted
        assert close(demo.value("cost", title, days=days, tenant=tenant), wanted / number)


@pytest.mark.parametrize("tenant", TENANTS)
def test_unpriced_and_computed(demo: Place, ledger: Ledger, tenant: str) -> None:
    """Rows without a known cost by all rows, and the computed part of the cost; a failed request without usage is not unpriced."""
    for days, since in windows(demo.end):
        rows = [row for row in ledger.rows if row[1] == tenant and since < row[2] <= demo.end]
        unpriced = sum(row[3] is None and row[6] == "ok" for row in rows)
        assert unpriced
        assert close(demo.value("cost", "Unpriced usage", days=days, tenant=tenant), unpriced / len(rows))
        wanted = ledger.cost(since, demo.end, tenant)
        assert wanted
        part = (ledger.cost(since, demo.end, tenant, computed=True) or 0.0) / wanted
        assert close(demo.value("cost", "Computed cost", days=days, tenant=tenant), part)


def test_computed_cost_is_there(demo: Place, ledger: Ledger) -> None:
    """The demo has cost that only the price list tells, on both sides of a change of prices."""
    half = demo.end - timedelta(days=22)
    assert (ledger.cost(half - timedelta(days=20), half, computed=True) or 0) > 0
    assert (ledger.cost(half, demo.end, computed=True) or 0) > 0


@pytest.mark.parametrize("tenant", TENANTS)
def test_most_expensive_conversations(demo: Place, ledger: Ledger, tenant: str) -> None:
    """The row-level table: each conversation's cost, dearest first."""
    for days, since in windows(demo.end):
        wanted: dict[str, Decimal] = defaultdict(Decimal)
        for _, of, at, cost, _, conversation, _ in ledger.rows:
            if (
                of == tenant
                and max(since, demo.end - timedelta(days=1)) <= at <= demo.end
                and cost is not None
                and conversation is not None
            ):
                wanted[conversation] += cost
        found = {
            row["conversation"]: row["cost_usd"]
            for row in demo.table("cost", "Most expensive conversations", days=days, tenant=tenant)
        }
        best = sorted(wanted.items(), key=lambda one: (-one[1], one[0]))[:100]
        assert list(found.items()) == best
        assert best


def test_budgets(demo: Place, ledger: Ledger) -> None:
    """What is spent since the month began in UTC, and which share of the limit that is, of every budget of the table."""
    now = datetime.now(UTC)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    limits = {
        name: (tenant, limit)
        for name, tenant, limit in demo.rows("SELECT name, tenant, limit_usd FROM budgets WHERE ended_at IS NULL")
    }
    assert len(limits) == 6
    # In the first hours of a month a tenant may have spent nothing yet, which is known and is 0.
    assert now - start < timedelta(days=1) or ledger.cost(start, now)
    for name, (tenant, limit) in limits.items():
        wanted = ledger.cost(start - timedelta(microseconds=1), now, tenant or "") or 0.0
        spent = {dict(key)["budget"]: value for key, value in demo.values("cost", "Budgets", ref="B", now=True).items()}
        used = {dict(key)["budget"]: value for key, value in demo.values("cost", "Budgets", ref="C", now=True).items()}
        assert close(spent[name], wanted)
        assert close(used[name], 100 * wanted / float(limit))


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    for days in RANGES:
        for title in ("Cost", "Growth", "Cost per call", "Cost per conversation", "Unpriced usage", "Computed cost"):
            assert nothing.value("cost", title, days=days, now=True) is None, title
        assert not nothing.values("cost", "Budgets", ref="B", now=True)
        assert not nothing.values("cost", "Unusual cost", now=True)
        assert nothing.table("cost", "Most expensive conversations", days=days) == []
