"""Numbers of behaviour on panels against plain Python and SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import pytest

from tests.kpi.rig import TENANTS, Place, close, windows
from tests.kpi.rows import Check, agree, computed_at, unknown

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PERIODS: Final = {"day": 1, "week": 7, "month": 30}
CHECKS: Final = {
    "uses": Check("behaviour", "Uses", "SELECT count(*) FROM usage_events WHERE {occurred_at}"),
    "time": Check(
        "behaviour", "Time on a feature", "SELECT avg(duration_seconds) FROM usage_events WHERE {occurred_at}"
    ),
}
Event = tuple[str, str, str, str, float, datetime]
"""Person, session, event, feature, seconds, instant."""


def events(place: Place, tenant: str) -> list[Event]:
    """All uses by a tenant, in order."""
    return place.rows(
        """SELECT user_id, session_id, event_type, feature, duration_seconds, occurred_at FROM usage_events
           WHERE tenant = %s ORDER BY occurred_at""",
        tenant,
    )


def between(found: Iterable[Event], since: datetime, until: datetime) -> list[Event]:
    """Those after an instant and up to another."""
    return [event for event in found if since < event[5] <= until]


def now_of(place: Place, computation: str) -> datetime:
    """When a computation looked."""
    return datetime.fromtimestamp(computed_at(place, computation), UTC)


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("name", CHECKS)
def test_numbers_are_those_of_the_rows(demo: Place, name: str, tenant: str) -> None:
    """Over each range."""
    agree(demo, CHECKS[name], tenant)


@pytest.mark.parametrize("tenant", TENANTS)
def test_people_who_come_and_stay(demo: Place, tenant: str) -> None:
    """Active people, retention and stickiness."""
    found = events(demo, tenant)
    people: dict[str, set[str]] = {}
    for period, days in PERIODS.items():
        now = now_of(demo, f"usage_{period}")
        people[period] = {event[0] for event in between(found, now - timedelta(days=days), now)}
    week = now_of(demo, "usage_week")
    before = {event[0] for event in between(found, week - timedelta(days=14), week - timedelta(days=7))}
    assert demo.value("behaviour", "People in a week", now=True, tenant=tenant) == len(people["week"]) > 0
    stickiness = demo.value("behaviour", "Stickiness", now=True, tenant=tenant)
    assert close(stickiness, len(people["day"]) / len(people["month"]))
    back = demo.value("behaviour", "Came back", now=True, tenant=tenant)
    assert close(back, len(people["week"] & before) / len(before))


def visits(found: Iterable[Event]) -> dict[str, list[Event]]:
    """Uses by visit."""
    by_session: dict[str, list[Event]] = defaultdict(list)
    for event in found:
        by_session[event[1]].append(event)
    return by_session


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("period", PERIODS)
def test_visits(demo: Place, tenant: str, period: str) -> None:
    """How many, how engaged, how long: visits that began in the period."""
    now = now_of(demo, f"usage_{period}")
    begun = [
        visit
        for visit in visits(event for event in events(demo, tenant) if event[5] <= now).values()
        if visit[0][5] > now - timedelta(days=PERIODS[period])
    ]
    engaged = [v for v in begun if len({e[3] for e in v}) > 1 or any(e[2] != "page_view" for e in v)]
    seconds = [max(e[5].timestamp() + e[4] for e in v) - v[0][5].timestamp() for v in begun]
    shown = {
        ref: demo.values("behaviour", "People and visits", ref=ref, now=True, tenant=tenant)[
            frozenset({("period", period)})
        ]
        for ref in "BCD"
    }
    assert shown["B"] == len(begun) > 0
    assert close(shown["C"], 100 * len(engaged) / len(begun))
    assert close(shown["D"], sum(seconds) / len(begun), within=1e-6)


@pytest.mark.parametrize("tenant", TENANTS)
def test_adoption(demo: Place, tenant: str) -> None:
    """Of each feature, by the people of thirty days."""
    now, people = now_of(demo, "feature_users"), defaultdict(set)
    month = now_of(demo, "usage_month")
    for event in between(events(demo, tenant), now - timedelta(days=30), now):
        people[event[3]].add(event[0])
    everyone = {event[0] for event in between(events(demo, tenant), month - timedelta(days=30), month)}
    found = demo.values("behaviour", "Features", ref="C", now=True, tenant=tenant)
    shown = {dict(key)["feature"]: value for key, value in found.items()}
    assert shown.keys() == people.keys()
    assert all(close(shown[name], 100 * len(who) / len(everyone)) for name, who in people.items())


@pytest.mark.parametrize("tenant", TENANTS)
def test_ways(demo: Place, tenant: str) -> None:
    """From feature to feature, and whole ways, over each range."""
    for days, since in windows(demo.end):
        by_session = visits(e for e in events(demo, tenant) if since <= e[5] <= demo.end)
        steps = Counter((one[3], then[3]) for v in by_session.values() for one, then in pairwise(v))
        whole = Counter(" → ".join(event[3] for event in visit) for visit in by_session.values())
        first = sorted(steps.items(), key=lambda step: (-step[1], step[0]))[:20]
        shown = demo.table("behaviour", "From feature to feature", days=days, tenant=tenant)
        assert {(row["From"], row["To"]): row["Steps"] for row in shown} == dict(first)
        found = demo.table("behaviour", "Whole ways", days=days, tenant=tenant)
        assert sorted(row["Visits"] for row in found) == sorted(count for _, count in whole.most_common(10))
        assert all(whole[row["Way"]] == row["Visits"] for row in found)


@pytest.mark.parametrize("tenant", TENANTS)
def test_plan_usage(demo: Place, tenant: str) -> None:
    """Calls, conversations and people of this calendar month by what the plan in force allows."""
    now = now_of(demo, "plan_usage")
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ((calls, talks, seats),) = demo.rows(
        """SELECT (SELECT count(*) FROM call_sessions WHERE tenant = t AND initiated_at >= m AND initiated_at <= n),
                  (SELECT count(*) FROM agent_conversations WHERE tenant = t AND started_at >= m AND started_at <= n),
                  (SELECT count(DISTINCT user_id) FROM usage_events WHERE tenant = t AND occurred_at >= m AND occurred_at <= n)
           FROM (SELECT %s::text AS t, %s::timestamptz AS m, %s::timestamptz AS n) given""",
        tenant, month, now,
    )  # fmt: skip
    ((plan, *allowed),) = demo.rows(
        """SELECT p.id, included_calls, included_conversations, included_seats FROM subscriptions s JOIN plans p ON p.id = s.plan
           WHERE tenant = %s AND (ended_at IS NULL OR ended_at > now())""",
        tenant,
    )
    found = demo.values("behaviour", "Plan usage", now=True, tenant=tenant)
    wanted: dict[str, tuple[Any, Any]] = {
        "calls": (calls, allowed[0]), "conversations": (talks, allowed[1]), "seats": (seats, allowed[2]),
    }  # fmt: skip
    for kind, (used, limit) in wanted.items():
        key = frozenset({"tenant": tenant, "plan": plan, "kind": kind}.items())
        assert close(found[key], 100 * used / limit)


@pytest.mark.parametrize("tenant", TENANTS)
def test_cohorts(demo: Place, tenant: str) -> None:
    """People by the month of their first use and by months since."""
    months: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for event in events(demo, tenant):
        months[event[0]].add((event[5].year, event[5].month))
    wanted: Counter[tuple[str, str]] = Counter()
    for seen in months.values():
        year, month = min(seen)
        for y, m in seen:
            wanted[f"{year}-{month:02d}", f"{12 * (y - year) + m - month:02d}"] += 1
    found = demo.values("behaviour", "Cohorts", now=True, tenant=tenant)
    assert {(dict(key)["cohort"], dict(key)["age"]): value for key, value in found.items()} == wanted


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    unknown(nothing, CHECKS)
    for title in ("People in a week", "Visits in a week", "Came back", "Stickiness"):
        assert nothing.value("behaviour", title, now=True) is None
    for title in ("People and visits", "Features", "Plan usage", "Cohorts", "Nearest to the limit"):
        assert nothing.values("behaviour", title, now=True) == {}
    for title in ("From feature to feature", "Whole ways"):
        assert nothing.table("behaviour", title) == []
