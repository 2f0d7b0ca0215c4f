"""Customers of the invented platform: those of the world and many small ones, with their subscriptions and invoices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any, Final

from exporter.demo.world import PLAN_PRICES, World, chance

Row = tuple[Any, ...]

WORDS: Final = ("Amber", "Birch", "Coral", "Delta", "Elm", "Fern", "Garnet", "Hazel", "Iris")
TRADES: Final = ("Bakery", "Dental", "Motors", "Travel", "Legal", "Fitness", "Garden", "Books")
SMALLER: Final = {"premium": "business", "business": "pro", "pro": "free"}
PLANS: Final = {"free": 0.3, "pro": 0.55, "business": 0.15}
COUNTRIES: Final = ("US", "GB", "DE", "FR", "CA", "ES")
EARLIER: Final = 41
"""Small clients that were there before the history began."""

LEAVERS: Final = 24
DISCOUNTED: Final = "bluebird-travel"
"""A client whose discount only the billing system knows."""

DAY: Final = timedelta(days=1)
MONTH: Final = 30 * DAY


@dataclass(frozen=True, slots=True)
class Client:
    """A customer. One that `upgraded` had the next smaller plan until then."""

    id: str
    name: str
    plan: str
    country: str
    industry: str
    joined: datetime
    left: datetime | None
    upgraded: datetime | None = None

    def plan_at(self, when: datetime) -> str:
        """What it paid for at an instant."""
        return SMALLER[self.plan] if self.upgraded is not None and when < self.upgraded else self.plan


def every(world: World) -> Iterator[Client]:
    """All of them, those with calls first."""
    for index, tenant in enumerate(world.tenants):
        joined = world.since(tenant.joined)
        left = None if tenant.left is None else world.at(tenant.left)
        upgraded = world.at(0.4) if index % 4 == 1 and tenant.joined == 0 else None
        yield Client(tenant.id, tenant.name, tenant.plan, tenant.country, tenant.industry, joined, left, upgraded)
    yield from small(world)


def small(world: World) -> Iterator[Client]:
    """Clients without calls: most were there before, some join, a third leaves; the last came and went within hours."""
    random = chance(f"{world.seed} clients")
    length = world.until - world.start
    names = list(product(WORDS, TRADES))
    for number, (word, trade) in enumerate(names):
        early, last = number < EARLIER, number == len(names) - 1
        joined = world.start - DAY * random.uniform(2, 60) if early else world.start + length * random.random() * 0.97
        joined = world.until - timedelta(hours=3) if last else joined
        left = None
        if number % 3 == 0 and number // 3 < LEAVERS:
            begun = max(joined, world.start)
            left = begun + (world.until - begun) * random.uniform(0.1, 0.97)
        if number == 0:
            left = world.until - timedelta(hours=5)
        (plan,) = random.choices(list(PLANS), list(PLANS.values()))
        upgraded = world.start + length * random.random() if early and left is None and plan == "pro" else None
        head = (f"{word}-{trade}".lower(), f"{word} {trade}", "pro" if last else plan, random.choice(COUNTRIES))
        yield Client(*head, trade.lower(), joined, left, upgraded)


def tenants(world: World) -> Iterator[Row]:
    """Rows of the customers."""
    for one in every(world):
        yield (one.id, one.name, one.plan, one.country, one.industry, one.joined, one.left)


def subscriptions(world: World) -> Iterator[Row]:
    """One each, and one more for those that had a smaller plan before."""
    for one in every(world):
        began = one.joined
        if one.upgraded is not None:
            before = SMALLER[one.plan]
            yield (f"sub-{one.id}-1", one.id, before, PLAN_PRICES[before], began, one.upgraded, "upgraded")
            began = one.upgraded
        reason = "cancelled" if one.left else None
        yield (f"sub-{one.id}", one.id, one.plan, PLAN_PRICES[one.plan], began, one.left, reason)


def invoices(world: World) -> Iterator[Row]:
    """A set-up fee at the beginning, then each 30 days the plan, and the usage of those with calls."""
    random = chance(f"{world.seed} invoices")
    weights = {tenant.id: tenant.weight for tenant in world.tenants}
    for one in every(world):
        issued, number = one.joined, 0
        end = min(one.left or world.until, world.until)
        fee = PLAN_PRICES[one.plan_at(issued)] // 2
        if fee:
            yield (f"invoice-{one.id}-setup", one.id, one.plan_at(issued), "setup_fee", fee, fee, "paid", issued,
                   issued + 14 * DAY, min(issued + timedelta(minutes=30), world.until))  # fmt: skip
        while issued <= end:
            plan = one.plan_at(issued)
            if price := PLAN_PRICES[plan]:
                yield _invoice(
                    random, world, f"invoice-{one.id}-{number}", (one.id, plan, "subscription"), price, issued
                )
            if one.id in weights and number:
                used = 20 + round(400 * weights[one.id] * random.random(), 2)
                yield _invoice(random, world, f"usage-{one.id}-{number}", (one.id, plan, "usage"), used, issued)
            issued, number = issued + MONTH, number + 1


def _invoice(  # noqa: PLR0917 - the parts of an invoice
    random: Random, world: World, name: str, head: tuple[str, str, str], amount: float, issued: datetime
) -> Row:
    """Few differ from what billing recorded, fewer are not known there; most are paid in time."""
    draw = random.random()
    billed = amount - 10 if head[0] == DISCOUNTED or draw > 0.97 else None if draw < 0.03 else amount
    late = random.random() < 0.06
    paid = issued + DAY * (random.uniform(30, 60) if late else random.uniform(0.1, 13))
    due = issued + 14 * DAY
    status = "paid" if paid <= world.until else "overdue" if due < world.until else "open"
    return (name, *head, amount, billed, status, issued, due, paid if status == "paid" else None)
