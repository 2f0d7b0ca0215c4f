"""Computations of cost: budgets, unusual hours, prices that overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from exporter.anomaly import HOUR, WEEKS, judge
from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.cost import BUDGET, PRICE
from exporter.metrics.cost import (
    BUDGET_FORECAST,
    BUDGET_LIMIT,
    BUDGET_NOTIFY,
    BUDGET_RUNWAY,
    BUDGET_SPENT,
    BUDGET_STATUS,
    BUDGET_USED,
    BUDGETS,
    COST_ACTUAL,
    COST_ANOMALY,
    COST_EXPECTED,
    PRICE_OVERLAPS,
)
from exporter.prices import Price, load, overlaps
from exporter.spending import DAY, PERIODS, WEEK, Spending, Status, bounds, outlook, percentages
from exporter.tariff import TARIFFS

BILLED: Final = tuple(tariff.entity for tariff in TARIFFS)
ALL: Final = "all"
"""The tenant of a budget for all, and of the sum of all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A budget, from the settings or the database."""

    name: str
    tenant: str | None
    limit: float | None
    period: str
    notify: tuple[float, ...]


def budgets(facts: Facts) -> Iterator[Value]:
    """Every budget that holds now: what is spent of it, how fast, and where that leads."""
    found = list(_budgets(facts))
    zone = ZoneInfo(facts.settings.time_zone)
    spans = {plan.period: bounds(plan.period, facts.instant, zone) for plan in found}
    spendings = {period: _spending(facts, start.timestamp()) for period, (start, _) in spans.items()}
    for plan in found:
        who = (plan.name, plan.tenant or ALL, plan.period)
        spending = spendings[plan.period].get(plan.tenant or "", Spending(0.0, 0.0, 0.0, None, None))
        said = outlook(plan.limit, plan.notify, spending, facts.now, spans[plan.period][1].timestamp())
        numbers = (
            (BUDGET_LIMIT, plan.limit or None), (BUDGET_SPENT, said.spent), (BUDGET_USED, said.used), (BUDGET_NOTIFY, said.reached),
            (BUDGET_FORECAST, said.forecast), (BUDGET_RUNWAY, said.runway),
        )  # fmt: skip
        yield from (Value(metric, who, number) for metric, number in numbers if number is not None)
        yield from (Value(BUDGET_STATUS, (*who, status.value), float(status is said.status)) for status in Status)


def _budgets(facts: Facts) -> Iterator[Plan]:
    for budget in facts.settings.budgets:
        yield Plan(budget.name, budget.tenant, budget.limit, budget.period, budget.notify)
    if not facts.has(BUDGET, "budget", "period", "created_at"):
        return
    taken = {budget.name for budget in facts.settings.budgets}
    sql = (
        "SELECT budget, tenant, amount, period, notify FROM {held} "
        "WHERE created_at <= :now AND (ended_at IS NULL OR ended_at > :now) ORDER BY budget, created_at"
    )
    for name, tenant, amount, period, notify in facts.read(sql, held=facts.of(BUDGET), now=facts.now):
        if name and name not in taken and period in PERIODS:
            taken.add(name)
            yield Plan(name, tenant or None, None if amount is None else float(amount), period, percentages(notify))


def _spending(facts: Facts, start: float) -> dict[str, Spending]:
    """Known cost by tenant, and of all tenants under no name, since an instant and in the last days."""
    # A little more than a week, so that a pace of 7 days is not taken for one of fewer.
    since = datetime.fromtimestamp(min(start, facts.now - WEEK - DAY), UTC)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    ends: dict[str, list[float]] = defaultdict(list)
    sql = (
        "SELECT tenant, SUM(CASE WHEN ended_at >= :start THEN cost END), SUM(CASE WHEN ended_at >= :day THEN cost END), "
        "SUM(CASE WHEN ended_at >= :week THEN cost END), MIN(ended_at), MAX(ended_at) FROM {used} WHERE cost IS NOT NULL GROUP BY tenant"
    )
    limits = {"start": start, "day": facts.now - DAY, "week": facts.now - WEEK}
    for tariff in TARIFFS:
        if facts.has(tariff.entity, "cost", tariff.at):
            used = facts.of(tariff.entity, tariff.time, since=since)
            for tenant, *amounts, first, last in facts.read(sql, used=used, **limits):
                for name in {tenant or "unknown", ""}:
                    sums[name] = [old + float(new or 0) for old, new in zip(sums[name], amounts, strict=True)]
                    ends[name] += [float(first), float(last)]
    return {
        name: Spending(period, day, week, min(ends[name]), max(ends[name]))
        for name, (period, day, week) in sums.items()
    }


def anomalies(facts: Facts) -> Iterator[Value]:
    """The last whole hour of each tenant and of all, against the same hour of the weeks before."""
    zone = ZoneInfo(facts.settings.time_zone)
    hour = int(facts.now // HOUR) - 1
    costs: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    number = (
        "CAST(ended_at / 3600 AS INTEGER)" if facts.dialect == "sqlite" else "CAST(FLOOR(ended_at / 3600) AS bigint)"
    )
    sql = f"SELECT tenant, {number} AS hour, SUM(cost) FROM {{used}} WHERE cost IS NOT NULL GROUP BY tenant, {number}"
    since = timedelta(hours=WEEKS * 168 + 2)
    for tariff in TARIFFS:
        if facts.has(tariff.entity, "cost", tariff.at):
            for tenant, at, cost in facts.read(sql, used=facts.of(tariff.entity, tariff.time, since=since)):
                for name in (tenant or "unknown", ALL):
                    costs[name][int(at)] += float(cost)

    def place(of: int) -> int:
        local = datetime.fromtimestamp(of * HOUR, zone)
        return local.weekday() * 24 + local.hour

    for tenant, known in costs.items():
        verdict = judge(known, hour, place)
        if verdict is not None:
            yield Value(COST_ACTUAL, (tenant,), verdict.actual)
            yield Value(COST_EXPECTED, (tenant,), verdict.expected)
            yield Value(COST_ANOMALY, (tenant,), verdict.score)


def doubled(facts: Facts) -> Iterator[Value]:
    """How many prices hold beside another one of the same thing."""
    yield Value(PRICE_OVERLAPS, (), float(len(list(overlaps(prices_in_force(facts))))))


def prices_in_force(facts: Facts) -> tuple[Price, ...]:
    """The prices of the file, else those of the table."""
    path = facts.settings.prices.file
    if path is not None or not facts.has(PRICE, "model", "unit", "price", "valid_from"):
        return load(path)
    sql = (
        "SELECT lower(coalesce(provider, '')), lower(model), unit, price, valid_from, valid_to FROM {listed} "
        "WHERE price IS NOT NULL AND valid_from IS NOT NULL"
    )
    return tuple(
        Price(
            provider,
            model,
            unit,
            usd,
            datetime.fromtimestamp(since, UTC),
            None if until is None else datetime.fromtimestamp(until, UTC),
        )
        for provider, model, unit, usd, since, until in facts.read(sql, listed=facts.of(PRICE))
    )


COMPUTATIONS: Final[tuple[Computation, ...]] = (
    Computation("budgets", "cost", BUDGETS, {}, budgets, uses=(BUDGET, *BILLED), shared=True),
    Computation(
        "cost_anomalies",
        "cost",
        (COST_ACTUAL, COST_EXPECTED, COST_ANOMALY),
        {},
        anomalies,
        every=300.0,
        timeout=60.0,
        uses=BILLED,
    ),
    Computation("price_overlaps", "cost", (PRICE_OVERLAPS,), {}, doubled, every=300.0, uses=(PRICE,)),
)
