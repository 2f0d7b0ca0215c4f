"""Overview: does everything work, how much is going on, how well does it go, what does it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import SCOPES, UP, UP_OR_DOWN, ceiling, drill, floor, frame, rising
from dashboards.query import NOW, RANGE, Query, instant, legend
from dashboards.tables import Column, summary
from exporter.labels import AGENT, AGENT_TYPE, CHANNEL, COMPONENT, MODEL, OUTCOME, TENANT
from exporter.metrics import calls, conversations, cost, exporter, pipeline
from provisioning.kpis.calls import ANSWER_RATE, QUALIFIED_SHARE
from provisioning.kpis.conversations import GOAL_SUCCESS
from provisioning.kpis.pipeline import MODEL_ERRORS, UNPRICED_SHARE

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["overview"]
SOURCES: Final = (calls.CALLS_INITIATED, conversations.CONVERSATIONS_STARTED, pipeline.TURNS, pipeline.LLM_REQUESTS)


def build(settings: Settings) -> Any:
    """The dashboard of first sight."""
    body = [
        *_now(settings),
        *panels.row("In the time range", _range(settings)),
        *panels.row("Over time", _trends(settings)),
        *panels.row("Agents", [_agents(settings)]),
    ]
    return frame(
        "overview", "Does it work, how much is going on, how well does it go, what does it cost?", body=body, settings=settings,
        sources=dict.fromkeys((TENANT, AGENT, AGENT_TYPE), SOURCES),
    )  # fmt: skip


def _now(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    to_calls, to_pipeline = drill("overview", "calls", "Calls"), drill("overview", "pipeline", "Pipeline")
    return [
        panels.stat("Active calls", "How many calls are in progress now?", "short", [instant(S.total(calls.ACTIVE_CALLS))], links=[to_calls]),
        panels.stat("Queued calls", "How many calls are due and wait to be made?", "short", [instant(S.total(calls.QUEUED_CALLS))], thresholds=rising(limits.queued_calls), links=[to_calls]),
        panels.stat("Active conversations", "How many conversations are in progress now?", "short",
                    [instant(S.total(conversations.ACTIVE_CONVERSATIONS))],
                    links=[drill("overview", "conversations", "Conversations")]),
        panels.stat("Response time, p95", "How long do 19 of 20 people wait at most until the agent answers?", "s",
                    [instant(S.quantile(0.95, pipeline.TURN_LATENCY, window=NOW))],
                    thresholds=rising(limits.response_time_seconds), links=[to_pipeline]),
        panels.stat("Model error rate", "Which share of requests to language models fails?", "percentunit",
                    [instant(S.kpi(MODEL_ERRORS, window=NOW))],
                    thresholds=rising(limits.error_rate), links=[to_pipeline]),
        panels.stat("Exporter", "Does the exporter reach the database?", "short", [instant(f"min({exporter.DATABASE_UP.name})")],
                    thresholds=UP, mappings=UP_OR_DOWN, links=[drill("overview", "exporter", "Exporter")]),
    ]  # fmt: skip


def _range(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Calls", "How many calls were dialled or received?", "short", [instant(S.increase(calls.CALLS_INITIATED))],
                    decimals=0),
        panels.stat("Answer rate", "Which share of calls did somebody answer?", "percentunit",
                    [instant(S.kpi(ANSWER_RATE))]),
        panels.stat("Qualified", "Which share of ended calls with a known outcome ended as qualified?", "percentunit",
                    [instant(S.kpi(QUALIFIED_SHARE))]),
        panels.stat("Goal success", "Which share of conversations whose result is known reached its goal?", "percentunit",
                    [instant(S.kpi(GOAL_SUCCESS))],
                    thresholds=floor(limits.success_rate)),
        panels.stat("Recorded cost", "What did language models cost, as far as the price is known?", "currencyUSD",
                    [instant(S.increase(cost.LLM_COST))], decimals=2),
        panels.stat("Unpriced requests", "Which share of model requests has no known cost and is missing in every sum?",
                    "percentunit", [instant(S.kpi(UNPRICED_SHARE))], thresholds=((None, "orange"),)),
    ]  # fmt: skip


def _trends(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    turn = pipeline.TURN_LATENCY
    return [
        panels.timeseries("Active calls and conversations", "How busy are the agents?", "short", [
            Query(S.total(calls.ACTIVE_CALLS), "calls"), Query(S.total(conversations.ACTIVE_CONVERSATIONS), "conversations"),
        ]),
        panels.timeseries("Calls per minute", "Through which channel do calls come and go?", "cpm",
                          [Query(f"60 * {S.rate(calls.CALLS_INITIATED, CHANNEL)}", legend(CHANNEL))], stack=True),
        panels.timeseries("Outcomes per minute", "How do calls end?", "cpm",
                          [Query(f"60 * {S.rate(calls.CALLS_COMPLETED, OUTCOME)}", legend(OUTCOME))], stack=True),
        panels.timeseries("Response time", "How long do people wait until the agent answers?", "s", [
            *(Query(S.quantile(q, turn), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)), Query(S.mean(turn), "average"),
        ], thresholds=rising(limits.response_time_seconds)),
        panels.timeseries("Errors per minute", "Which part of the system fails?", "cpm",
                          [Query(f"60 * {S.rate(pipeline.ERRORS, COMPONENT)}", legend(COMPONENT))], stack=True),
        panels.timeseries("Cost per hour", "Which model costs how much now?", "currencyUSD",
                          [Query(f"3600 * {S.rate(cost.LLM_COST, MODEL)}", legend(MODEL))], stack=True),
        panels.alertlist("Alerts", "What fires or is about to fire?", width=24, height=6),
    ]  # fmt: skip


def _agents(settings: Settings) -> Any:
    limits = settings.thresholds
    return summary(
        "Agents", "Which agent works well and which does not? Click an agent for its calls, conversations or steps.", (AGENT,), (
            Column("Conversations", "short", S.increase(conversations.CONVERSATIONS_ENDED, AGENT)),
            Column("Calls", "short", S.increase(calls.CALLS_INITIATED, AGENT)),
            Column("Goal success", "percentunit",
                   S.kpi(GOAL_SUCCESS, AGENT),
                   floor(limits.success_rate)),
            Column("Response time p95", "s", S.quantile(0.95, pipeline.TURN_LATENCY, AGENT, window=RANGE),
                   rising(limits.response_time_seconds)),
            Column("Model error rate", "percentunit", S.kpi(MODEL_ERRORS, AGENT),
                   ceiling(limits.agent_error_rate)),
            Column("Cost", "currencyUSD", S.increase(cost.LLM_COST, AGENT)),
        ),
        links=[
            drill("overview", name, f"{name.capitalize()} of this agent", AGENT, row=True)
            for name in ("calls", "conversations", "pipeline")
        ],
    )  # fmt: skip
