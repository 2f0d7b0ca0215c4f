"""Pipeline: how fast language models, speech and tools answer, what they use, and what fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import SCOPES, ceiling, drill, frame, rising
from dashboards.query import NOW, RANGE, Query, buckets, instant, legend
from dashboards.tables import Column, summary
from exporter.labels import (
    AGENT,
    AGENT_TYPE,
    COMPONENT,
    KIND,
    MODEL,
    PROVIDER,
    QUEUE,
    REASON,
    TENANT,
    TOOL,
    TYPE,
)
from exporter.metric import Distribution
from exporter.metrics.cost import LLM_COST, LLM_UNPRICED
from exporter.metrics.pipeline import (
    ERRORS,
    LLM_DURATION,
    LLM_REQUESTS,
    LLM_TIME_TO_FIRST_TOKEN,
    LLM_TOKENS,
    QUEUE_DEPTH,
    STT_DURATION,
    STT_REQUESTS,
    TOOL_CALLS,
    TOOL_DURATION,
    TOOL_DURATION_BY_TOOL,
    TTS_DURATION,
    TTS_REQUESTS,
    TURN_LATENCY,
    TURNS,
    WEBSOCKET_CONNECTIONS,
)  # fmt: skip
from provisioning import promql
from provisioning.kpis.pipeline import (
    INTERRUPTED_TURNS,
    MODEL_ERRORS,
    STT_ERRORS,
    TOKENS_EACH,
    TOOL_ERRORS,
    TTS_ERRORS,
)  # fmt: skip

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["pipeline"]
STEPS: Final = (
    ("language model", LLM_REQUESTS, MODEL_ERRORS), ("speech to text", STT_REQUESTS, STT_ERRORS),
    ("text to speech", TTS_REQUESTS, TTS_ERRORS), ("tools", TOOL_CALLS, TOOL_ERRORS),
)  # fmt: skip
"""The parts of the pipeline: their names, what counts them, and how often they fail."""


def build(settings: Settings) -> Any:
    """The dashboard of latency, usage and errors."""
    body = [
        *_now(settings),
        *panels.row("Latency", _latency(settings)),
        *panels.row("Errors", _errors(settings)),
        *panels.row("Tokens and cost", _usage()),
        *panels.row("Load", _load(settings)),
    ]
    return frame(
        "pipeline", "How fast do models, speech and tools answer, what do they use, and what fails?", body=body, settings=settings,
        sources={TENANT: (TURNS, LLM_REQUESTS), AGENT: (TURNS, LLM_REQUESTS), AGENT_TYPE: (TURNS, LLM_REQUESTS), MODEL: (LLM_REQUESTS,)},
    )  # fmt: skip


def _now(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    slow = promql.share_above(TURN_LATENCY, limits.slow_response_seconds, RANGE, (), S.on(TURN_LATENCY))
    return [
        panels.stat("Response time, p95", "How long do 19 of 20 people wait at most until the agent answers?", "s",
                    [instant(S.quantile(0.95, TURN_LATENCY, window=NOW))], thresholds=rising(limits.response_time_seconds)),
        panels.stat("Slow responses", f"Which share of answers took longer than {limits.slow_response_seconds:g} s?", "percentunit",
                    [instant(slow)], thresholds=ceiling(limits.error_rate.warning)),
        panels.stat("Interrupted turns", "In which share of turns did the person cut the agent off?", "percentunit",
                    [instant(S.kpi(INTERRUPTED_TURNS))]),
        panels.stat("Model error rate", "Which share of requests to language models failed?", "percentunit",
                    [instant(S.kpi(MODEL_ERRORS))], thresholds=rising(limits.error_rate)),
    ]  # fmt: skip


def _quantiles(title: str, question: str, metric: Distribution, *quantiles: float, **look: Any) -> Any:
    """Each quantile reads all buckets once more, so there are no more than each step needs."""
    queries = [Query(S.quantile(q, metric), f"p{q * 100:g}") for q in quantiles]
    return panels.timeseries(title, question, "s", [*queries, Query(S.mean(metric), "average")], width=8, **look)


def _latency(settings: Settings) -> list[Any]:
    limit = rising(settings.thresholds.response_time_seconds)
    return [
        _quantiles("Response time", "How long does a person hear silence before the agent answers?", TURN_LATENCY, 0.5, 0.95, 0.99,
                   thresholds=limit),
        panels.heatmap("Spread of response times", "Is there a slow group behind a good average?", "s",
                       [buckets(TURN_LATENCY, S.on(TURN_LATENCY))], width=8),
        _quantiles("Language model", "How long do successful model requests take?", LLM_DURATION, 0.5, 0.95, thresholds=limit),
        _quantiles("First token", "How long until a model says its first token?", LLM_TIME_TO_FIRST_TOKEN, 0.5, 0.95),
        _quantiles("Speech to text", "How long does it take to understand speech?", STT_DURATION, 0.95),
        _quantiles("Text to speech", "How long does it take to make speech?", TTS_DURATION, 0.95),
        _quantiles("Tools", "How long do tool calls take?", TOOL_DURATION, 0.95),
        panels.bargauge("Slowest tools, p95", "Which tools keep people waiting in the time range? Over all agents of the chosen tenants.", "s",
                        [instant(f"topk(10, {S.quantile(0.95, TOOL_DURATION_BY_TOOL, TOOL, window=RANGE)})", legend(TOOL))]),
        summary("Models", "Which model is fast, reliable and cheap?", (MODEL, PROVIDER), _models(settings), width=8, height=8),
    ]  # fmt: skip


def _models(settings: Settings) -> tuple[Column, ...]:
    by = (MODEL, PROVIDER)
    return (
        Column("Requests", "short", S.increase(LLM_REQUESTS, *by)),
        Column(
            "p95",
            "s",
            S.quantile(0.95, LLM_DURATION, *by, window=RANGE),
            rising(settings.thresholds.response_time_seconds),
        ),
        Column("Errors", "percentunit", S.kpi(MODEL_ERRORS, *by)),
        Column("Cost", "currencyUSD", S.increase(LLM_COST, *by)),
    )


def _errors(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    to_calls = drill("pipeline", "calls", "Calls of this type of agent", AGENT_TYPE)
    return [
        panels.timeseries("Error rate by step", "Which step fails more often than it should?", "percentunit", [
            Query(S.kpi(errors, window=promql.RATE_INTERVAL), name) for name, _, errors in STEPS
        ], thresholds=rising(limits.error_rate), width=8),
        panels.timeseries("Model error rate by agent type", "Which type of agent fails more often than it should?", "percentunit",
                          [Query(S.kpi(MODEL_ERRORS, AGENT_TYPE, window=promql.RATE_INTERVAL), legend(AGENT_TYPE))],
                          thresholds=ceiling(limits.agent_error_rate), links=[to_calls], width=8),
        panels.timeseries("Errors per minute by component", "Which part of the system fails?", "cpm",
                          [Query(f"60 * {S.rate(ERRORS, COMPONENT)}", legend(COMPONENT))], stack=True, width=8),
        summary("Errors by type", "Which errors happened most?", (TYPE, COMPONENT),
                (Column("Errors", "short", S.increase(ERRORS, TYPE, COMPONENT)),), width=24, height=8),
    ]  # fmt: skip


def _usage() -> list[Any]:
    return [
        panels.timeseries("Tokens per minute by kind", "What are tokens used for?", "short",
                          [Query(f"60 * {S.rate(LLM_TOKENS, KIND)}", legend(KIND))], stack=True, width=8),
        panels.timeseries("Tokens per minute by model", "Which model uses the tokens?", "short",
                          [Query(f"60 * {S.rate(LLM_TOKENS, MODEL)}", legend(MODEL))], stack=True, width=8),
        panels.timeseries("Cost per hour by model", "Which model costs how much, as far as prices are known?", "currencyUSD",
                          [Query(f"3600 * {S.rate(LLM_COST, MODEL)}", legend(MODEL))], stack=True, width=8),
        panels.stat("Tokens per conversation", "How many tokens, of the chosen models, does one conversation use? Not filtered by model: conversations.", "short", [instant(S.kpi(TOKENS_EACH))],
                    width=8, decimals=0),
        panels.bargauge("Unpriced requests by reason", "Why have model requests no known cost? They are missing in every cost shown.",
                        "short", [instant(S.increase(LLM_UNPRICED, REASON), legend(REASON))], width=16, height=4),
    ]  # fmt: skip


def _load(settings: Settings) -> list[Any]:
    return [
        panels.timeseries("Steps per second", "How much does each part of the pipeline do?", "reqps", [
            *(Query(S.rate(metric), name) for name, metric, _ in STEPS), Query(S.rate(TURNS), "turns"),
        ], width=8),
        panels.timeseries("Websocket connections", "How many connections are open?", "short",
                          [Query(S.total(WEBSOCKET_CONNECTIONS), "connections")], width=8),
        panels.timeseries("Queue depth", "In which queue does work pile up?", "short",
                          [Query(S.total(QUEUE_DEPTH, QUEUE), legend(QUEUE))],
                          thresholds=rising(settings.thresholds.queued_calls), width=8),
    ]  # fmt: skip
