"""Formulas of behaviour."""

from typing import Final

from exporter.entities.behaviour import USAGE_EVENT
from exporter.labels import PERIOD
from exporter.metrics.behaviour import (
    ACTIVE_USERS,
    ENGAGED_SESSIONS,
    FEATURE_DURATION,
    FEATURE_USERS,
    FORMER_USERS,
    PLAN_LIMIT,
    PLAN_USED,
    RETURNED_USERS,
    SESSION_SECONDS,
    SESSIONS,
)  # fmt: skip
from exporter.metrics.conversations import CONVERSATIONS_STARTED
from provisioning import promql
from provisioning.kpi import Asked, Kpi

NO_USERS: Final = "Without people who used the product there is no answer."


def _adoption(ask: Asked) -> str:
    """Every feature is divided by the same number of people."""
    shared = tuple(label for label in ask.by if label in ACTIVE_USERS.labels)
    people = promql.total(ACTIVE_USERS, shared, ask.of(ACTIVE_USERS, {PERIOD: "month"}))
    return f"{ask.total(FEATURE_USERS)} / on ({', '.join(label.name for label in shared)}) group_left () ({people} > 0)"


def week_ago(ask: Asked) -> str:
    """Conversations of the same window a week ago."""
    series = promql.selector(CONVERSATIONS_STARTED, ask.of(CONVERSATIONS_STARTED))
    return f"sum{promql.by(CONVERSATIONS_STARTED, ask.by)} (increase({series}[{ask.window}] offset 1w))"


STICKINESS: Final = Kpi(
    name="stickiness",
    title="Stickiness",
    meaning="Share of the people of the last 30 days who came in the last 24 hours.",
    unit="percentunit",
    formula="people of the last day / people of the last 30 days",
    unknown=NO_USERS,
    domain="behaviour",
    codes=("B1",),
    metrics=(ACTIVE_USERS,),
    expression=lambda ask: ask.ratio(
        ask.total(ACTIVE_USERS, {PERIOD: "day"}), ask.total(ACTIVE_USERS, {PERIOD: "month"})
    ),
)
RETENTION: Final = Kpi(
    name="user_retention",
    title="Retention of users",
    meaning="Share of the people of the week before the last 7 days who came again in the last 7 days.",
    unit="percentunit",
    formula="people of both weeks / people of the week before",
    unknown="Without people in the week before there is no answer.",
    domain="behaviour",
    codes=("B1", "Q2"),
    metrics=(RETURNED_USERS, FORMER_USERS),
    expression=lambda ask: ask.ratio(
        ask.total(RETURNED_USERS, {PERIOD: "week"}), ask.total(FORMER_USERS, {PERIOD: "week"})
    ),
)
ADOPTION: Final = Kpi(
    name="feature_adoption",
    title="Feature adoption",
    meaning="Share of the people of the last 30 days who used a feature in them.",
    unit="percentunit",
    formula="people who used the feature / people who used the product, in the last 30 days",
    unknown=NO_USERS,
    domain="behaviour",
    codes=("B1", "Q2"),
    metrics=(FEATURE_USERS, ACTIVE_USERS),
    expression=_adoption,
)
ENGAGEMENT: Final = Kpi(
    name="engagement",
    title="Engaged visits",
    meaning="Share of the visits of a day, week or month with at least two features, or with more than a look at a page.",
    unit="percentunit",
    formula="engaged visits / visits that began in the period",
    unknown="Without visits in the period there is no answer.",
    domain="behaviour",
    codes=("B1",),
    metrics=(ENGAGED_SESSIONS, SESSIONS),
    expression=lambda ask: ask.ratio(ask.total(ENGAGED_SESSIONS), ask.total(SESSIONS)),
)
VISIT_LENGTH: Final = Kpi(
    name="visit_length",
    title="Length of a visit",
    meaning="Mean length of the visits of a day, week or month, from the first use to the end of the last.",
    unit="s",
    formula="length of all visits / visits that began in the period",
    unknown="Without visits in the period there is no answer.",
    domain="behaviour",
    codes=("B1",),
    metrics=(SESSION_SECONDS, SESSIONS),
    expression=lambda ask: ask.ratio(ask.total(SESSION_SECONDS), ask.total(SESSIONS)),
)
TIME_ON_FEATURE: Final = Kpi(
    name="time_on_feature",
    title="Time on a feature",
    meaning="Mean length of one use of a feature.",
    unit="s",
    formula="length of all uses / uses whose length is known",
    unknown="Without uses whose length is known there is no answer.",
    domain="behaviour",
    codes=("B1",),
    metrics=(FEATURE_DURATION,),
    expression=lambda ask: ask.mean(FEATURE_DURATION),
)
PLAN_USAGE: Final = Kpi(
    name="plan_usage",
    title="Plan usage",
    meaning="Share of what a plan allows in this calendar month that is used.",
    unit="percentunit",
    formula="used in the calendar month / allowed by the plan in force; seats are people who used the product",
    unknown="Without a plan, or where the plan has no limit of this kind, there is no answer.",
    domain="behaviour",
    codes=("B1", "N1", "N2"),
    metrics=(PLAN_USED, PLAN_LIMIT),
    expression=lambda ask: ask.ratio(ask.total(PLAN_USED), ask.total(PLAN_LIMIT)),
)
USAGE_GROWTH: Final = Kpi(
    name="usage_compared",
    title="Usage compared with a week ago",
    meaning="Conversations that began in the window by those of the same window a week ago.",
    unit="percentunit",
    formula="conversations started / conversations started in the same hours of the week before",
    unknown="Without conversations a week ago there is no answer.",
    domain="behaviour",
    codes=("N2",),
    metrics=(CONVERSATIONS_STARTED,),
    expression=lambda ask: ask.ratio(ask.increase(CONVERSATIONS_STARTED), week_ago(ask)),
)
JOURNEYS: Final = Kpi(
    name="journeys",
    title="Journeys",
    meaning="From which feature to which people go next within a visit.",
    unit="short",
    formula="visits and steps by feature and the one used next in the same visit, the first 20 pairs by steps",
    unknown="Without two uses in one visit in the time range there is no row.",
    domain="behaviour",
    codes=("B1",),
    entity=USAGE_EVENT,
    sql="""SELECT feature AS "From", next AS "To", count(*) AS "Steps", count(DISTINCT number) AS "Visits",
    round(100 * count(*) / sum(count(*)) OVER (PARTITION BY feature), 1) AS "Share of steps from there %",
    round((percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds))::numeric, 1) AS "Median seconds between"
FROM (
    SELECT dense_rank() OVER (ORDER BY tenant, session) AS number, feature, lead(feature) OVER visit AS next,
        extract(epoch FROM lead(occurred_at) OVER visit - occurred_at) AS seconds
    FROM USAGE_VIEW WHERE $__timeFilter(occurred_at) AND session <> '' AND {where}
    WINDOW visit AS (PARTITION BY tenant, session ORDER BY occurred_at)
) steps WHERE next IS NOT NULL GROUP BY feature, next ORDER BY count(*) DESC, feature, next LIMIT 20""".replace(
        "USAGE_VIEW", USAGE_EVENT.view
    ),
)
WAYS: Final = Kpi(
    name="ways",
    title="Whole ways",
    meaning="The ways that visits take from the first feature to the last.",
    unit="short",
    formula="visits by the row of features that were used in them, the first 10 by visits",
    unknown="Without visits in the time range there is no row.",
    domain="behaviour",
    codes=("B1",),
    entity=USAGE_EVENT,
    sql="""SELECT way AS "Way", count(*) AS "Visits", round(100 * count(*) / sum(count(*)) OVER (), 1) AS "Share of visits %"
FROM (
    SELECT string_agg(feature, ' → ' ORDER BY occurred_at) AS way FROM USAGE_VIEW
    WHERE $__timeFilter(occurred_at) AND session <> '' AND {where} GROUP BY tenant, session
) visits GROUP BY way ORDER BY count(*) DESC, way LIMIT 10""".replace("USAGE_VIEW", USAGE_EVENT.view),
)

KPIS: Final[tuple[Kpi, ...]] = (
    STICKINESS, RETENTION, ADOPTION, ENGAGEMENT, VISIT_LENGTH, TIME_ON_FEATURE, PLAN_USAGE, USAGE_GROWTH, JOURNEYS, WAYS,
)  # fmt: skip
