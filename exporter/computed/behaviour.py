"""Computations of behaviour: people and visits, each counted once, cohorts, and what is used of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from exporter.computed.conversations import EVERY, PERIODS
from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.behaviour import PLAN_LIMIT, PLAN_PERIOD, USAGE_EVENT
from exporter.entities.calls import CALL
from exporter.entities.conversations import CONVERSATION
from exporter.metrics import behaviour as metrics

DOMAIN: Final = "behaviour"
AT: Final = USAGE_EVENT["occurred_at"]
DAY: Final = 86400
MONTHS: Final = 12
"""Cohorts that are followed."""

USERS: Final = """
SELECT tenant, SUM(present), SUM(earlier), SUM(present * earlier) FROM (
    SELECT tenant, person, MAX(CASE WHEN occurred_at > :edge THEN 1 ELSE 0 END) AS present,
        MAX(CASE WHEN occurred_at > :edge THEN 0 ELSE 1 END) AS earlier
    FROM {used} WHERE person IS NOT NULL AND person <> '' GROUP BY tenant, person
) AS seen GROUP BY tenant
"""
FEATURES: Final = """
SELECT tenant, feature, COUNT(DISTINCT person) FROM {used} WHERE person IS NOT NULL AND person <> '' GROUP BY tenant, feature
"""
# A visit belongs to the period in which it began; one that began before the rows read did is left out by the first HAVING.
SESSIONS: Final = """
SELECT tenant, COUNT(*), SUM(CASE WHEN features > 1 OR deeds > 0 THEN 1 ELSE 0 END), SUM(seconds) FROM (
    SELECT tenant, session, COUNT(DISTINCT feature) AS features,
        SUM(CASE WHEN event IS NOT NULL AND event <> 'page_view' THEN 1 ELSE 0 END) AS deeds,
        MAX(occurred_at + COALESCE(duration, 0)) - MIN(occurred_at) AS seconds
    FROM {used} WHERE session IS NOT NULL AND session <> '' GROUP BY tenant, session HAVING MIN(occurred_at) > :edge
) AS visits GROUP BY tenant
"""
COHORTS: Final = """
WITH used AS (
    SELECT COALESCE(tenant, '') AS tenant, person, CASE LADDER END AS month FROM {used}
    WHERE person IS NOT NULL AND person <> '' GROUP BY 1, 2, 3
)
SELECT used.tenant, began.month, used.month, COUNT(*) FROM used
JOIN (SELECT tenant, person, MIN(month) AS month FROM used GROUP BY tenant, person) AS began
    ON began.tenant = used.tenant AND began.person = used.person
WHERE began.month >= 0 GROUP BY used.tenant, began.month, used.month
"""
PLANS: Final = """
SELECT held.tenant, held.plan, allowed.calls, allowed.conversations, allowed.seats FROM {held}
JOIN {allowed} ON allowed.plan = held.plan
WHERE held.started_at <= :now AND (held.ended_at IS NULL OR held.ended_at > :now) ORDER BY held.started_at
"""
COUNTS: Final = {
    "calls": (CALL, "initiated_at", "SELECT tenant, COUNT(*) FROM {rows} GROUP BY tenant"),
    "conversations": (CONVERSATION, "started_at", "SELECT tenant, COUNT(*) FROM {rows} GROUP BY tenant"),
    "seats": (USAGE_EVENT, "occurred_at", "SELECT tenant, COUNT(DISTINCT person) FROM {rows} GROUP BY tenant"),
}
"""What plans limit, and the statement that counts it."""


def _users(period: str) -> Callable[[Facts], Iterator[Value]]:
    days = PERIODS[period]

    def run(facts: Facts) -> Iterator[Value]:
        edge = facts.now - DAY * days
        used = facts.of(USAGE_EVENT, AT, since=timedelta(days=2 * days))
        for tenant, active, former, returned in facts.read(USERS, used=used, edge=edge):
            yield Value(metrics.ACTIVE_USERS, (tenant, period), active)
            yield Value(metrics.FORMER_USERS, (tenant, period), former)
            yield Value(metrics.RETURNED_USERS, (tenant, period), returned)
        used = facts.of(USAGE_EVENT, AT, since=timedelta(days=days + 1))
        for tenant, visits, engaged, seconds in facts.read(SESSIONS, used=used, edge=edge):
            yield Value(metrics.SESSIONS, (tenant, period), visits)
            yield Value(metrics.ENGAGED_SESSIONS, (tenant, period), engaged)
            yield Value(metrics.SESSION_SECONDS, (tenant, period), seconds)

    return run


def _features(facts: Facts) -> Iterator[Value]:
    used = facts.of(USAGE_EVENT, AT, since=timedelta(days=PERIODS["month"]))
    for tenant, feature, people in facts.read(FEATURES, used=used):
        yield Value(metrics.FEATURE_USERS, (tenant, feature), people)


def months(now: datetime, zone: str, count: int) -> list[datetime]:
    """The beginnings of the last months in a zone, this month's last."""
    local = now.astimezone(ZoneInfo(zone))
    numbers = range(local.year * 12 + local.month - count, local.year * 12 + local.month)
    return [datetime(number // 12, number % 12 + 1, 1, tzinfo=ZoneInfo(zone)) for number in numbers]


def _cohorts(facts: Facts) -> Iterator[Value]:
    """People by the month in which they were first seen; those from before the months that are followed are in none."""
    begins = months(facts.instant, facts.settings.time_zone, MONTHS)
    steps = [f"WHEN occurred_at < {begin.timestamp():.0f} THEN {index - 1}" for index, begin in enumerate(begins)]
    ladder = f"{' '.join(steps)} ELSE {MONTHS - 1}"
    for tenant, began, month, people in facts.read(COHORTS.replace("LADDER", ladder), used=facts.of(USAGE_EVENT, AT)):
        yield Value(metrics.COHORT_USERS, (tenant, f"{begins[began]:%Y-%m}", f"{month - began:02d}"), people)


def _plans(facts: Facts) -> Iterator[Value]:
    """A plan without a limit has no value; nor has a kind of use that is not mapped."""
    (begin,) = months(facts.instant, facts.settings.time_zone, 1)
    used: dict[str, dict[str, int]] = {}
    for kind, (entity, at, statement) in COUNTS.items():
        needed = ("tenant", at, "person") if kind == "seats" else ("tenant", at)
        if facts.has(entity, *needed):
            rows = facts.of(entity, entity[at], since=begin)
            used[kind] = {row[0]: row[1] for row in facts.read(statement, rows=rows)}
    held = facts.read(PLANS, held=facts.of(PLAN_PERIOD), allowed=facts.of(PLAN_LIMIT), now=facts.now)
    latest = {tenant: (plan, limits) for tenant, plan, *limits in held}
    for tenant, (plan, limits) in latest.items():
        for kind, limit in zip(COUNTS, limits, strict=True):
            if kind in used and limit is not None:
                yield Value(metrics.PLAN_USED, (tenant, plan, kind), used[kind].get(tenant, 0))
                yield Value(metrics.PLAN_LIMIT, (tenant, plan, kind), limit)


PEOPLE: Final = (metrics.ACTIVE_USERS, metrics.FORMER_USERS, metrics.RETURNED_USERS)
VISITS: Final = (metrics.SESSIONS, metrics.ENGAGED_SESSIONS, metrics.SESSION_SECONDS)
WHO: Final = ("tenant", "person", "occurred_at")

COMPUTATIONS: Final[tuple[Computation, ...]] = (
    *(
        Computation(
            f"usage_{period}",
            DOMAIN,
            (*PEOPLE, *VISITS),
            {USAGE_EVENT: (*WHO, "session", "feature")},
            _users(period),
            every=EVERY[period],
            timeout=60.0,
        )
        for period in PERIODS
    ),
    Computation(
        "feature_users",
        DOMAIN,
        (metrics.FEATURE_USERS,),
        {USAGE_EVENT: (*WHO, "feature")},
        _features,
        every=1800.0,
        timeout=60.0,
    ),
    Computation(
        "usage_cohorts", DOMAIN, (metrics.COHORT_USERS,), {USAGE_EVENT: WHO}, _cohorts, every=3600.0, timeout=120.0
    ),
    Computation(
        "plan_usage",
        DOMAIN,
        (metrics.PLAN_USED, metrics.PLAN_LIMIT),
        {
            PLAN_PERIOD: ("tenant", "plan", "started_at", "ended_at"),
            PLAN_LIMIT: ("plan",),
        },
        _plans,
        every=300.0,
        timeout=60.0,
    ),
)
