"""Every rule on rows in which it must speak, and on rows in which it must not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from exporter.computed.cost import budgets
from exporter.computed.facts import Facts
from exporter.metrics.cost import BUDGET_FORECAST
from exporter.recommend import RULES
from exporter.recommend.record import Category, Priority, Recommendation
from tests.recommend.conftest import NOW, WHO, Rows, ago


def _turns(rows: Rows, slow: int, fine: int) -> None:
    times = [(1.0, slow), (0.4, fine)]
    found = [
        {**WHO, "ended_at": ago(hours=number % 23), "latency_seconds": latency, "interrupted": False}
        for latency, count in times
        for number in range(count)
    ]
    # An answer that was cut off has no latency that a person waited for; one of yesterday is too old.
    cut = [{**WHO, "ended_at": ago(hours=1), "latency_seconds": 9.0, "interrupted": True}] * 50
    old = [{**WHO, "ended_at": ago(hours=25), "latency_seconds": 9.0, "interrupted": False}] * 50
    rows.add("turns", *found, *cut, *old)


def _days(rows: Rows, growth: float, start: float = 0.55) -> None:
    """Forty turns a day for 14 days whose slowest tenth grows by so much a day."""
    rows.add("turns", *(
        {**WHO, "ended_at": ago(days=day, hours=1), "interrupted": None,
         "latency_seconds": (start + growth * (13 - day)) if number % 10 == 0 else 0.3}
        for day in range(14) for number in range(40)
    ))  # fmt: skip


def _tools(rows: Rows, failed: int, before: int = 20) -> None:
    """So many failures of 200 tool calls in the last day, and of 1400 before it."""
    for count, whole, days in ((failed, 200, 0.5), (before, 1400, 4)):
        rows.add("tool_calls", *(
            {**WHO, "ended_at": ago(days=days), "status": "error" if number < count else "ok"} for number in range(whole)
        ))  # fmt: skip


def _tasks(rows: Rows, failed: int, late: int) -> None:
    words = ["failed"] * failed + ["timeout"] * late + ["completed"] * (100 - failed - late)
    head = {**WHO, "task": "t", "started_at": ago(days=2), "ended_at": ago(days=2)}
    rows.add("agent_executions", *({**head, "status": word} for word in words))
    rows.add("agent_executions", *[{**head, "ended_at": ago(days=8), "status": "failed"}] * 200)
    rows.add("agent_executions", *[{**head, "ended_at": None, "status": None}] * 200)


def _handed(rows: Rows, handed: int) -> None:
    head = {**WHO, "started_at": ago(days=1), "ended_at": ago(days=1)}
    rows.add("agent_conversations", *({**head, "handed_off": number < handed} for number in range(100)))
    rows.add("agent_conversations", *[{**head, "handed_off": None}] * 100)


def _unsure(rows: Rows, mean: float) -> None:
    head = {**WHO, "started_at": ago(days=1), "ended_at": ago(days=1)}
    rows.add(
        "agent_conversations",
        *({**head, "confidence": mean + (0.1 if number % 2 else -0.1)} for number in range(100)),
    )


def _requests(rows: Rows, unpriced: int) -> None:
    head = {**WHO, "model": "m", "status": "ok", "ended_at": ago(days=1)}
    rows.add("llm_requests", *(
        {**head, "cost_usd": None if number < unpriced else 0.01, "unpriced_reason": "no_price" if number < unpriced else None}
        for number in range(100)
    ))  # fmt: skip


def _tokens(rows: Rows, cached: int) -> None:
    head = {**WHO, "model": "m", "status": "ok", "ended_at": ago(days=1)}
    rows.add("llm_requests", *[{**head, "input_tokens": 2000 - cached, "cached_input_tokens": cached}] * 200)


def _queue(rows: Rows, growth: int) -> None:
    """Ten calls wait at first, and so many more each hour."""
    head = {"tenant": "acme", "campaign": "spring", "status": "waiting", "created_at": ago(days=2)}
    rows.add("scheduled_calls", *[{**head, "due_at": ago(hours=30), "left_queue_at": None}] * 10)
    rows.add("scheduled_calls", *(
        {**head, "due_at": ago(hours=hour, seconds=1), "left_queue_at": None if number < growth else ago(hours=hour)}
        for hour in range(24) for number in range(4)
    ))  # fmt: skip


def _agent(rows: Rows, **values: Any) -> None:
    head: dict[str, Any] = {"tenant": "acme", "agent_type": "voice", "status": "active", "created_at": ago(days=100)}
    rows.add(
        "agents",
        {"id": "ann", **head, "configured_ratio": 0.9, "updated_at": ago(days=3), "retired_at": None, **values},
    )


def _idle(rows: Rows, hours: float) -> None:
    _agent(rows)
    head = {**WHO, "initiated_at": ago(hours=hours)}
    rows.add("call_sessions", head, {**head, "agent": "ben", "initiated_at": ago(hours=0.1)})


def _models(rows: Rows, resolved: int, cheap: int) -> None:
    """Two models, one dear and one for a tenth, each alone in 200 conversations of two requests; so many are resolved."""
    for model, cost, good in (("dear", 0.02, resolved), ("cheap", 0.002, cheap)):
        talks = [
            {"id": f"{model}-{number}", **WHO, "started_at": ago(days=2), "ended_at": ago(days=2)}
            for number in range(200)
        ]
        rows.add("agent_conversations", *(
            {**talk, "resolution": "resolved" if number < good else "unresolved"} for number, talk in enumerate(talks)
        ))  # fmt: skip
        rows.add("llm_requests", *(
            {"conversation_id": talk["id"], **WHO, "model": model, "status": "ok", "ended_at": ago(days=2), "cost_usd": cost}
            for talk in talks for _ in range(2)
        ))  # fmt: skip
    # The dear one serves most: it is the one to be replaced.
    rows.add(
        "agent_conversations",
        {"id": "more", **WHO, "started_at": ago(days=2), "ended_at": ago(days=2), "resolution": "resolved"},
    )
    rows.add("llm_requests", *[{
        "conversation_id": "more", **WHO, "model": "dear", "status": "ok", "ended_at": ago(days=2), "cost_usd": 0.02,
    }] * 2)  # fmt: skip


def _questions(rows: Rows, unanswered: int) -> None:
    head = {"tenant": "acme", "agent": "ann", "topic": "returns", "question": "How?", "asked_at": ago(days=3)}
    rows.add("questions", *(
        {**head, "confidence": 0.5 if number < unanswered else 0.9, "retrieval_failed": False} for number in range(100)
    ))  # fmt: skip


def _budget(rows: Rows, limit: float) -> None:
    """Ten dollars on each day of the month so far: 20 days, of which ten are left."""
    held = {"name": "team", "tenant": "acme", "period": "monthly", "notify_percent": "50", "created_at": ago(days=90)}
    rows.add("budgets", {**held, "limit_usd": limit})
    rows.add("llm_requests", *(
        {**WHO, "model": "m", "status": "ok", "ended_at": ago(days=day, hours=1), "cost_usd": 10} for day in range(20)
    ))  # fmt: skip


CASES: Final[dict[str, tuple[Callable[[Rows], None], Callable[[Rows], None], Priority, str]]] = {
    "slow_answers": (
        lambda rows: _turns(rows, 20, 80), lambda rows: _turns(rows, 4, 96), Priority.HIGH,
        "In the last 24 h 20 of 100 answers took longer than 0.8 s, where 5% may; the 95th percentile is 1 s.",
    ),
    "answers_slow_down": (
        lambda rows: _days(rows, 0.015), lambda rows: _days(rows, 0.0), Priority.MEDIUM,
        "The daily 95th percentile grew by 15 ms a day over 14 days (95% interval 15 to 15); from 0.745 s it reaches 0.8 s in 3.7 days.",
    ),
    "failures_grow": (
        lambda rows: _tools(rows, 24), lambda rows: _tools(rows, 5), Priority.CRITICAL,
        "24 of 200 tool steps failed in the last 24 h (12.00%); in the 7 days before it were 20 of 1400 (1.43%).",
    ),
    "tasks_fail": (
        lambda rows: _tasks(rows, 15, 5), lambda rows: _tasks(rows, 6, 5), Priority.HIGH,
        "20 of 100 tasks of the last 7 days failed (20.0%, 5 of them by timeout); the limit is 10%.",
    ),
    "handed_to_humans": (
        lambda rows: _handed(rows, 45), lambda rows: _handed(rows, 30), Priority.MEDIUM,
        "A human took over 45 of the 100 conversations of the last 7 days (45.0%); the limit is 30%.",
    ),
    "unsure_answers": (
        lambda rows: _unsure(rows, 0.5), lambda rows: _unsure(rows, 0.6), Priority.MEDIUM,
        "The mean confidence of 100 conversations of the last 7 days is 0.50 (standard error 0.01); at least 0.6 is wanted.",
    ),
    "unpriced_usage": (
        lambda rows: _requests(rows, 30), lambda rows: _requests(rows, 4), Priority.HIGH,
        "30 of 100 requests to m in the last 7 days have no known cost; all cost figures are too low by them (30.0% of all requests).",
    ),
    "uncached_prompts": (
        lambda rows: _tokens(rows, 0), lambda rows: _tokens(rows, 400), Priority.MEDIUM,
        "Of 2000 input tokens a request 0% came from a cache in the last 7 days; prompts of this length are usually cached to 20% or more.",
    ),
    "cheaper_model": (
        lambda rows: _models(rows, 188, 188), lambda rows: _models(rows, 188, 170), Priority.HIGH,
        ("cheap resolved 188 of 200 conversations that it served alone in 14 days, dear 189 of 201: no worse by more than 5%. A "
        "resolved conversation of 2.0 requests costs 0.00426 instead of 0.0425 US dollars."),
    ),
    "knowledge_gap": (
        lambda rows: _questions(rows, 40), lambda rows: _questions(rows, 20), Priority.HIGH,
        ("40 of 100 questions about returns in the last 30 days were answered with a confidence below 0.7 (40%). Write a document "
        "about this topic."),
    ),
    "budget_runs_out": (
        lambda rows: _budget(rows, 250), lambda rows: _budget(rows, 400), Priority.MEDIUM,
        ("At the pace of the last days 305.00 US dollars will be spent in the month of budget team, whose limit is 250.00; it is "
        "reached in 5.0 days."),
    ),
    "queue_grows": (
        lambda rows: _queue(rows, 1), lambda rows: _queue(rows, 0), Priority.HIGH,
        "The queue of spring grew by 1 calls an hour over 24 hours; from 34 it reaches 50 in 16.0 hours.",
    ),
    "idle_agent": (
        lambda rows: _idle(rows, 60), lambda rows: _idle(rows, 23), Priority.LOW,
        "The agent is in service and did nothing for 2.5 days; an agent is inactive after 1 days.",
    ),
    "incomplete_configuration": (
        lambda rows: _agent(rows, configured_ratio=0.5), lambda rows: _agent(rows, configured_ratio=0.8), Priority.MEDIUM,
        "50% of the agent's settings are filled in; at least 80% should be.",
    ),
    "stale_configuration": (
        lambda rows: _agent(rows, updated_at=ago(days=45)), lambda rows: _agent(rows, updated_at=ago(days=30)), Priority.LOW,
        "The configuration was last changed 45 days ago; it is stale after 30 days.",
    ),
}  # fmt: skip


def _one(rows: Rows, name: str) -> Recommendation:
    (found,) = rows.advice(name).records
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_rule_speaks(rows: Rows, name: str) -> None:
    """One record with the numbers of the rows, and the explanation says them."""
    speaks, _, priority, why = CASES[name]
    speaks(rows)
    found = _one(rows, name)
    assert (found.rule, found.priority, found.why) == (name, priority, why)
    assert 0.5 <= found.confidence <= 1
    assert found.numbers


@pytest.mark.parametrize("name", CASES)
def test_a_rule_is_silent(rows: Rows, name: str) -> None:
    """The rows are just within the limits: looked at, and nothing to say."""
    CASES[name][1](rows)
    advice = rows.advice(name)
    assert advice.records == ()
    assert advice.looked >= 1


def test_every_rule_has_a_case() -> None:
    """A new rule needs rows in which it speaks and rows in which it does not."""
    assert set(CASES) == {rule.name for rule in RULES}


def test_without_rows_nothing_is_known(rows: Rows) -> None:
    """No rule speaks, and none says that it looked."""
    advice = rows.advice()
    assert (advice.records, advice.looked) == ((), 0)


def test_records_are_the_same_each_time(rows: Rows) -> None:
    """The same rows at the same instant: byte by byte, in order of priority; identities stay when numbers move."""
    for speaks, *_ in CASES.values():
        if speaks is not CASES["stale_configuration"][0] and speaks is not CASES["incomplete_configuration"][0]:
            speaks(rows)
    first, second = (rows.advice().records for _ in range(2))
    assert json.dumps([one.plain() for one in first]) == json.dumps([one.plain() for one in second])
    order = [list(Priority).index(one.priority) for one in first]
    assert order == sorted(order)
    assert len({one.id for one in first}) == len(first) > 5
    _tasks(rows, 90, 0)
    assert {one.id for one in rows.advice("tasks_fail").records} == {"tasks_fail/acme/ann"}


def test_more_failures_are_more_urgent(rows: Rows) -> None:
    """Three times the limit is critical."""
    _tasks(rows, 40, 0)
    assert _one(rows, "tasks_fail").priority is Priority.CRITICAL


def test_budgets_are_worked_out_once(rows: Rows) -> None:
    """What was computed within two minutes is taken, older or later values are not."""
    _budget(rows, 250)
    (rule,) = (one for one in RULES if one.name == "budget_runs_out")
    known = tuple(
        replace(value, value=990.0) if value.metric is BUDGET_FORECAST else value
        for value in rows.facts(lambda facts: tuple(budgets(facts)))
    )

    def forecast(seconds: float) -> float:
        def find(facts: Facts) -> float:
            facts.computed = {"budgets": (NOW - timedelta(seconds=seconds), known)}
            (finding,) = rule.find(facts)
            assert finding is not None
            return finding.observed

        found: float = rows.facts(find)
        return found

    assert [forecast(seconds) for seconds in (0, 120, 121, -1)] == [990, 990, 305, 305]


def test_an_agent_that_never_worked_is_idle_since_it_was_made(rows: Rows) -> None:
    """And one that was retired is nobody's concern; one made an hour ago has time."""
    _agent(rows, id="new", created_at=ago(hours=1))
    _agent(rows, id="unused", created_at=ago(days=10))
    _agent(rows, id="old", retired_at=ago(days=1))
    assert rows.advice("idle_agent").looked == 2
    found = _one(rows, "idle_agent")
    assert (found.agent, found.observed) == ("unused", 10 * 86400)
    assert "since it was made, or for 10 days" in found.why


def test_a_column_that_is_not_mapped_is_named(rows: Rows) -> None:
    """The rule is not asked, and says why."""
    path = rows.settings.exporter.state_file.with_name("mapping.yml")
    path.write_text(
        "version: 1\nname: mine\nentities:\n  agent: {table: agents, columns: {agent: id, created_at: created_at}}\n"
    )
    database = rows.settings.database.model_copy(update={"mapping": path})
    other = Rows(rows.url, rows.settings.model_copy(update={"database": database}))
    _agent(other)
    advice = other.advice()
    assert advice.unasked["tasks_fail"] == "entity agent_task is not mapped"
    assert advice.unasked["incomplete_configuration"] == "column configured of agent is not mapped"
    assert "idle_agent" not in advice.unasked
    assert advice.looked == 0, "no row says what agents do, so none is idle"


def test_limits_come_from_the_settings(rows: Rows) -> None:
    """What is late for one is fine for another."""
    _idle(rows, 60)
    thresholds = rows.settings.thresholds.model_copy(update={"agent_idle_seconds": 7 * 86400.0})
    patient = Rows(rows.url, rows.settings.model_copy(update={"thresholds": thresholds}))
    assert patient.advice("idle_agent").records == ()
    assert len(rows.advice("idle_agent").records) == 1


def test_rules_speak_in_whole_sentences() -> None:
    """Names are unique; issue, action and impact are sentences; the title is none."""
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert {rule.category for rule in RULES} == set(Category)
    for rule in RULES:
        assert not rule.title.endswith("."), rule.name
        for text in (rule.issue, rule.action, rule.impact):
            assert text[0].isupper(), rule.name
            assert text.endswith("."), rule.name


def test_later_rows_do_not_count(rows: Rows) -> None:
    """Rows after the instant, as a clock that runs ahead writes them, are not seen."""
    head = {**WHO, "task": "t", "started_at": NOW, "status": "failed"}
    rows.add("agent_executions", *[{**head, "ended_at": NOW + timedelta(seconds=1)}] * 100)
    assert rows.advice("tasks_fail").looked == 0
