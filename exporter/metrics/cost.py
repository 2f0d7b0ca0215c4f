"""Metrics of cost: what models, speech and telephony cost, usage without a price, budgets and unusual hours."""

from typing import Final

from exporter.entities.cost import TELEPHONY_CALL
from exporter.entities.pipeline import LLM_REQUEST, STT_REQUEST, TTS_REQUEST
from exporter.entity import Entity
from exporter.labels import AGENT, AGENT_TYPE, BUDGET, MODEL, PERIOD, PROVIDER, REASON, SOURCE, STATUS, TENANT, Label
from exporter.metric import Computed, Count, Metric, Sum

BILLED: Final = (TENANT, AGENT, AGENT_TYPE, MODEL, PROVIDER)


def _cost(base: str, what: str, entity: Entity) -> Sum:
    return Sum(
        base=base,
        help=f"Cost of {what} in US dollars, as recorded or else computed from prices; what has no known cost is not in it.",
        domain="cost",
        codes=("K1",),
        unit="usd",
        entity=entity,
        at=entity["ended_at"],
        value=entity["cost"],
        labels=(*BILLED, SOURCE),
    )


def _unpriced(base: str, what: str, entity: Entity) -> Count:
    return Count(
        base=base,
        help=f"{what} whose cost is neither recorded nor can be computed, by reason.",
        domain="cost",
        codes=("K1",),
        entity=entity,
        at=entity["ended_at"],
        where=(entity["reason"].present,),
        labels=(*BILLED, REASON),
    )


LLM_COST: Final = _cost("llm_cost_usd_total", "requests to language models", LLM_REQUEST)
STT_COST: Final = _cost("stt_cost_usd_total", "speech to text", STT_REQUEST)
TTS_COST: Final = _cost("tts_cost_usd_total", "text to speech", TTS_REQUEST)
TELEPHONY_COST: Final = _cost("telephony_cost_usd_total", "telephone lines", TELEPHONY_CALL)
COSTS: Final = {"llm": LLM_COST, "stt": STT_COST, "tts": TTS_COST, "telephony": TELEPHONY_COST}
"""Counters of cost by kind; they do not overlap and add up to all cost that is known."""

LLM_UNPRICED: Final = _unpriced("llm_unpriced_requests_total", "Requests to language models", LLM_REQUEST)
STT_UNPRICED: Final = _unpriced("stt_unpriced_requests_total", "Speech-to-text requests", STT_REQUEST)
TTS_UNPRICED: Final = _unpriced("tts_unpriced_requests_total", "Text-to-speech requests", TTS_REQUEST)
TELEPHONY_UNPRICED: Final = _unpriced("telephony_unpriced_calls_total", "Calls", TELEPHONY_CALL)
UNPRICED: Final = {"llm": LLM_UNPRICED, "stt": STT_UNPRICED, "tts": TTS_UNPRICED, "telephony": TELEPHONY_UNPRICED}


def _of_budget(base: str, help: str, unit: str, *more: Label) -> Computed:
    return Computed(
        base=base, help=help, domain="cost", codes=("K2",), unit=unit, labels=(BUDGET, TENANT, PERIOD, *more)
    )


BUDGET_LIMIT: Final = _of_budget("budget_limit_usd", "Most that may be spent in the current period of a budget.", "usd")
BUDGET_SPENT: Final = _of_budget(
    "budget_spent_usd", "Cost since the current period of a budget began; absent while no cost is known.", "usd"
)
BUDGET_USED: Final = _of_budget(
    "budget_used_ratio", "Share of a budget's limit that is spent; above 1 when exceeded.", "ratio"
)
BUDGET_NOTIFY: Final = _of_budget(
    "budget_reached_ratio",
    "Highest notification threshold of a budget that its spending has reached; 0 below the first.",
    "ratio",
)
BUDGET_FORECAST: Final = _of_budget(
    "budget_forecast_usd",
    "Spending expected at the end of the period: spent so far, and the greater pace of the last day and the last 7 days until then.",
    "usd",
)
BUDGET_RUNWAY: Final = _of_budget(
    "budget_runway_seconds", "Time until the limit is reached at that pace; 0 when it is reached already.", "seconds"
)
BUDGET_STATUS: Final = _of_budget(
    "budget_status",
    "1 for the status that a budget has, 0 for the others: ok, no_budget (no limit), exceeded, too_little_history (less than "
    "a day of cost) or stale (no cost for a day).",
    "",
    STATUS,
)
COST_EXPECTED: Final = Computed(
    base="cost_expected_usd",
    help="Cost of the last whole hour that is usual for its hour of the week: the median of the weeks before.",
    domain="cost",
    codes=("K3",),
    unit="usd",
    labels=(TENANT,),
)
COST_ACTUAL: Final = Computed(
    base="cost_last_hour_usd",
    help="Cost of the last whole hour.",
    domain="cost",
    codes=("K3",),
    unit="usd",
    labels=(TENANT,),
)
COST_ANOMALY: Final = Computed(
    base="cost_anomaly_score",
    help="How far the cost of the last whole hour is above its usual one, in robust standard deviations; absent with too little history.",
    domain="cost",
    codes=("K3",),
    labels=(TENANT,),
)
PRICE_OVERLAPS: Final = Computed(
    base="price_overlaps",
    help="Prices that hold at the same time as another price of the same thing; the one that began last is taken.",
    domain="cost",
    codes=("K1",),
)

BUDGETS: Final = (
    BUDGET_LIMIT, BUDGET_SPENT, BUDGET_USED, BUDGET_NOTIFY, BUDGET_FORECAST, BUDGET_RUNWAY, BUDGET_STATUS,
)  # fmt: skip
METRICS: Final[tuple[Metric, ...]] = (
    *COSTS.values(), *UNPRICED.values(), *BUDGETS, COST_ACTUAL, COST_EXPECTED, COST_ANOMALY, PRICE_OVERLAPS,
)  # fmt: skip
