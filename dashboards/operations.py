"""Operations: what happens now, how fast and how well it works, and how long capacity lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, ceiling, drill, frame, rising
from dashboards.query import DAILY, DAY, NOW, RANGE, Query, instant, legend
from exporter.labels import CHANNEL, COMPONENT, HOST, MODEL, PROVIDER, QUEUE, TYPE
from exporter.metrics.calls import ACTIVE_CALLS, CALLS_INITIATED, QUEUED_CALLS
from exporter.metrics.conversations import ACTIVE_CONVERSATIONS
from exporter.metrics.pipeline import (
    ERRORS,
    LLM_DURATION,
    QUEUE_DEPTH,
    STT_DURATION,
    TTS_DURATION,
    TURN_LATENCY,
    WEBSOCKET_CONNECTIONS,
)
from provisioning import promql
from provisioning.kpis import calls, health, pipeline

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["operations"]
SAMPLED: Final = "5m"


def build(settings: Settings) -> Any:
    """The dashboard for those who keep it running."""
    body = [
        *panels.row("Real-time calls", _calls(settings)),
        *panels.row("System performance", _performance(settings)),
        *panels.row("Error monitoring", _errors(settings)),
        *panels.row("Capacity planning", _capacity(settings)),
    ]
    return frame(
        "operations", "What happens now, does it work, and how long does capacity last?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (CALLS_INITIATED,)), days=True,
    )  # fmt: skip


def _calls(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Active calls", "How many calls are in progress now?", "short", [instant(S.total(ACTIVE_CALLS))],
                    links=[drill("operations", "calls", "Calls")]),
        panels.stat("Queued calls", "How many calls are due and wait to be made?", "short", [instant(S.total(QUEUED_CALLS))],
                    thresholds=rising(limits.queued_calls)),
        panels.stat("Active conversations", "How many conversations are in progress now?", "short", [instant(S.total(ACTIVE_CONVERSATIONS))],
                    links=[drill("operations", "conversations", "Conversations")]),
        panels.stat("Calls per minute", "How many calls start each minute?", "cpm", [instant(f"60 * {S.rate(CALLS_INITIATED, window=NOW)}")],
                    decimals=1),
        panels.stat("Failing calls", "Which share of the calls of the last minutes failed?", "percentunit",
                    [instant(S.kpi(calls.FAILURE_RATE, window=NOW))], thresholds=ceiling(limits.agent_error_rate), decimals=1),
        panels.stat("Open websockets", "How many websocket connections are open?", "short", [instant(S.total(WEBSOCKET_CONNECTIONS))]),
        panels.timeseries("Calls by channel", "Through which channel do calls come and go?", "cpm",
                          [Query(f"60 * {S.rate(CALLS_INITIATED, CHANNEL)}", legend(CHANNEL))], stack=True),
        panels.timeseries("Active calls and conversations", "How busy are the agents?", "short", [
            Query(S.total(ACTIVE_CALLS), "calls"), Query(S.total(ACTIVE_CONVERSATIONS), "conversations"),
        ]),
    ]  # fmt: skip


def _performance(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    steps = (("language model", LLM_DURATION), ("speech to text", STT_DURATION), ("text to speech", TTS_DURATION))
    return [
        panels.timeseries("Response time", "How long do people wait until the agent answers?", "s", [
            *(Query(S.quantile(q, TURN_LATENCY), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)), Query(S.mean(TURN_LATENCY), "average"),
        ], thresholds=rising(limits.response_time_seconds), links=[drill("operations", "pipeline", "Pipeline")]),
        panels.timeseries("Steps, p95", "Which step behind an answer is slow?", "s",
                          [Query(S.quantile(0.95, metric), name) for name, metric in steps]),
        panels.bargauge("Slowest models, p95", "Which model is slow in the time range?", "s",
                        [instant(f"topk(8, {S.quantile(0.95, LLM_DURATION, MODEL, window=RANGE)})", legend(MODEL))]),
        panels.bargauge("Slowest speech services, p95", "Which speech service is slow in the time range?", "s", [
            instant(S.quantile(0.95, STT_DURATION, PROVIDER, window=RANGE), f"{legend(PROVIDER)}, to text"),
            instant(S.quantile(0.95, TTS_DURATION, PROVIDER, window=RANGE), f"{legend(PROVIDER)}, to speech"),
        ]),
        panels.timeseries("Jobs waiting", "Do jobs pile up?", "short", [Query(S.total(QUEUE_DEPTH, QUEUE), legend(QUEUE))], width=8),
    ]  # fmt: skip


def _errors(settings: Settings) -> list[Any]:
    limit = rising(settings.thresholds.error_rate)
    rates = (
        ("language model", pipeline.MODEL_ERRORS), ("speech to text", pipeline.STT_ERRORS),
        ("text to speech", pipeline.TTS_ERRORS), ("tools", pipeline.TOOL_ERRORS),
    )  # fmt: skip
    return [
        panels.timeseries("Error rates", "Which share of steps fails?", "percentunit",
                          [Query(S.kpi(kpi, window=promql.RATE_INTERVAL), name) for name, kpi in rates], thresholds=limit, width=8),
        panels.timeseries("Errors by part", "Which part of the system fails?", "cpm",
                          [Query(f"60 * {S.rate(ERRORS, COMPONENT)}", legend(COMPONENT))], stack=True, width=8),
        panels.pie("Errors by class", "What kind of errors are there in the time range?", "short",
                   [instant(S.increase(ERRORS, TYPE), legend(TYPE))]),
        panels.alertlist("Alerts", "What fires or is about to fire?", width=24, height=6),
    ]  # fmt: skip


def _capacity(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    peak = f"max_over_time(({S.total(ACTIVE_CALLS)})[{DAY}:10m])"
    return [
        panels.timeseries("Peak of active calls by day", "Does the number of calls at once come near what is possible?", "short",
                          [Query(peak, "peak")], bars=True, interval=DAY, time_from=DAYS, width=8),
        panels.timeseries("Calls by day", "How fast does the load grow?", "short",
                          [Query(S.increase(CALLS_INITIATED, window=DAILY), "calls")], bars=True, interval=DAY, time_from=DAYS, width=8),
        panels.timeseries("Processor use by host", "Which host is near its limit?", "percentunit",
                          [Query(S.kpi(health.CPU, HOST, window=promql.RATE_INTERVAL), legend(HOST))], thresholds=ceiling(limits.cpu),
                          maximum=1, interval=SAMPLED, width=8, links=[drill("operations", "health", "Health")]),
        panels.timeseries("Memory use by host", "Which host runs out of memory?", "percentunit",
                          [Query(S.kpi(health.MEMORY, HOST, window=promql.RATE_INTERVAL), legend(HOST))], thresholds=ceiling(limits.memory),
                          maximum=1, interval=SAMPLED, width=24, height=6),
    ]  # fmt: skip
