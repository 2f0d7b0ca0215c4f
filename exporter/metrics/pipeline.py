"""Metrics of the pipeline behind an answer."""

from dataclasses import replace
from typing import Final

from exporter.entities.pipeline import ERROR, LLM_REQUEST, STT_REQUEST, TOOL_CALL, TTS_REQUEST, TURN
from exporter.labels import (
    AGENT,
    AGENT_TYPE,
    COMPONENT,
    KIND,
    MODEL,
    PROVIDER,
    QUEUE,
    STATUS,
    TENANT,
    TOOL,
    TYPE,
)  # fmt: skip
from exporter.metric import Count, Distribution, State, Sum

# FIELD.md section 3.3: fine around the values people promise; every alert threshold is added as a bound.
LATENCY_BOUNDS: Final = (
    0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.5, 5.0, 7.0, 10.0, 20.0, 60.0, 150.0,
)  # fmt: skip
STEP_BOUNDS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 60.0)
"""Of steps that no alert holds against a limit: each has as many series as the answers themselves, so there are fewer buckets."""
WHO: Final = (TENANT, AGENT, AGENT_TYPE)

LLM_DURATION: Final = Distribution(
    base="llm_request_duration_seconds",
    help="Wall time of successful requests to language models.",
    domain="pipeline",
    codes=("L1",),
    unit="seconds",
    entity=LLM_REQUEST,
    at=LLM_REQUEST["ended_at"],
    value=LLM_REQUEST["duration"],
    # A failed request has no latency that a user waits for; many sources record it as 0.
    where=(LLM_REQUEST["status"].is_in("ok"),),
    bounds=LATENCY_BOUNDS,
    threshold=("response_time_seconds", "slow_response_seconds"),
    labels=(*WHO, MODEL, PROVIDER),
)
LLM_TIME_TO_FIRST_TOKEN: Final = Distribution(
    base="llm_time_to_first_token_seconds",
    help="Time until the first token of successful requests to language models.",
    domain="pipeline",
    codes=("L1",),
    unit="seconds",
    entity=LLM_REQUEST,
    at=LLM_REQUEST["ended_at"],
    value=LLM_REQUEST["time_to_first_token"],
    where=(LLM_REQUEST["status"].is_in("ok"),),
    bounds=STEP_BOUNDS,
    labels=(*WHO, MODEL, PROVIDER),
)
LLM_REQUESTS: Final = Count(
    base="llm_requests_total",
    help="Requests to language models, by status.",
    domain="pipeline",
    codes=("L1", "L3"),
    entity=LLM_REQUEST,
    at=LLM_REQUEST["ended_at"],
    labels=(*WHO, MODEL, PROVIDER, STATUS),
)
LLM_TOKENS: Final = Sum(
    base="llm_tokens_total",
    help="Tokens by kind; the kinds do not overlap and add up to all tokens.",
    domain="pipeline",
    codes=("L2",),
    entity=LLM_REQUEST,
    at=LLM_REQUEST["ended_at"],
    parts={
        "input": LLM_REQUEST["input_tokens"],
        "cached_input": LLM_REQUEST["cached_input_tokens"],
        "cache_write": LLM_REQUEST["cache_write_tokens"],
        "audio_input": LLM_REQUEST["audio_input_tokens"],
        "output": LLM_REQUEST["output_tokens"],
        "reasoning": LLM_REQUEST["reasoning_tokens"],
        "audio_output": LLM_REQUEST["audio_output_tokens"],
    },
    labels=(*WHO, MODEL, PROVIDER, KIND),
)
STT_DURATION: Final = Distribution(
    base="stt_request_duration_seconds",
    help="Wall time of successful speech-to-text requests.",
    domain="pipeline",
    codes=("L1",),
    unit="seconds",
    entity=STT_REQUEST,
    at=STT_REQUEST["ended_at"],
    value=STT_REQUEST["duration"],
    where=(STT_REQUEST["status"].is_in("ok"),),
    bounds=STEP_BOUNDS,
    labels=(*WHO, PROVIDER),
)
STT_REQUESTS: Final = Count(
    base="stt_requests_total",
    help="Speech-to-text requests, by status.",
    domain="pipeline",
    codes=("L3",),
    entity=STT_REQUEST,
    at=STT_REQUEST["ended_at"],
    labels=(*WHO, PROVIDER, STATUS),
)
TTS_DURATION: Final = Distribution(
    base="tts_request_duration_seconds",
    help="Wall time of successful text-to-speech requests.",
    domain="pipeline",
    codes=("L1",),
    unit="seconds",
    entity=TTS_REQUEST,
    at=TTS_REQUEST["ended_at"],
    value=TTS_REQUEST["duration"],
    where=(TTS_REQUEST["status"].is_in("ok"),),
    bounds=STEP_BOUNDS,
    labels=(*WHO, PROVIDER),
)
TTS_REQUESTS: Final = Count(
    base="tts_requests_total",
    help="Text-to-speech requests, by status.",
    domain="pipeline",
    codes=("L3",),
    entity=TTS_REQUEST,
    at=TTS_REQUEST["ended_at"],
    labels=(*WHO, PROVIDER, STATUS),
)
TOOL_DURATION: Final = Distribution(
    base="tool_call_duration_seconds",
    help="Wall time of successful tool calls.",
    domain="pipeline",
    codes=("L1",),
    unit="seconds",
    entity=TOOL_CALL,
    at=TOOL_CALL["ended_at"],
    value=TOOL_CALL["duration"],
    where=(TOOL_CALL["status"].is_in("ok"),),
    bounds=STEP_BOUNDS,
    labels=WHO,
)
# Each agent with each tool and each bucket would be more series than all other steps have together.
TOOL_DURATION_BY_TOOL: Final = replace(
    TOOL_DURATION,
    base="tool_call_duration_by_tool_seconds",
    help="Wall time of successful tool calls by tool, over all agents.",
    labels=(TENANT, TOOL),
)
TOOL_CALLS: Final = Count(
    base="tool_calls_total",
    help="Tool calls, by status.",
    domain="pipeline",
    codes=("L3",),
    entity=TOOL_CALL,
    at=TOOL_CALL["ended_at"],
    labels=(*WHO, TOOL, STATUS),
)
TURN_LATENCY: Final = Distribution(
    base="turn_latency_seconds",
    help="Silence that a person hears before the agent answers, measured end to end; interrupted turns are left out.",
    domain="pipeline",
    codes=("L1",),
    unit="seconds",
    entity=TURN,
    at=TURN["ended_at"],
    value=TURN["latency"],
    where=(TURN["interrupted"].not_true,),
    bounds=LATENCY_BOUNDS,
    threshold=("response_time_seconds", "slow_response_seconds"),
    labels=WHO,
)
TURNS: Final = Count(
    base="turns_total",
    help="Exchanges between a person and an agent.",
    domain="pipeline",
    codes=("L1",),
    entity=TURN,
    at=TURN["ended_at"],
    labels=WHO,
)
TURNS_INTERRUPTED: Final = Count(
    base="turns_interrupted_total",
    help="Exchanges in which the person cut the agent off.",
    domain="pipeline",
    codes=("L1",),
    entity=TURN,
    at=TURN["ended_at"],
    where=(TURN["interrupted"].true,),
    labels=WHO,
)
ERRORS: Final = Count(
    base="errors_total",
    help="Errors by class and by the part of the system that failed.",
    domain="pipeline",
    codes=("L3",),
    entity=ERROR,
    at=ERROR["occurred_at"],
    labels=(TYPE, COMPONENT, *WHO),
)
WEBSOCKET_CONNECTIONS: Final = State(
    base="websocket_connections",
    help="Open websocket connections.",
    domain="pipeline",
    codes=("L5",),
)
QUEUE_DEPTH: Final = State(
    base="queue_depth",
    help="Messages or jobs that wait in a queue.",
    domain="pipeline",
    codes=("H1",),
    labels=(QUEUE,),
)

METRICS: Final = (
    LLM_DURATION, LLM_TIME_TO_FIRST_TOKEN, LLM_REQUESTS, LLM_TOKENS,
    STT_DURATION, STT_REQUESTS, TTS_DURATION, TTS_REQUESTS, TOOL_DURATION, TOOL_DURATION_BY_TOOL, TOOL_CALLS,
    TURN_LATENCY, TURNS, TURNS_INTERRUPTED, ERRORS, WEBSOCKET_CONNECTIONS, QUEUE_DEPTH,
)  # fmt: skip
