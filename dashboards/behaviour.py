"""Behaviour: who uses the product, which features, along which ways, and how near customers are to what their plans allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.calls import WEEKDAYS
from dashboards.frame import DAYS, SCOPES, drill, frame, rising
from dashboards.query import DAILY, DAY, RANGE, Query, Scope, instant, legend
from dashboards.tables import Column, matrix, summary
from exporter.labels import AGE, COHORT, EVENT, FEATURE, HOUR, KIND, PERIOD, PLAN, TENANT, WEEKDAY
from exporter.metrics.behaviour import (
    ACTIVE_USERS,
    COHORT_USERS,
    FEATURE_DURATION,
    FEATURE_USERS,
    PLAN_LIMIT,
    PLAN_USED,
    SESSIONS,
    USAGE_BY_HOUR,
    USAGE_EVENTS,
)  # fmt: skip
from provisioning import promql
from provisioning.kpis.behaviour import (
    ADOPTION,
    ENGAGEMENT,
    JOURNEYS,
    PLAN_USAGE,
    RETENTION,
    STICKINESS,
    TIME_ON_FEATURE,
    USAGE_GROWTH,
    VISIT_LENGTH,
    WAYS,
)  # fmt: skip

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["behaviour"]
WHOLE: Final = Scope((TENANT, PLAN))
"""Ways lead through every feature, so a choice of features would cut them."""


def build(settings: Settings) -> Any:
    """The dashboard of how people use the product."""
    body = [
        *_now(),
        *panels.row("Plans in this calendar month", _plans(settings)),
        *panels.row("Features in the time range", _features()),
        *panels.row("Ways through the product", _ways()),
        *panels.row("When, and who comes back", _times()),
    ]
    return frame(
        "behaviour", "Who uses what, along which ways, and how near are customers to what their plans allow?", body=body,
        settings=settings, sources=dict.fromkeys(S.labels, (USAGE_EVENTS,)), time_from="now-7d", days=True,
    )  # fmt: skip


def _now() -> list[Any]:
    week = {PERIOD: "week"}
    return [
        panels.stat("People in a week", "How many people used the product in the last 7 days?", "short",
                    [instant(S.total(ACTIVE_USERS, where=week))]),
        panels.stat("Visits in a week", "How often did people come in the last 7 days?", "short",
                    [instant(S.total(SESSIONS, where=week))]),
        panels.stat("Came back", "Which share of the people of the week before came again in the last 7 days?", "percentunit",
                    [instant(S.kpi(RETENTION))]),
        panels.stat("Stickiness", "Which share of the people of the last 30 days came in the last 24 hours?", "percentunit",
                    [instant(S.kpi(STICKINESS))]),
        panels.stat("Uses", "How often was a feature used in the time range?", "short", [instant(S.increase(USAGE_EVENTS))], decimals=0),
        panels.stat("Time on a feature", "How long is a feature used at a time?", "s", [instant(S.kpi(TIME_ON_FEATURE))]),
        summary("People and visits", "How many people and visits were there in the last day, week and month, and how engaged are they?", (PERIOD,), (
            Column("People", "short", S.total(ACTIVE_USERS, PERIOD)),
            Column("Visits", "short", S.total(SESSIONS, PERIOD)),
            Column("Engaged", "percentunit", S.kpi(ENGAGEMENT, PERIOD)),
            Column("Length", "s", S.kpi(VISIT_LENGTH, PERIOD)),
        ), height=6),
    ]  # fmt: skip


def _plans(settings: Settings) -> list[Any]:
    by = (TENANT, PLAN, KIND)
    limit = rising(settings.thresholds.plan_usage)
    return [
        panels.bargauge("Nearest to the limit", "Which customers have used most of what their plan allows?", "percentunit",
                        [instant(f"topk(12, {S.kpi(PLAN_USAGE, *by)})", legend(*by))], thresholds=limit, maximum=1, width=10, height=9),
        summary("Plan usage", "What have customers used of what their plans allow?", by, (
            Column("Used", "percentunit", S.kpi(PLAN_USAGE, *by), limit),
            Column("Amount", "short", S.total(PLAN_USED, *by)),
            Column("Allowed", "short", S.total(PLAN_LIMIT, *by)),
        ), width=14, links=[drill("behaviour", "conversations", "Conversations of this customer", TENANT, row=True),
                            drill("behaviour", "calls", "Calls of this customer", TENANT, row=True)]),
        panels.timeseries("Use compared with a week ago", "Who has many more or far fewer conversations than on the same day a week ago?",
                          "percentunit", [Query(S.kpi(USAGE_GROWTH, TENANT, window=DAILY), legend(TENANT))], width=24, interval=DAY, time_from=DAYS,
                          thresholds=((None, "orange"), (settings.thresholds.usage_low, "green"), (settings.thresholds.usage_spike, "orange"))),
    ]  # fmt: skip


def _features() -> list[Any]:
    return [
        summary("Features", "Which features are used, by how many people, and for how long?", (FEATURE,), (
            Column("Uses", "short", S.increase(USAGE_EVENTS, FEATURE)),
            Column("People in 30 days", "short", S.total(FEATURE_USERS, FEATURE)),
            Column("Adopted by", "percentunit", S.kpi(ADOPTION, FEATURE)),
            Column("Time at a time", "s", S.kpi(TIME_ON_FEATURE, FEATURE)),
        ), width=12, links=[drill("behaviour", "behaviour", "Only this feature", FEATURE, row=True)]),
        panels.timeseries("Uses per day by feature", "Which features gain or lose?", "short",
                          [Query(S.increase(USAGE_EVENTS, FEATURE, window=DAILY), legend(FEATURE))], stack=True, bars=True, interval=DAY,
                          time_from=DAYS, height=9),
        panels.pie("What is done", "Do people only look, or do they act?", "short",
                   [instant(S.increase(USAGE_EVENTS, EVENT), legend(EVENT))]),
        panels.timeseries("Time on a feature per day", "Do people need more or less time for a feature?", "s",
                          [Query(S.kpi(TIME_ON_FEATURE, FEATURE, window=DAILY), legend(FEATURE))], interval=DAY, time_from=DAYS, width=8),
        panels.bargauge("Time spent by feature", "On which features is most time spent?", "s",
                        [instant(f"sort_desc({_spent()})", legend(FEATURE))], width=8),
    ]  # fmt: skip


def _spent() -> str:
    series = promql.selector(FEATURE_DURATION, S.on(FEATURE_DURATION), FEATURE_DURATION.sum)
    return f"sum by ({FEATURE.name}) (increase({series}[{RANGE}]))"


def _ways() -> list[Any]:
    return [
        panels.table("From feature to feature", "Where do people go next?", "none", [WHOLE.rows(JOURNEYS)], width=14),
        panels.table("Whole ways", "Which ways do visits take?", "none", [WHOLE.rows(WAYS)], width=10),
    ]  # fmt: skip


def _times() -> list[Any]:
    hourly = S.increase(USAGE_BY_HOUR, WEEKDAY, HOUR)
    cohorts = S.total(COHORT_USERS, COHORT, AGE)
    return [
        matrix("Hours of use", "On which weekday and at which hour is the product used most?", hourly, rows=WEEKDAY, columns=HOUR,
               names=WEEKDAYS, time_from=DAYS, width=24),
        matrix("Cohorts", "Of the people who began in a month, how many still came so many months later?", cohorts, rows=COHORT,
               columns=AGE, names={}, width=14),
        panels.timeseries("People over time", "Do more people come than some days ago?", "short",
                          [Query(S.total(ACTIVE_USERS, PERIOD), legend(PERIOD))], width=10, height=9),
    ]  # fmt: skip
