"""Calls: what happens now, how calls end, when they come, and who does well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, drill, frame, rising
from dashboards.query import DAILY, DAY, NOW, Query, instant, legend
from dashboards.tables import Column, matrix, summary
from exporter.labels import AGENT, CAMPAIGN, CHANNEL, HOUR, OUTCOME, TENANT, WEEKDAY, Label
from exporter.metrics.calls import (
    ACTIVE_CALLS,
    CALL_DURATION,
    CALLS_ANSWERED,
    CALLS_BY_HOUR,
    CALLS_COMPLETED,
    CALLS_INITIATED,
    CAMPAIGN_STATUS,
    QUEUED_CALLS,
)  # fmt: skip
from provisioning import promql
from provisioning.kpis.calls import (
    ANSWER_RATE,
    AVERAGE_LENGTH,
    COMPLETION_RATE,
    CONVERSION_RATE,
    QUALIFICATION_RATE,
    TALK_TIME,
)  # fmt: skip

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["calls"]
WEEKDAYS: Final = {
    str(day): f"{day} {name}" for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), 1)
}
RUNNING: Final = (
    {
        "type": "value",
        "options": {"0": {"text": "stopped", "color": "text"}, "1": {"text": "running", "color": "green"}},
    },
)


def build(settings: Settings) -> Any:
    """The dashboard of operations."""
    body = [
        *_now(settings),
        *_live(settings),
        *panels.row("Outcomes in the time range", _outcomes()),
        *panels.row("Days and hours", _history()),
        *panels.row("Comparison", _comparison()),
    ]
    return frame(
        "calls", "What happens now, how do calls end, when do they come, and who does well?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (CALLS_INITIATED,)), days=True,
    )  # fmt: skip


def _now(settings: Settings) -> list[Any]:
    active = S.total(ACTIVE_CALLS)
    started = S.rate(CALLS_INITIATED)
    return [
        panels.stat("Active calls", "How many calls are in progress now?", "short", [instant(active)]),
        panels.stat("Queued calls", "How many calls are due and wait to be made?", "short", [instant(S.total(QUEUED_CALLS))], thresholds=rising(settings.thresholds.queued_calls)),
        panels.stat("Calls per minute", "How many calls start each minute?", "cpm", [instant(f"60 * {S.rate(CALLS_INITIATED, window=NOW)}")],
                    decimals=1),
        panels.stat("Concurrent peak", "How many calls ran at once at most, as far as the points of the graph tell?", "short",
                    [instant(f"max_over_time(({active})[$__range:$__interval])")]),
        panels.stat("Peak per second", "What was the highest rate of new calls, as far as the points of the graph tell?", "cps",
                    [instant(f"max_over_time(({started})[$__range:$__interval])")], decimals=2),
        panels.stat("Campaigns running", "How many campaigns run now?", "short", [instant(S.total(CAMPAIGN_STATUS))]),
    ]  # fmt: skip


def _live(settings: Settings) -> list[Any]:
    return [
        panels.timeseries("Active and queued calls", "How busy is it, and does a queue build up?", "short", [
            Query(S.total(ACTIVE_CALLS), "active"), Query(S.total(QUEUED_CALLS), "queued"),
        ], thresholds=rising(settings.thresholds.queued_calls), width=8),
        panels.timeseries("Calls per minute", "Do calls start, get answered and end at the same pace?", "cpm", [
            Query(f"60 * {S.rate(metric)}", name)
            for name, metric in (("started", CALLS_INITIATED), ("answered", CALLS_ANSWERED), ("ended", CALLS_COMPLETED))
        ], width=8),
        panels.timeline("Campaign status", "Which campaign ran when?", "short",
                        [Query(f"max by ({CAMPAIGN.name}) ({promql.selector(CAMPAIGN_STATUS, S.on(CAMPAIGN_STATUS))})",
                               legend(CAMPAIGN))],
                        thresholds=((None, "text"), (1, "green")), mappings=RUNNING, width=8),
    ]  # fmt: skip


def _outcomes() -> list[Any]:
    ended = CALLS_COMPLETED
    return [
        panels.stat("Calls started", "How many calls were dialled or received?", "short", [instant(S.increase(CALLS_INITIATED))],
                    decimals=0),
        panels.stat("Answer rate", "Which share of calls did somebody answer?", "percentunit",
                    [instant(S.kpi(ANSWER_RATE))], decimals=1),
        panels.stat("Completion rate", "Which share of ended calls with a known outcome neither failed nor stayed without answer?",
                    "percentunit", [instant(S.kpi(COMPLETION_RATE))], decimals=1),
        panels.stat("Qualification rate", "Which share of answered calls ended as qualified?", "percentunit",
                    [instant(S.kpi(QUALIFICATION_RATE))], decimals=1),
        panels.stat("Conversion rate", "Which share of all calls started ended as qualified?", "percentunit",
                    [instant(S.kpi(CONVERSION_RATE))], decimals=1),
        panels.stat("Average length", "How long is a call on average?", "s", [instant(S.kpi(AVERAGE_LENGTH))]),
        panels.pie("Outcomes", "How did calls end?", "short", [instant(S.increase(ended, OUTCOME), legend(OUTCOME))]),
        panels.timeseries("Outcomes per minute", "Does the mix of outcomes change?", "cpm",
                          [Query(f"60 * {S.rate(ended, OUTCOME)}", legend(OUTCOME))], stack=True, width=8),
        panels.timeseries("Length of calls", "How long do calls last?", "s", [
            *(Query(S.quantile(q, CALL_DURATION), f"p{q * 100:g}") for q in (0.5, 0.95)), Query(S.mean(CALL_DURATION), "average"),
        ], width=8),
    ]  # fmt: skip


def _history() -> list[Any]:
    daily = S.increase(CALLS_COMPLETED, OUTCOME, window=DAILY)
    hourly = S.increase(CALLS_BY_HOUR, WEEKDAY, HOUR)
    return [
        panels.timeseries("Calls per day by outcome", "How many calls ended on each of the last days, and how?", "short",
                          [Query(daily, legend(OUTCOME))], stack=True, bars=True, interval=DAY, time_from=DAYS),
        panels.timeseries("Rates per day", "Do more people answer and qualify than some days ago?", "percentunit", [
            Query(S.kpi(ANSWER_RATE, window=DAILY), "answered of started"),
            Query(S.kpi(QUALIFICATION_RATE, window=DAILY), "qualified of answered"),
        ], interval=DAY, time_from=DAYS),
        matrix("Peak hours", "On which weekday and at which hour do most calls come?", hourly,
               rows=WEEKDAY, columns=HOUR, names=WEEKDAYS,
               time_from=DAYS, width=16),
        panels.timeseries("Talk time per day", "How long did agents talk in total on each day?", "s",
                          [Query(S.kpi(TALK_TIME, window=DAILY), "talk time")], bars=True, interval=DAY, time_from=DAYS, width=8, height=9),
    ]  # fmt: skip


def _comparison() -> list[Any]:
    table = summary(
        "Agents", "Which agent handles most calls, and with what result?", (TENANT, AGENT), _columns(TENANT, AGENT),
        links=[drill("calls", "pipeline", "Steps of this agent", AGENT, row=True),
               drill("calls", "conversations", "Conversations of this agent", AGENT, row=True)],
    )  # fmt: skip
    return [
        table,
        summary("Campaigns", "Which campaign gives the most qualified calls?", (CAMPAIGN,), _columns(CAMPAIGN), width=12),
        summary("Channels", "Which channel gives the most qualified calls?", (CHANNEL,), _columns(CHANNEL), width=12),
    ]  # fmt: skip


def _columns(*by: Label) -> tuple[Column, ...]:
    return (
        Column("Calls", "short", S.increase(CALLS_INITIATED, *by)),
        Column("Answered", "percentunit", S.kpi(ANSWER_RATE, *by)),
        Column("Qualified", "percentunit", S.kpi(QUALIFICATION_RATE, *by)),
    )
