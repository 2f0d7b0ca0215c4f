"""Numbers of leads, appointments and campaigns on panels against plain SQL and Python over the raw tables."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.kpi.rig import RANGES, TENANTS, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def leads(place: Place, tenant: str, at: str, since: datetime, more: str = "true") -> int:
    """How many by a time of theirs."""
    sql = f"SELECT count(*) FROM leads WHERE tenant = %s AND {at} > %s AND {at} <= %s AND {more}"
    ((count,),) = place.rows(sql, tenant, since, place.end)
    return int(count)


def appointments(place: Place, tenant: str, at: str, since: datetime) -> int:
    """How many by a time of theirs."""
    ((count,),) = place.rows(
        f"SELECT count(*) FROM appointments WHERE tenant = %s AND {at} > %s AND {at} <= %s", tenant, since, place.end
    )
    return int(count)


@pytest.mark.parametrize("tenant", TENANTS)
def test_leads_and_their_rates(demo: Place, tenant: str) -> None:
    """How many came, and what share was converted, contacted, right and not to be called."""
    for days, since in windows(demo.end):
        came = leads(demo, tenant, "created_at", since)
        checked = leads(demo, tenant, "created_at", since, "valid IS NOT NULL")
        wanted = {
            ("Leads", "A"): came,
            ("Conversion rate", "A"): leads(demo, tenant, "converted_at", since) / came,
            ("Follow-up rate", "A"): leads(demo, tenant, "contacted_at", since) / came,
            ("Valid and do-not-call", "A"): leads(demo, tenant, "created_at", since, "valid") / checked,
            ("Valid and do-not-call", "B"): leads(demo, tenant, "created_at", since, "do_not_call") / came,
        }
        for (title, ref), value in wanted.items():
            assert close(demo.value("leads", title, ref=ref, days=days, tenant=tenant), value), title


@pytest.mark.parametrize("tenant", TENANTS)
def test_quality_of_leads(demo: Place, tenant: str) -> None:
    """The mean over the leads of each range."""
    for days, since in windows(demo.end):
        rows = demo.rows(
            "SELECT quality_score FROM leads WHERE tenant = %s AND created_at > %s AND created_at <= %s",
            tenant,
            since,
            demo.end,
        )
        mean = sum(score for (score,) in rows) / len(rows)
        assert close(demo.value("leads", "Quality of leads", days=days, tenant=tenant), mean, within=1e-6)


@pytest.mark.parametrize("tenant", TENANTS)
def test_pipeline_and_open_leads(demo: Place, tenant: str) -> None:
    """Leads that came and were neither won nor lost at the end, and those that waited."""
    rows = demo.rows(
        "SELECT pipeline_value_usd, closed_at, contacted_at FROM leads WHERE tenant = %s AND created_at <= %s",
        tenant,
        demo.end,
    )
    opened = [worth for worth, closed, _ in rows if closed is None or closed > demo.end]
    value = demo.value("leads", "Value of the pipeline", tenant=tenant)
    assert close(value, float(sum(worth for worth in opened if worth is not None)), within=1e-6)
    assert demo.value("leads", "Open leads", tenant=tenant) == len(opened) > 0
    waiting = sum(contacted is None or contacted > demo.end for _, _, contacted in rows)
    assert demo.value("leads", "Open leads", ref="B", tenant=tenant) == waiting


@pytest.mark.parametrize("tenant", TENANTS)
def test_booking_and_kept_rate(demo: Place, tenant: str) -> None:
    """Calls that booked, of those with an outcome; appointments kept for each booked."""
    for days, since in windows(demo.end):
        rows = demo.rows(
            "SELECT outcome FROM call_sessions WHERE tenant = %s AND ended_at > %s AND ended_at <= %s",
            tenant,
            since,
            demo.end,
        )
        known = [outcome for (outcome,) in rows if outcome]
        rate = known.count("appointment_booked") / len(known)
        assert close(demo.value("leads", "Booking rate", days=days, tenant=tenant), rate)
        kept = appointments(demo, tenant, "kept_at", since) / appointments(demo, tenant, "booked_at", since)
        assert close(demo.value("leads", "Kept appointments", days=days, tenant=tenant), kept)


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_way_from_call_to_appointment(demo: Place, tenant: str) -> None:
    """Each stage to the unit, in order."""
    for days, since in windows(demo.end):
        ((initiated, answered, qualified),) = demo.rows(
            """SELECT count(*) FILTER (WHERE initiated_at > %s AND initiated_at <= %s),
                      count(*) FILTER (WHERE answered_at > %s AND answered_at <= %s),
                      count(*) FILTER (WHERE ended_at > %s AND ended_at <= %s AND outcome IN ('qualified', 'appointment_booked'))
               FROM call_sessions WHERE tenant = %s""",
            *(since, demo.end) * 3, tenant,
        )  # fmt: skip
        wanted = [
            initiated,
            answered,
            qualified,
            *(appointments(demo, tenant, at, since) for at in ("booked_at", "kept_at")),
        ]
        found = [demo.value("leads", "From call to appointment", ref=ref, days=days, tenant=tenant) for ref in "ABCDE"]
        assert found == wanted
        assert wanted[:3] == sorted(wanted[:3], reverse=True)


@pytest.mark.parametrize("tenant", TENANTS)
def test_progress_of_campaigns(demo: Place, tenant: str) -> None:
    """Calls made now against the plan, for every campaign that has not ended."""
    rows = demo.rows(
        "SELECT name, planned_calls, created_at FROM campaigns WHERE tenant = %s AND ended_at IS NULL", tenant
    )
    made = demo.rows(
        "SELECT campaign, initiated_at FROM call_sessions WHERE tenant = %s AND campaign IS NOT NULL", tenant
    )
    wanted = {
        name: 100 * sum(campaign == name and at >= created for campaign, at in made) / planned
        for name, planned, created in rows
    }
    found = {
        dict(key)["campaign"]: value
        for key, value in demo.values("leads", "Campaigns", now=True, tenant=tenant).items()
    }
    assert found == pytest.approx(wanted)
    assert found


def test_activity_and_next_actions(demo: Place) -> None:
    """Rows are those of the table; names and addresses are hidden; nobody is called who must not be."""
    ((came,),) = demo.rows(
        "SELECT count(*) FROM leads WHERE created_at >= %s - interval '7 days' AND created_at <= %s", demo.end, demo.end
    )
    activity = demo.table("leads", "Lead activity", tenant=TENANTS[0])
    assert 0 < len(activity) <= 100
    assert came > 0
    assert {row["What"] for row in activity} <= {"came in", "contacted", "converted", "lost"}
    assert {row["tenant"] for row in activity} == {TENANTS[0]}
    assert activity == sorted(activity, key=lambda row: row["When"], reverse=True)
    coming = demo.table("leads", "Next actions")
    refused = {name for (name,) in demo.rows("SELECT id FROM leads WHERE do_not_call")}
    assert coming
    assert not refused & {row["Lead"] for row in coming}
    assert {row["Name"] for row in (*activity, *coming)} == {None} == {row["E-mail"] for row in coming}
    ((waiting,),) = demo.rows("SELECT count(*) FROM scheduled_calls WHERE left_queue_at IS NULL")
    assert len(demo.table("leads", "Scheduled calls")) == min(100, waiting) > 0


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN, and no row in a table."""
    titles = (
        "Leads", "Conversion rate", "Booking rate", "Value of the pipeline", "Follow-up rate", "Quality of leads", "Valid and do-not-call",
        "Open leads", "Kept appointments", "From call to appointment", "Campaigns",
    )  # fmt: skip
    for title in titles:
        for days in RANGES:
            assert nothing.values("leads", title, days=days, now=True) == {}, title
    for title in ("Lead activity", "Next actions", "Scheduled calls"):
        assert nothing.table("leads", title) == []
