"""What is computed of agents, and recommendations as metrics."""

from __future__ import annotations

from exporter.computed import COMPUTATIONS
from exporter.computed.agents import _recommendations, _state
from exporter.computed.facts import Value
from exporter.metric import Computed
from exporter.metrics.agents import (
    AGENT_CONFIGURATION_AGE,
    AGENT_CONFIGURED,
    AGENT_IDLE,
    RECOMMENDATION_CONFIDENCE,
    RECOMMENDATION_EXPECTED,
    RECOMMENDATION_OBSERVED,
    RECOMMENDATION_RULE,
    RECOMMENDATIONS,
)
from exporter.recommend import RULES
from tests.recommend.conftest import Rows, ago

Found = dict[tuple[str | None, ...], float]


def _of(metric: Computed, values: list[Value]) -> Found:
    """Values of one metric, rounded to a millisecond, which is what SQLite keeps of an instant."""
    return {value.labels: round(value.value, 3) for value in values if value.metric is metric}


def _set_up(rows: Rows) -> None:
    head = {"tenant": "acme", "agent_type": "voice", "status": "active", "created_at": ago(days=100)}
    full = {"configured_ratio": 0.9, "updated_at": ago(days=3), "retired_at": None}
    rows.add(
        "agents",
        {"id": "busy", **head, **full},
        {"id": "quiet", **head, **full, "configured_ratio": None},
        {"id": "gone", **head, **full, "retired_at": ago(seconds=1)},
        {"id": "silent", **head, **full, "updated_at": None},
        {"id": "young", **head, **full, "created_at": ago(hours=5)},
    )


def test_state_of_agents(rows: Rows) -> None:
    """The newest of all kinds of work counts, of whatever age; what is not known is not given."""
    _set_up(rows)
    who = {"tenant": "acme", "agent_type": "voice"}
    rows.add("call_sessions", {**who, "agent": "busy", "initiated_at": ago(hours=3)})
    rows.add("agent_executions", {**who, "agent": "busy", "started_at": ago(hours=2), "ended_at": ago(hours=2)})
    rows.add("agent_conversations", {**who, "agent": "quiet", "started_at": ago(days=9)})
    rows.add("agent_conversations", {**who, "agent": "quiet", "started_at": ago(days=-1)})
    rows.add("agent_conversations", {**who, "tenant": "other", "agent": "quiet", "started_at": ago(hours=1)})
    values = rows.facts(lambda facts: list(_state(facts)))
    busy, quiet, silent, young = (("acme", name, "voice") for name in ("busy", "quiet", "silent", "young"))
    assert _of(AGENT_IDLE, values) == {busy: 7200.0, quiet: 9 * 86400.0, silent: 30 * 86400.0, young: 18000.0}
    assert _of(AGENT_CONFIGURED, values) == {busy: 0.9, silent: 0.9, young: 0.9}
    assert _of(AGENT_CONFIGURATION_AGE, values) == {busy: 259200.0, quiet: 259200.0, young: 259200.0}


def test_without_agents_nothing_is_known(rows: Rows) -> None:
    """No values at all, and no zeros."""
    assert rows.facts(lambda facts: [*_state(facts), *_recommendations(facts)]) == []


def test_recommendations_as_metrics(rows: Rows) -> None:
    """Every priority and category is counted, 0 where none stands; each record has its numbers and its rule's words."""
    _set_up(rows)
    rows.add("agent_conversations", *(
        {"tenant": "acme", "agent": name, "started_at": ago(hours=30 if name == "busy" else 1)}
        for name in ("busy", "quiet", "silent", "young")
    ))  # fmt: skip
    values = rows.facts(lambda facts: list(_recommendations(facts)))
    records = rows.advice().records
    assert {one.id for one in records} == {"idle_agent/acme/busy"}
    counts = _of(RECOMMENDATIONS, values)
    assert len(counts) == 12
    assert sum(counts.values()) == len(records)
    confidence = _of(RECOMMENDATION_CONFIDENCE, values)
    assert [labels[0] for labels in confidence] == [one.id for one in records]
    observed, expected = _of(RECOMMENDATION_OBSERVED, values), _of(RECOMMENDATION_EXPECTED, values)
    for one in records:
        labels = (one.id, one.tenant, one.agent, one.unit)
        assert (observed[labels], expected[labels]) == (round(one.observed, 3), round(one.expected, 3))
    assert {labels[0] for labels in _of(RECOMMENDATION_RULE, values)} == {rule.name for rule in RULES}


def test_the_computations_read_what_they_say() -> None:
    """Every entity that a rule needs is among those that the plan resolves."""
    (computation,) = [one for one in COMPUTATIONS if one.name == "recommendations"]
    for rule in RULES:
        assert set(rule.needs) <= set(computation.uses), rule.name
