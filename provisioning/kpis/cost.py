"""Formulas of cost."""

from collections.abc import Iterable, Mapping
from typing import Final

from exporter.labels import SOURCE
from exporter.metric import Metric
from exporter.metrics.calls import CALLS_COMPLETED
from exporter.metrics.conversations import CONVERSATIONS_ENDED
from exporter.metrics.cost import (
    BUDGET_FORECAST,
    BUDGET_LIMIT,
    BUDGET_RUNWAY,
    BUDGET_SPENT,
    BUDGET_USED,
    COST_ACTUAL,
    COST_ANOMALY,
    COST_EXPECTED,
    COSTS,
    LLM_COST,
    UNPRICED,
)
from exporter.metrics.pipeline import LLM_REQUESTS, LLM_TOKENS, STT_REQUESTS, TTS_REQUESTS
from exporter.tariff import COMPUTED
from provisioning.kpi import Asked, Kpi
from provisioning.promql import by, quote

NO_COST: Final = (
    "Without any known cost in the window there is no answer; usage without a price is counted as unpriced."
)
MONEY: Final = "currencyUSD"
USED: Final[Mapping[str, Metric]] = {
    "llm": LLM_REQUESTS, "stt": STT_REQUESTS, "tts": TTS_REQUESTS, "telephony": CALLS_COMPLETED,
}  # fmt: skip
"""Counters of everything that is billed, by kind of cost."""


def _together(asked: Asked, parts: Iterable[tuple[str, str]]) -> str:
    """The sum of queries of several kinds; a kind without an answer is left out, without any there is none."""
    named = " or ".join(f'label_replace({query}, "kind", {quote(kind)}, "", "")' for kind, query in parts)
    return f"sum{by(LLM_COST, asked.by)} ({named})"


def _spent(asked: Asked) -> str:
    return _together(asked, ((kind, asked.increase(metric)) for kind, metric in COSTS.items()))


def _before(asked: Asked) -> str:
    return _together(asked, ((kind, asked.before(metric)) for kind, metric in COSTS.items()))


def _growth(asked: Asked) -> str:
    enough = f">= {asked.least:g}" if asked.least else "> 0"
    return f"{_spent(asked)} / ({_before(asked)} {enough}) - 1"


def _per(asked: Asked, metric: Metric) -> str:
    # No `or 0`: calls whose cost nobody knows are not free.
    return f"{_spent(asked)} / ({asked.increase(metric)} > 0)"


def _unpriced(asked: Asked) -> str:
    part = _together(asked, ((kind, asked.increase(metric)) for kind, metric in UNPRICED.items()))
    share = asked.ratio(part, _together(asked, ((kind, asked.increase(metric)) for kind, metric in USED.items())))
    # Where neither cost nor its lack is told, the share is not 0 but unknown.
    return f"{share} and ({_spent(asked)} or {part})"


def _computed(asked: Asked) -> str:
    part = _together(asked, ((kind, asked.increase(metric, {SOURCE: COMPUTED})) for kind, metric in COSTS.items()))
    return asked.ratio(part, _spent(asked))


COST: Final = Kpi(
    name="cost",
    title="Cost",
    meaning="Known cost of models, speech and telephony: recorded, or computed from prices where none is recorded.",
    unit=MONEY,
    formula="cost of language models + speech to text + text to speech + telephony",
    unknown=NO_COST,
    domain="cost",
    codes=("K1",),
    metrics=tuple(COSTS.values()),
    expression=_spent,
)
COST_GROWTH: Final = Kpi(
    name="cost_growth",
    title="Growth of cost",
    meaning="By how much cost is higher than in the window of the same length before.",
    unit="percentunit",
    formula="cost / cost in the window before - 1",
    unknown="Without cost in the window before there is no answer.",
    domain="cost",
    codes=("K1", "N1"),
    metrics=tuple(COSTS.values()),
    expression=_growth,
)
COST_PER_CALL: Final = Kpi(
    name="cost_per_call",
    title="Cost per call",
    meaning="All known cost by ended calls; choose an agent or an agent type to leave out what chats cost.",
    unit=MONEY,
    formula="cost / calls ended",
    unknown="Without ended calls, or without any known cost, there is no answer.",
    domain="cost",
    codes=("K1",),
    metrics=(*COSTS.values(), CALLS_COMPLETED),
    expression=lambda ask: _per(ask, CALLS_COMPLETED),
)
COST_PER_CONVERSATION: Final = Kpi(
    name="cost_per_conversation",
    title="Cost per conversation",
    meaning="All known cost by ended conversations, calls and chats alike.",
    unit=MONEY,
    formula="cost / conversations ended",
    unknown="Without ended conversations, or without any known cost, there is no answer.",
    domain="cost",
    codes=("K1",),
    metrics=(*COSTS.values(), CONVERSATIONS_ENDED),
    expression=lambda ask: _per(ask, CONVERSATIONS_ENDED),
)
COST_PER_MILLION_TOKENS: Final = Kpi(
    name="cost_per_million_tokens",
    title="Cost per million tokens",
    meaning="What a million tokens of a language model cost on average, all kinds of tokens together.",
    unit=MONEY,
    formula="1,000,000 x cost of language models / tokens",
    unknown="Without tokens, or without any known cost, there is no answer.",
    domain="cost",
    codes=("K1", "L2"),
    metrics=(LLM_COST, LLM_TOKENS),
    expression=lambda ask: f"1e6 * {ask.increase(LLM_COST)} / ({ask.increase(LLM_TOKENS)} > 0)",
)
UNPRICED_SHARE: Final = Kpi(
    name="unpriced_share",
    title="Unpriced usage",
    meaning="Share of billed requests and calls whose cost is neither recorded nor can be computed; cost is too low by them.",
    unit="percentunit",
    formula="unpriced requests and calls / (requests to models and speech services + calls ended)",
    unknown="Without requests and calls there is no answer.",
    domain="cost",
    codes=("K1",),
    metrics=(*UNPRICED.values(), *USED.values()),
    expression=_unpriced,
)
COMPUTED_SHARE: Final = Kpi(
    name="computed_cost_share",
    title="Computed cost",
    meaning="Share of the known cost that was computed from prices, because none was recorded.",
    unit="percentunit",
    formula="computed cost / cost",
    unknown=NO_COST,
    domain="cost",
    codes=("K1",),
    metrics=tuple(COSTS.values()),
    expression=_computed,
)
BUDGET_USE: Final = Kpi(
    name="budget_used",
    title="Budget used",
    meaning="Share of a budget's limit that is spent since its calendar period began in the configured time zone.",
    unit="percentunit",
    formula="cost since the period began / limit",
    unknown="Absent while no cost is known, or without a limit.",
    domain="cost",
    codes=("K2",),
    metrics=(BUDGET_USED, BUDGET_SPENT, BUDGET_LIMIT),
    expression=lambda ask: ask.total(BUDGET_USED),
)
BUDGET_OUTLOOK: Final = Kpi(
    name="budget_forecast",
    title="Forecast of a budget",
    meaning="Cost expected at the end of the period.",
    unit=MONEY,
    formula="spent + max(cost of the last 24 h / 24 h, cost of the last 7 d / 7 d, or by the time since the first cost) x time left",
    unknown="Absent with less than a day of history, or without cost for a day.",
    domain="cost",
    codes=("K2",),
    metrics=(BUDGET_FORECAST,),
    expression=lambda ask: ask.total(BUDGET_FORECAST),
)
BUDGET_RUN: Final = Kpi(
    name="budget_runway",
    title="Runway of a budget",
    meaning="Time until the limit is reached at the pace that the forecast takes.",
    unit="s",
    formula="(limit - spent) / pace; 0 when it is spent",
    unknown="Absent with less than a day of history, without cost for a day, or at no pace.",
    domain="cost",
    codes=("K2",),
    metrics=(BUDGET_RUNWAY,),
    expression=lambda ask: ask.total(BUDGET_RUNWAY),
)
ANOMALY: Final = Kpi(
    name="cost_anomaly",
    title="Unusual cost",
    meaning="How far the cost of the last whole hour is above what is usual for its hour of the week.",
    unit="short",
    formula=(
        "(root of cost - median of roots at this hour of the week, 8 weeks) / spread; spread is the greatest of: 1.4826 x MAD of this hour of "
        "the week, 1.4826 x MAD and 95th percentile / 1.96 of all hours, and in proportion to the median"
    ),
    unknown="Absent with less than 4 weeks of history, or where most hours cost nothing.",
    domain="cost",
    codes=("K3",),
    metrics=(COST_ANOMALY, COST_ACTUAL, COST_EXPECTED),
    expression=lambda ask: ask.total(COST_ANOMALY),
)

KPIS: Final[tuple[Kpi, ...]] = (
    COST, COST_GROWTH, COST_PER_CALL, COST_PER_CONVERSATION, COST_PER_MILLION_TOKENS, UNPRICED_SHARE, COMPUTED_SHARE, BUDGET_USE,
    BUDGET_OUTLOOK, BUDGET_RUN, ANOMALY,
)  # fmt: skip
