"""Client: what the agents of one customer did, booked and sounded like, and how much the customer uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.calls import WEEKDAYS
from dashboards.frame import DAYS, SCOPES, drill, floor, frame, rising
from dashboards.query import DAILY, DAY, RANGE, Query, instant, legend
from dashboards.tables import matrix
from exporter.labels import AGENT, FEATURE, HOUR, OUTCOME, WEEKDAY
from exporter.metrics.behaviour import PLAN_LIMIT, PLAN_USED, USAGE_EVENTS
from exporter.metrics.calls import CALL_DURATION, CALLS_BY_HOUR, CALLS_COMPLETED, CALLS_INITIATED
from exporter.metrics.leads import APPOINTMENT_VALUE, APPOINTMENTS_BOOKED, APPOINTMENTS_CANCELLED
from exporter.metrics.pipeline import TURN_LATENCY
from provisioning import promql
from provisioning.kpis import calls, conversations, leads, satisfaction

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["client"]


def build(settings: Settings) -> Any:
    """The dashboard for one customer."""
    body = [
        *panels.row("Call analytics", _calls()),
        *panels.row("Appointment bookings", _bookings(settings)),
        *panels.row("Voice quality", _voice(settings)),
        *panels.row("Usage statistics", _usage()),
    ]
    return frame(
        "client", "What did my agents do, what did they book, how did they sound, and what do I use?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (CALLS_INITIATED,)), days=True, time_from="now-30d",
    )  # fmt: skip


def _calls() -> list[Any]:
    hourly = S.increase(CALLS_BY_HOUR, WEEKDAY, HOUR)
    return [
        panels.stat("Calls", "How many calls were dialled or received?", "short", [instant(S.increase(CALLS_INITIATED))], decimals=0),
        panels.stat("Answer rate", "Which share of calls did somebody answer?", "percentunit", [instant(S.kpi(calls.ANSWER_RATE))], decimals=1),
        panels.stat("Completion rate", "Which share of ended calls with a known outcome neither failed nor stayed without answer?",
                    "percentunit", [instant(S.kpi(calls.COMPLETION_RATE))], decimals=1),
        panels.stat("Qualification rate", "Which share of answered calls ended as qualified?", "percentunit",
                    [instant(S.kpi(calls.QUALIFICATION_RATE))], decimals=1),
        panels.stat("Average length", "How long is a call on average?", "s", [instant(S.kpi(calls.AVERAGE_LENGTH))]),
        panels.stat("Goal success", "Which share of conversations whose result is known reached its goal?", "percentunit",
                    [instant(S.kpi(conversations.GOAL_SUCCESS))], decimals=1),
        panels.timeseries("Calls per day by outcome", "How many calls ended on each of the last days, and how?", "short",
                          [Query(S.increase(CALLS_COMPLETED, OUTCOME, window=DAILY), legend(OUTCOME))], stack=True, bars=True, interval=DAY,
                          time_from=DAYS),
        matrix("Peak hours", "On which weekday and at which hour do most calls come?", hourly, rows=WEEKDAY, columns=HOUR, names=WEEKDAYS,
               time_from=DAYS, width=12, height=8),
    ]  # fmt: skip


def _bookings(settings: Settings) -> list[Any]:
    return [
        panels.stat("Appointments booked", "How many appointments did agents book?", "short", [instant(S.increase(APPOINTMENTS_BOOKED))], decimals=0),
        panels.stat("Booking rate", "Which share of conversations led to an appointment?", "percentunit",
                    [instant(S.kpi(leads.BOOKING_RATE))], thresholds=floor(settings.thresholds.booking_rate), decimals=1),
        panels.stat("Value of appointments", "What are the booked appointments worth?", "currencyUSD",
                    [instant(S.increase(APPOINTMENT_VALUE))], decimals=0),
        panels.stat("Kept appointments", "Which share of the appointments of the time range was kept?", "percentunit",
                    [instant(S.kpi(leads.KEPT_RATE))], decimals=1),
        panels.timeseries("Appointments per day", "How many appointments were booked and cancelled on each day?", "short", [
            Query(S.increase(APPOINTMENTS_BOOKED, window=DAILY), "booked"), Query(S.increase(APPOINTMENTS_CANCELLED, window=DAILY), "cancelled"),
        ], bars=True, interval=DAY, time_from=DAYS, width=8, height=4),
    ]  # fmt: skip


def _voice(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Voice quality", "How good does the line sound on average, from 1 (bad) to 5 (excellent)?", "none",
                    [instant(S.kpi(calls.VOICE_QUALITY))], decimals=2),
        panels.stat("Transcription accuracy", "Which share of words is understood?", "percentunit",
                    [instant(S.kpi(calls.TRANSCRIPTION_ACCURACY))], decimals=1),
        panels.stat("Response time, p95", "How long do 19 of 20 people wait at most until the agent answers?", "s",
                    [instant(S.quantile(0.95, TURN_LATENCY, window=RANGE))], thresholds=rising(limits.response_time_seconds)),
        panels.stat("Average sentiment", "How good is the feeling in conversations, from 0 (bad) to 1 (good)?", "none",
                    [instant(S.kpi(satisfaction.SENTIMENT))], decimals=2),
        panels.timeseries("Voice quality by day", "Does the quality of the voice change?", "none",
                          [Query(S.kpi(calls.VOICE_QUALITY, window=DAILY), "voice quality")], interval=DAY, time_from=DAYS, maximum=5, width=8,
                          height=4),
    ]  # fmt: skip


def _usage() -> list[Any]:
    minutes = f"sum(increase({promql.selector(CALL_DURATION, S.on(CALL_DURATION), CALL_DURATION.sum)}[{DAILY}])) / 60"
    return [
        panels.bargauge("Use of the plan", "How much of what the plan includes is used in this month, and how much is included?", "short", [
            instant(S.total(PLAN_USED, *PLAN_USED.labels[1:]), f"used: {legend(*PLAN_USED.labels[1:])}"),
            instant(S.total(PLAN_LIMIT, *PLAN_LIMIT.labels[1:]), f"included: {legend(*PLAN_LIMIT.labels[1:])}"),
        ]),
        panels.timeseries("Minutes per day", "How long did agents talk on each day?", "m", [Query(minutes, "minutes")], bars=True, interval=DAY,
                          time_from=DAYS, width=8),
        panels.pie("Features in use", "Which features of the product are used?", "short",
                   [instant(S.increase(USAGE_EVENTS, FEATURE), legend(FEATURE))]),
        panels.bargauge("Calls by agent", "Which agent handles most calls?", "short",
                        [instant(f"topk(10, {S.increase(CALLS_INITIATED, AGENT)})", legend(AGENT))], width=24, height=7,
                        links=[drill("client", "calls", "Calls of this agent", AGENT)]),
    ]  # fmt: skip
