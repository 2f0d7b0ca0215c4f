"""Leads: how many come and convert, the way from a call to an appointment, campaigns, and what is to be done next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.calls import RUNNING
from dashboards.frame import DAYS, SCOPES, drill, floor, frame
from dashboards.query import DAILY, DAY, WEEKLY, Query, Sql, buckets, instant, legend
from dashboards.tables import Column, bars, summary
from exporter.entities.calls import SCHEDULED_CALL
from exporter.entities.leads import LEAD
from exporter.labels import CAMPAIGN, CHANNEL, TENANT
from exporter.metric import Metric
from exporter.metrics.calls import CALLS_ANSWERED, CALLS_INITIATED, CAMPAIGN_STATUS, QUEUED_CALLS
from exporter.metrics.leads import (
    APPOINTMENT_VALUE,
    APPOINTMENTS_BOOKED,
    APPOINTMENTS_CANCELLED,
    APPOINTMENTS_KEPT,
    CALLS_MADE,
    CALLS_PLANNED,
    LEAD_QUALITY,
    LEADS_CONTACTED,
    LEADS_CONVERTED,
    LEADS_CREATED,
    LEADS_OPEN,
    LEADS_WAITING,
    PIPELINE_VALUE,
)  # fmt: skip
from provisioning import promql
from provisioning.kpi import Kpi
from provisioning.kpis import leads as kpis

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["leads"]
HAPPENED: Final = (
    ("created_at", "came in", "true"), ("contacted_at", "contacted", "true"), ("converted_at", "converted", "true"),
    ("closed_at", "lost", "converted_at IS NULL"),
)  # fmt: skip
"""What may happen to a lead: its time, its word, and a further condition."""


def _activity() -> str:
    """The newest of each kind come from its index; the newest of all are among them."""
    newest = " UNION ALL ".join(
        f"(SELECT {at} AS happened, '{what}' AS what, * FROM {LEAD.view} "
        f"WHERE $__timeFilter({at}) AND {further} AND {S.where(LEAD)} ORDER BY {at} DESC LIMIT 100)"
        for at, what, further in HAPPENED
    )
    return (
        'SELECT happened AS "When", what AS "What", lead AS "Lead", name AS "Name", tenant, campaign, channel, '
        f'status AS "Status now" FROM ({newest}) AS activity ORDER BY happened DESC LIMIT 100'
    )


NEXT: Final = """SELECT next_action_at AS "Due", next_action AS "What", lead AS "Lead", name AS "Name", email AS "E-mail", tenant, campaign,
    quality_score AS "Quality", pipeline_value AS "Worth $"
FROM watchfloor.lead WHERE closed_at IS NULL AND next_action IS NOT NULL AND do_not_call IS NOT TRUE AND {where}
ORDER BY next_action_at NULLS LAST LIMIT 100"""
SCHEDULED: Final = """SELECT due_at AS "Due", tenant, campaign, CASE WHEN due_at <= now() THEN 'waits' ELSE 'planned' END AS "State"
FROM watchfloor.scheduled_call WHERE left_queue_at IS NULL AND {where} ORDER BY due_at LIMIT 100"""


def build(settings: Settings) -> Any:
    """The dashboard of what may become business."""
    body = [
        *_range(settings),
        *_way(settings),
        *panels.row("Campaigns", _campaigns()),
        *panels.row("Comparison", _comparison()),
        *panels.row("What happened, and what comes next", _rows()),
    ]
    return frame(
        "leads", "How many leads come and convert, where are they lost, how far are campaigns, and what comes next?", body=body,
        settings=settings, sources=dict.fromkeys(S.labels, (LEADS_CREATED,)), days=True, time_from="now-7d",
    )  # fmt: skip


def _range(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Leads", "How many leads came in?", "short", [instant(S.kpi(kpis.LEADS))], decimals=0),
        panels.stat("Conversion rate", "How many leads became customers for each that came in?", "percentunit",
                    [instant(S.kpi(kpis.CONVERSION_RATE))], decimals=1),
        panels.stat("Booking rate", "Which share of the ended calls booked an appointment?", "percentunit",
                    [instant(S.kpi(kpis.BOOKING_RATE))], decimals=1, thresholds=floor(limits.booking_rate),
                    links=[drill("leads", "calls", "Calls")]),
        panels.stat("Value of the pipeline", "What are the open leads worth if all of them convert?", "currencyUSD",
                    [instant(S.kpi(kpis.PIPELINE))], decimals=0),
        panels.stat("Follow-up rate", "How many leads were first contacted for each that came in?", "percentunit",
                    [instant(S.kpi(kpis.FOLLOW_UP_RATE))], decimals=1),
        panels.stat("Quality of leads", "How promising are the leads that came in, from 0 to 100?", "none",
                    [instant(S.kpi(kpis.QUALITY))], decimals=1),
        panels.stat("Valid and do-not-call", "Which share of checked leads has the right contact details, and which share of all must not "
                    "be called?", "percentunit", [
                        instant(S.kpi(kpis.VALID_RATE), "valid"), instant(S.kpi(kpis.DO_NOT_CALL_RATE), "do not call"),
                    ], decimals=1, width=8),
        panels.stat("Open leads", "How many leads are open now, and how many of all wait for a first contact?", "short", [
            instant(S.total(LEADS_OPEN), "open"), instant(S.total(LEADS_WAITING), "wait"),
        ], decimals=0, width=8),
        panels.stat("Kept appointments", "How many appointments were kept for each that was booked?", "percentunit",
                    [instant(S.kpi(kpis.KEPT_RATE))], decimals=1, width=8),
    ]  # fmt: skip


def _stage(stage: Metric | Kpi) -> str:
    return f"round({S.kpi(stage)})" if isinstance(stage, Kpi) else S.increase(stage)


def _way(settings: Settings) -> list[Any]:
    benchmark = settings.benchmarks.conversion_rate
    line = () if benchmark is None else (Query(f"{benchmark:g}", "benchmark"),)
    daily = {"came in": LEADS_CREATED, "contacted": LEADS_CONTACTED, "converted": LEADS_CONVERTED}
    return [
        panels.bargauge("From call to appointment", "Where are people lost on the way from a call to an appointment that is kept? A funnel "
                        "as bars, from the first stage to the last: each counts what reached it in the time range.", "short",
                        [instant(_stage(stage), name) for name, stage in kpis.STAGES], decimals=0, width=12),
        panels.timeseries("Leads per day", "How many leads came in, were contacted and converted on each day?", "short",
                          [Query(S.increase(metric, window=DAILY), name) for name, metric in daily.items()], bars=True, interval=DAY,
                          time_from=DAYS),
        panels.timeseries("Rates over the last 7 days", "Do leads convert, and calls book, more often than some days ago?", "percentunit", [
            Query(S.kpi(kpis.CONVERSION_RATE, window=WEEKLY), "conversion"), Query(S.kpi(kpis.BOOKING_RATE, window=WEEKLY), "booking"), *line,
        ], interval=DAY, time_from=DAYS, width=8),
        panels.timeseries("Value of the pipeline over time", "Does the pipeline grow?", "currencyUSD",
                          [Query(S.total(PIPELINE_VALUE), "open leads")], interval=DAY, time_from=DAYS, width=8),
        panels.heatmap("Quality of leads over time", "How promising are the leads that come in?", "none",
                       [buckets(LEAD_QUALITY, S.on(LEAD_QUALITY))], width=8),
        panels.timeseries("Appointments per day", "How many appointments were booked, kept and called off on each day?", "short", [
            Query(S.increase(APPOINTMENTS_BOOKED, window=DAILY), "booked"), Query(S.increase(APPOINTMENTS_KEPT, window=DAILY), "kept"),
            Query(S.increase(APPOINTMENTS_CANCELLED, window=DAILY), "called off"),
        ], bars=True, interval=DAY, time_from=DAYS, width=24),
    ]  # fmt: skip


def _campaigns() -> list[Any]:
    by = (TENANT, CAMPAIGN)
    return [
        summary(
            "Campaigns", "How far is each campaign that has not ended, and what did it bring in the time range?", by, (
                Column("Progress", "percentunit", S.kpi(kpis.PROGRESS, *by)),
                Column("Made", "short", S.total(CALLS_MADE, *by)), Column("Planned", "short", S.total(CALLS_PLANNED, *by)),
                Column("Calls", "short", S.increase(CALLS_INITIATED, *by)),
                Column("Answered", "percentunit", S.ratio(CALLS_ANSWERED, CALLS_INITIATED, *by)),
                Column("Qualified", "short", S.kpi(kpis.QUALIFIED_CALLS, *by)),
                Column("Booked", "short", S.increase(APPOINTMENTS_BOOKED, *by)),
                Column("Booked value", "currencyUSD", S.increase(APPOINTMENT_VALUE, *by)),
                Column("Leads", "short", S.kpi(kpis.LEADS, *by)),
            ), links=[drill("leads", "calls", "Calls of this campaign", CAMPAIGN, row=True)],
        ),
        panels.timeline("Campaign status", "Which campaign ran when?", "short",
                        [Query(f"max by ({CAMPAIGN.name}) ({promql.selector(CAMPAIGN_STATUS, S.on(CAMPAIGN_STATUS))})", legend(CAMPAIGN))],
                        thresholds=((None, "text"), (1, "green")), mappings=RUNNING, width=16),
        panels.bargauge("Calls that wait", "How many scheduled calls are due, by campaign?", "short",
                        [instant(f"sort_desc({S.total(QUEUED_CALLS, CAMPAIGN)})", legend(CAMPAIGN))]),
    ]  # fmt: skip


def _comparison() -> list[Any]:
    stages = {"came in": LEADS_CREATED, "contacted": LEADS_CONTACTED, "converted": LEADS_CONVERTED}
    return [
        *_tables(),
        bars("Leads by channel", "How many leads does each channel bring, and how many get further?", "short", CHANNEL,
             {name: S.increase(metric, CHANNEL) for name, metric in stages.items()}, decimals=0, width=24),
    ]  # fmt: skip


def _tables() -> list[Any]:
    return [
        summary(title, question, (label,), (
            Column("Leads", "short", S.kpi(kpis.LEADS, label)), Column("Valid", "percentunit", S.kpi(kpis.VALID_RATE, label)),
            Column("Contacted", "percentunit", S.kpi(kpis.FOLLOW_UP_RATE, label)),
            Column("Converted", "percentunit", S.kpi(kpis.CONVERSION_RATE, label)),
            Column("Pipeline", "currencyUSD", S.kpi(kpis.PIPELINE, label)),
        ), width=12)
        for title, question, label in (
            ("Tenants", "Which tenant gets most leads, and what becomes of them?", TENANT),
            ("Channels", "Which channel gives most leads, and what becomes of them?", CHANNEL),
        )
    ]  # fmt: skip


def _rows() -> list[Any]:
    return [
        panels.table("Lead activity", "What happened last to leads in the time range? Names are hidden unless personal data is shown.", "none",
                     [Sql(_activity())], width=24),
        panels.table("Next actions", "What is to be done next, the most urgent first? Names and addresses are hidden unless personal data is "
                     "shown.", "none", [Sql(NEXT.format(where=S.where(LEAD)))], width=14),
        panels.table("Scheduled calls", "Which calls wait or are planned?", "none",
                     [Sql(SCHEDULED.format(where=S.where(SCHEDULED_CALL)))], width=10),
    ]  # fmt: skip
