"""Rules about money: models that cost more than they must, usage without a price, tokens that no cache saves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from exporter.entities.conversations import CONVERSATION
from exporter.entities.pipeline import LLM_REQUEST
from exporter.recommend.record import Category, Finding, Priority, Rule
from exporter.recommend.statistics import not_worse

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

WINDOW: Final = timedelta(days=14)
WEEK: Final = timedelta(days=7)
LEAST: Final = 50
MARGIN: Final = 0.05
"""A cheaper model may resolve so much less before it counts as worse: the usual margin of such tests."""

WORTH: Final = 0.8
"""A model is cheaper if it costs at most this part of the other."""

SURE: Final = 0.95
CACHEABLE: Final = 1024.0
"""Tokens of a prompt from which the large providers begin to cache."""

CACHED: Final = 0.2
LEAST_REQUESTS: Final = 200

COSTS: Final = """
SELECT tenant, agent, model, COUNT(cost), SUM(cost) FROM {request}
WHERE agent <> '' AND model <> '' AND status = 'ok' AND cost > 0
GROUP BY tenant, agent, model ORDER BY tenant, agent, model
"""
# Only conversations that one model served alone say something of that model.
QUALITY: Final = """
WITH served AS (
    SELECT conversation, MIN(tenant) AS tenant, MIN(agent) AS agent, MIN(model) AS model, COUNT(DISTINCT model) AS models,
        COUNT(*) AS requests
    FROM {request} WHERE conversation <> '' AND agent <> '' AND model <> '' GROUP BY conversation
)
SELECT served.tenant, served.agent, CASE WHEN models = 1 THEN model END AS alone, COUNT(*), SUM(requests),
    SUM(CASE WHEN talk.resolution = 'resolved' THEN 1 ELSE 0 END)
FROM served JOIN {talk} ON talk.id = served.conversation WHERE talk.resolution <> ''
GROUP BY served.tenant, served.agent, CASE WHEN models = 1 THEN model END
ORDER BY served.tenant, served.agent, CASE WHEN models = 1 THEN model END
"""
UNPRICED: Final = """
SELECT model, COUNT(*), SUM(CASE WHEN cost IS NULL AND reason <> '' THEN 1 ELSE 0 END)
FROM {request} WHERE model <> '' GROUP BY model ORDER BY model
"""
TOKENS: Final = """
SELECT tenant, agent, COUNT(*), SUM(input_tokens), SUM(cached_input_tokens) FROM {request}
WHERE agent <> '' AND input_tokens IS NOT NULL AND cached_input_tokens IS NOT NULL
GROUP BY tenant, agent ORDER BY tenant, agent
"""


@dataclass(frozen=True, slots=True)
class Served:
    """How a model served an agent: US dollars for each request, conversations that it served alone and those resolved."""

    model: str
    each: float
    alone: int
    resolved: int

    def cost(self, requests: float) -> float:
        """US dollars for each resolved conversation of so many requests."""
        return self.each * requests * self.alone / self.resolved


def _cheaper(facts: Facts) -> Iterator[Finding | None]:
    """For each agent, models that resolve no fewer conversations for less money."""
    recent = facts.of(LLM_REQUEST, LLM_REQUEST["ended_at"], since=WINDOW)
    talks = facts.of(CONVERSATION, CONVERSATION["ended_at"], since=WINDOW)
    each = {
        (row[0], row[1], row[2]): float(row[4]) / row[3] for row in facts.read(COSTS, request=recent) if row[3] >= LEAST
    }
    found: dict[tuple[str | None, str], list[Served]] = defaultdict(list)
    length: dict[tuple[str | None, str], list[int]] = defaultdict(lambda: [0, 0])
    for tenant, agent, model, count, requests, resolved in facts.read(QUALITY, request=recent, talk=talks):
        length[tenant, agent][0] += int(requests)
        length[tenant, agent][1] += int(count)
        price = each.get((tenant, agent, model))
        if model is not None and price is not None and count >= LEAST and resolved:
            found[tenant, agent].append(Served(model, price, count, int(resolved)))
    for who, models in found.items():
        requests, count = length[who]
        yield _better(who, models, requests / count)


def _better(who: tuple[str | None, str], models: list[Served], requests: float) -> Finding | None:
    """The cheapest of the models that are no worse than the one that serves most."""
    usual = max(models, key=lambda model: (model.alone, model.model))
    for other in sorted(models, key=lambda model: (model.cost(requests), model.model)):
        now, then = usual.cost(requests), other.cost(requests)
        sure = not_worse(other.resolved, other.alone, usual.resolved, usual.alone, MARGIN)
        if other is usual or then > WORTH * now or sure < SURE:
            continue
        saved = 1 - then / now
        return Finding(
            priority=Priority.HIGH if saved > 0.5 else Priority.MEDIUM,
            component="llm",
            confidence=sure,
            observed=now,
            expected=then,
            unit="usd",
            tenant=who[0],
            agent=who[1],
            subject=other.model,
            numbers={
                "usd_per_resolved": now, "usd_per_resolved_cheaper": then, "saved_ratio": saved, "requests_per_conversation": requests,
                "resolved": usual.resolved, "conversations": usual.alone, "resolved_cheaper": other.resolved,
                "conversations_cheaper": other.alone, "margin": MARGIN,
            },
            why=f"{other.model} resolved {other.resolved} of {other.alone} conversations that it served alone in 14 days, {usual.model} "
            f"{usual.resolved} of {usual.alone}: no worse by more than {MARGIN:.0%}. A resolved conversation of {requests:.1f} "
            f"requests costs {then:.3g} instead of {now:.3g} US dollars.",
        )  # fmt: skip
    return None


def _unpriced(facts: Facts) -> Iterator[Finding | None]:
    """Models whose usage of the last week has no known cost."""
    rows = facts.read(UNPRICED, request=facts.of(LLM_REQUEST, LLM_REQUEST["ended_at"], since=WEEK))
    total = sum(count for _, count, _ in rows)
    for model, count, unpriced in rows:
        share = int(unpriced) / count
        # One request without usage in a hundred is the provider's matter, not one of prices.
        if share < 0.05:
            yield None
            continue
        yield Finding(
            priority=Priority.HIGH if unpriced > 0.2 * total else Priority.MEDIUM,
            component="prices",
            confidence=1.0,
            observed=share,
            expected=0.0,
            unit="ratio",
            subject=model,
            numbers={"unpriced": int(unpriced), "requests": count, "requests_all_models": total},
            why=f"{int(unpriced)} of {count} requests to {model} in the last 7 days have no known cost; all cost figures are too low "
            f"by them ({int(unpriced) / total:.1%} of all requests).",
        )


def _uncached(facts: Facts) -> Iterator[Finding | None]:
    """Agents with long prompts that are read anew each time."""
    rows = facts.read(TOKENS, request=facts.of(LLM_REQUEST, LLM_REQUEST["ended_at"], since=WEEK))
    for tenant, agent, count, fresh, cached in rows:
        tokens = int(fresh) + int(cached)
        if count < LEAST_REQUESTS or tokens < CACHEABLE * count:
            continue
        share = int(cached) / tokens
        if share >= CACHED:
            yield None
            continue
        yield Finding(
            priority=Priority.MEDIUM if share < CACHED / 2 else Priority.LOW,
            component="llm",
            confidence=1 - share / CACHED / 2,
            observed=share,
            expected=CACHED,
            unit="ratio",
            tenant=tenant,
            agent=agent,
            numbers={"cached_input_tokens": int(cached), "input_tokens": int(fresh), "requests": count},
            why=f"Of {tokens / count:.0f} input tokens a request {share:.0%} came from a cache in the last 7 days; prompts of this "
            f"length are usually cached to {CACHED:.0%} or more.",
        )


RULES: Final = (
    Rule(
        name="cheaper_model",
        category=Category.RESOURCE_OPTIMISATION,
        title="A cheaper model serves as well",
        issue="Conversations cost more than they must.",
        action="Give the agent the cheaper model for a part of its conversations, watch its goals, then for all.",
        impact="Each resolved conversation costs less, at the same quality.",
        needs={
            LLM_REQUEST: ("agent", "model", "cost", "conversation", "status"),
            CONVERSATION: ("id", "resolution", "ended_at"),
        },
        find=_cheaper,
    ),
    Rule(
        name="unpriced_usage",
        category=Category.QUICK_WIN,
        title="Usage has no price",
        issue="Cost, margins and budgets look better than they are.",
        action="Add the model to the price list, or let the source record its tokens.",
        impact="Cost figures that hold.",
        needs={LLM_REQUEST: ("model", "reason", "cost")},
        find=_unpriced,
    ),
    Rule(
        name="uncached_prompts",
        category=Category.RESOURCE_OPTIMISATION,
        title="Long prompts are not cached",
        issue="The same instructions are paid for and read with every request.",
        action="Put what never changes first in the prompt, and what changes last, so that the provider can cache it.",
        impact="Cached input costs a tenth to a half, and first tokens come sooner.",
        needs={LLM_REQUEST: ("agent", "input_tokens", "cached_input_tokens")},
        find=_uncached,
    ),
)
