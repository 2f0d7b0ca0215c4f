"""Formulas of the pipeline."""

from typing import Final

from exporter.labels import STATUS
from exporter.metric import Count
from exporter.metrics.conversations import CONVERSATIONS_ENDED
from exporter.metrics.cost import LLM_UNPRICED
from exporter.metrics.pipeline import (
    LLM_REQUESTS,
    LLM_TOKENS,
    STT_REQUESTS,
    TOOL_CALLS,
    TTS_REQUESTS,
    TURN_LATENCY,
    TURNS,
    TURNS_INTERRUPTED,
)  # fmt: skip
from provisioning.kpi import Kpi

FAILED: Final = "error"


def _errors(name: str, title: str, what: str, metric: Count) -> Kpi:
    return Kpi(
        name=name,
        title=title,
        meaning=f"Share of {what} with a known status that failed.",
        unit="percentunit",
        formula=f"{what} with status error / {what} with a known status",
        unknown=f"Without {what} in the window there is no answer.",
        domain="pipeline",
        codes=("L3", "N1"),
        metrics=(metric,),
        expression=lambda ask: ask.known(metric, STATUS, FAILED),
    )


MODEL_ERRORS: Final = _errors("model_error_rate", "Model error rate", "model requests", LLM_REQUESTS)
STT_ERRORS: Final = _errors("stt_error_rate", "Speech-to-text error rate", "speech-to-text requests", STT_REQUESTS)
TTS_ERRORS: Final = _errors("tts_error_rate", "Text-to-speech error rate", "text-to-speech requests", TTS_REQUESTS)
TOOL_ERRORS: Final = _errors("tool_error_rate", "Tool error rate", "tool calls", TOOL_CALLS)

INTERRUPTED_TURNS: Final = Kpi(
    name="interrupted_turns",
    title="Interrupted turns",
    meaning="Share of turns in which the person cut the agent off.",
    unit="percentunit",
    formula="interrupted turns / turns",
    unknown="Without turns in the window there is no answer.",
    domain="pipeline",
    codes=("L4",),
    metrics=(TURNS_INTERRUPTED, TURNS),
    expression=lambda ask: ask.ratio(ask.increase(TURNS_INTERRUPTED), ask.increase(TURNS)),
)
RESPONSE_TIME: Final = Kpi(
    name="response_time_average",
    title="Average response time",
    meaning="Mean silence that a person hears before the agent answers; interrupted turns are left out.",
    unit="s",
    formula="sum of latencies / number of turns that were measured",
    unknown="Without measured turns in the window there is no answer.",
    domain="pipeline",
    codes=("L1",),
    metrics=(TURN_LATENCY,),
    expression=lambda ask: ask.mean(TURN_LATENCY),
)
TOKENS_EACH: Final = Kpi(
    name="tokens_per_conversation",
    title="Tokens per conversation",
    meaning="Tokens of all kinds by ended conversation; too low where the requests of some conversations are not recorded.",
    unit="short",
    formula="tokens / conversations ended",
    unknown="Without ended conversations, or where no tokens are recorded, there is no answer.",
    domain="pipeline",
    codes=("L2",),
    metrics=(LLM_TOKENS, CONVERSATIONS_ENDED),
    # Without the part there is no 0: tokens that nobody records are not known to be none.
    expression=lambda ask: f"({ask.increase(LLM_TOKENS)}) / ({ask.increase(CONVERSATIONS_ENDED)} > 0)",
)
UNPRICED_SHARE: Final = Kpi(
    name="unpriced_share",
    title="Unpriced requests",
    meaning="Share of model requests whose cost is not known; they are missing in every sum of cost.",
    unit="percentunit",
    formula="requests without a known cost / requests",
    unknown="Without model requests in the window there is no answer.",
    domain="pipeline",
    codes=("K1",),
    metrics=(LLM_UNPRICED, LLM_REQUESTS),
    expression=lambda ask: ask.ratio(ask.increase(LLM_UNPRICED), ask.increase(LLM_REQUESTS)),
)

KPIS: Final[tuple[Kpi, ...]] = (
    MODEL_ERRORS, STT_ERRORS, TTS_ERRORS, TOOL_ERRORS, INTERRUPTED_TURNS, RESPONSE_TIME, TOKENS_EACH, UNPRICED_SHARE,
)  # fmt: skip
