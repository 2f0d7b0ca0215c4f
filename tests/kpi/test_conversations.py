"""Numbers of conversations on panels against plain SQL and Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.kpi.rig import TENANTS, Place, close, windows
from tests.kpi.rows import Check, agree, computed_at, unknown

pytestmark = [pytest.mark.stack, pytest.mark.slow]

TALKS: Final = "FROM agent_conversations WHERE {ended_at}"
HEARD: Final = "FROM call_sessions WHERE {ended_at}"
CHECKS: Final = {
    "goal success": Check(
        "conversations", "Goal success", f"SELECT avg(goal_achieved::int) {TALKS} AND goal_achieved IS NOT NULL"
    ),
    "handed to a human": Check("conversations", "Handed to a human", f"SELECT avg(handed_off::int) {TALKS}"),
    "fallbacks": Check("conversations", "Fallback rate", f"SELECT sum(fallbacks)::float / sum(answers) {TALKS}"),
    "confidence": Check("conversations", "Answer confidence", f"SELECT avg(confidence) {TALKS}"),
    "messages": Check("conversations", "Messages per conversation", f"SELECT avg(messages) {TALKS}"),
    "length": Check("conversations", "Average length", f"SELECT avg(duration_seconds) {TALKS}"),
    "voice quality": Check("conversations", "Voice quality", f"SELECT avg(voice_quality) {HEARD}"),
    "transcription": Check("conversations", "Transcription accuracy", f"SELECT avg(transcription_accuracy) {HEARD}"),
    "interruptions": Check("conversations", "Interruptions per call", f"SELECT avg(interruptions) {HEARD}"),
}
PERIODS: Final = {"day": 1, "week": 7, "month": 30}


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("name", CHECKS)
def test_numbers_are_those_of_the_rows(demo: Place, name: str, tenant: str) -> None:
    """Over each range."""
    agree(demo, CHECKS[name], tenant)


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    unknown(nothing, CHECKS)
    for title in ("Countries", "Devices", "Referrers", "Conversations and people"):
        assert nothing.values("conversations", title, now=True) == {}


@pytest.mark.parametrize("tenant", TENANTS)
def test_countries_and_devices(demo: Place, tenant: str) -> None:
    """Every country, device and referrer has its conversations."""
    for title, column in (("Countries", "country"), ("Devices", "device"), ("Referrers", "referrer")):
        for days, since in windows(demo.end):
            rows = demo.rows(
                f"""SELECT coalesce({column}, 'unknown'), count(*) FROM agent_conversations
                    WHERE tenant = %s AND started_at > %s AND started_at <= %s GROUP BY 1""",
                tenant, since, demo.end,
            )  # fmt: skip
            found = demo.values("conversations", title, days=days, tenant=tenant)
            shown = {dict(key)[column]: value for key, value in found.items() if value}
            assert shown == {word: float(count) for word, count in rows}


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("period", PERIODS)
def test_people(demo: Place, tenant: str, period: str) -> None:
    """Each person is counted once in a period, and as returning when already there in the one before."""
    now = datetime.fromtimestamp(computed_at(demo, f"visitors_{period}"), UTC)
    length = timedelta(days=PERIODS[period])
    rows = demo.rows("SELECT visitor_id, started_at FROM agent_conversations WHERE tenant = %s", tenant)
    here = {visitor for visitor, at in rows if visitor and now - length < at <= now}
    earlier = {visitor for visitor, at in rows if visitor and now - 2 * length <= at <= now - length}
    key = frozenset({("period", period)})
    people = demo.values("conversations", "Conversations and people", ref="B", now=True, tenant=tenant)
    returning = demo.values("conversations", "Conversations and people", ref="C", now=True, tenant=tenant)
    assert people[key] == len(here) > 0
    assert close(returning[key], 100 * len(here & earlier) / len(here))


@pytest.mark.parametrize("tenant", TENANTS)
def test_conversations_of_long_spans(demo: Place, tenant: str) -> None:
    """A day, a week, a month and a year."""
    spans = [(period, days, "conversations_recent") for period, days in PERIODS.items()]
    for period, days, computation in (*spans, ("year", 365, "conversations_year")):
        now = datetime.fromtimestamp(computed_at(demo, computation), UTC)
        ((count,),) = demo.rows(
            "SELECT count(*) FROM agent_conversations WHERE tenant = %s AND started_at > %s AND started_at <= %s",
            tenant, now - timedelta(days=days), now,
        )  # fmt: skip
        found = demo.values("conversations", "Conversations and people", now=True, tenant=tenant)
        assert found[frozenset({("period", period)})] == count > 0


def test_one_conversation(demo: Place) -> None:
    """The conversation that is named is shown in order, with its facts, its call and its steps; no words without leave."""
    ((name, call),) = demo.rows(
        """SELECT c.id, c.call_id FROM agent_conversations c WHERE call_id IS NOT NULL AND ended_at IS NOT NULL
           AND EXISTS (SELECT FROM conversation_messages m WHERE m.conversation_id = c.id)
           AND EXISTS (SELECT FROM llm_requests r WHERE r.conversation_id = c.id) ORDER BY ended_at DESC LIMIT 1"""
    )
    words = demo.rows(
        "SELECT role, objection FROM conversation_messages WHERE conversation_id = %s ORDER BY sent_at", name
    )
    replay = demo.table("conversation", "Replay", conversation=name)
    assert [(row["Who"], row["Note"] == "objection") for row in replay] == [(role, bool(no)) for role, no in words]
    assert [row["No."] for row in replay] == list(range(1, len(words) + 1))
    assert {row["Words"] for row in replay} == {"hidden, as database.personal_data is off"}
    facts = {row["What"]: row["Value"] for row in demo.table("conversation", "Facts", conversation=name)}
    ((messages, stage, objections),) = demo.rows(
        """SELECT messages, stage, (SELECT count(*) FROM conversation_messages m WHERE m.conversation_id = c.id AND m.objection)
           FROM agent_conversations c WHERE id = %s""",
        name,
    )
    assert (facts["Conversation"], facts["Messages"], facts["Stage reached"]) == (name, str(messages), stage)
    assert facts["Objections"] == str(objections)
    line = {row["What"]: row["Value"] for row in demo.table("conversation", "Call", conversation=name)}
    assert line["Call"] == call
    for title, tables in (("Exchanges", ["turns"]), ("Steps", ["llm_requests", "tool_calls"])):
        counts = [demo.rows(f"SELECT count(*) FROM {one} WHERE conversation_id = %s", name)[0][0] for one in tables]
        assert len(demo.table("conversation", title, conversation=name)) == sum(counts) > 0


def test_without_a_name_the_latest_is_shown(demo: Place) -> None:
    """The box is empty: the latest conversation of the chosen tenant whose words are known."""
    for tenant in TENANTS:
        ((name,),) = demo.rows(
            """SELECT c.id FROM agent_conversations c WHERE tenant = %s AND ended_at IS NOT NULL
               AND EXISTS (SELECT FROM conversation_messages m WHERE m.conversation_id = c.id) ORDER BY ended_at DESC LIMIT 1""",
            tenant,
        )
        facts = {row["What"]: row["Value"] for row in demo.table("conversation", "Facts", tenant=tenant)}
        assert facts["Conversation"] == name


def test_a_hostile_name_is_a_name(demo: Place, nothing: Place) -> None:
    """Quotes end nothing; without rows there are no rows."""
    assert demo.table("conversation", "Facts", conversation="' OR true --") == []
    for title in ("Replay", "Facts", "Visitor", "Call", "Exchanges", "Steps", "Conversations"):
        assert nothing.table("conversation", title) == []
