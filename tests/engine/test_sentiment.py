"""Computations of satisfaction: negative answers at once, sentiment of text only when it is wanted, and no word kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from exporter.computed import scorer
from exporter.computed.satisfaction import COMPUTATIONS
from exporter.metrics.satisfaction import NEGATIVE_FEEDBACK, RECENT_SENTIMENT_COUNT, RECENT_SENTIMENT_SUM
from exporter.schema import statements
from tests.conftest import Postgres
from tests.engine.test_computing import Rig

GOOD: Final = "This is wonderful, thank you!"
BAD: Final = "I hate this, it is terrible."
MINUTE: Final = timedelta(minutes=1)
MESSAGES: tuple[Any, ...] = (
    ("acme", "person", GOOD, 5 * MINUTE),
    ("acme", "person", BAD, 10 * MINUTE),
    ("acme", "person", "I have a question about pricing.", 15 * MINUTE),
    ("acme", "agent", BAD, 5 * MINUTE),
    ("acme", "person", BAD, 61 * MINUTE),
    ("bolt", "person", GOOD, 20 * MINUTE),
)
FEEDBACK: tuple[Any, ...] = (
    ("acme", "ann", "thumbs", 0, MINUTE),
    ("acme", "ann", "thumbs", 1, MINUTE),
    ("acme", "ann", "rating", 2, MINUTE),
    ("acme", "ann", "rating", 3, MINUTE),
    ("acme", "bob", "nps", 6, 4 * MINUTE),
    ("acme", "bob", "nps", 0, 6 * MINUTE),
    ("acme", "cyd", "nps", 7, MINUTE),
)
Make = Callable[..., Rig]


@pytest.fixture
def url(postgres: Postgres) -> str:
    """A database with these rows."""
    now = datetime.now(UTC)
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        for number, (*head, ago) in enumerate(MESSAGES):
            values: tuple[object, ...] = (f"m{number}", *head, now - ago)
            connection.execute(
                b"INSERT INTO conversation_messages (id, tenant, role, content, sent_at, conversation_id) VALUES (%s, %s, %s, %s, %s, 'c')",
                values,
            )
        for number, (*head, ago) in enumerate(FEEDBACK):
            given: tuple[object, ...] = (f"f{number}", *head, now - ago)
            connection.execute(
                b"INSERT INTO agent_feedback (id, tenant, agent, kind, score, created_at) VALUES (%s, %s, %s, %s, %s, %s)",
                given,
            )
        connection.execute(
            b"INSERT INTO agent_conversations (id, tenant, started_at, ended_at, sentiment) VALUES ('c', 'acme', %s, %s, 0.25)",
            (now - 9 * MINUTE, now - 8 * MINUTE),
        )
    return postgres.url


@pytest.fixture
def make(url: str, tmp_path: Path) -> Iterator[Make]:
    """Makes rigs with the computations of satisfaction and closes them."""
    made: list[Rig] = []

    def new(**satisfaction: Any) -> Rig:
        made.append(Rig(url, tmp_path / "state.json", *COMPUTATIONS, satisfaction=satisfaction))
        return made[-1]

    yield new
    for one in made:
        one.close()


def values(rig: Rig, base: str) -> dict[tuple[str, ...], float]:
    """Series of a metric, of whichever computation."""
    return {
        key: vector[0]
        for metric, series in rig.computer.families()
        if metric.base == base
        for key, vector in series.items()
    }


def test_negative_answers_are_seen_from_the_first_on(make: Make) -> None:
    """On the limits 0, 2 and 6 and within 5 minutes; an agent with other answers only has 0."""
    assert values(make(), NEGATIVE_FEEDBACK.base) == {("acme", "ann"): 2, ("acme", "bob"): 1, ("acme", "cyd"): 0}


def test_text_is_not_read_unless_it_is_wanted(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default only recorded scores are there, and the scorer is never called."""
    monkeypatch.setattr(scorer, "score", lambda _: pytest.fail("text was read"))
    found = make()
    assert values(found, RECENT_SENTIMENT_COUNT.base) == {("acme", "recorded"): 1}
    assert values(found, RECENT_SENTIMENT_SUM.base) == {("acme", "recorded"): 0.25}
    assert found.lines == []


def test_computed_scores_stand_beside_recorded_ones(make: Make) -> None:
    """Of people, of the last hour, and only where a word tells a feeling."""
    found = make(score_text=True)
    good, bad = scorer.score(GOOD), scorer.score(BAD)
    assert good is not None
    assert bad is not None
    assert 0 <= bad < 0.4
    assert 0.6 < good <= 1
    assert values(found, RECENT_SENTIMENT_COUNT.base) == {
        ("acme", "recorded"): 1, ("acme", "computed"): 2, ("bolt", "computed"): 1,
    }  # fmt: skip
    assert values(found, RECENT_SENTIMENT_SUM.base) == {
        ("acme", "recorded"): 0.25, ("acme", "computed"): pytest.approx(good + bad), ("bolt", "computed"): good,
    }  # fmt: skip


def test_no_more_messages_are_read_than_allowed(make: Make) -> None:
    """The newest come first."""
    found = values(make(score_text=True, messages=1), RECENT_SENTIMENT_COUNT.base)
    assert found == {("acme", "recorded"): 1, ("acme", "computed"): 1}


def test_a_missing_library_is_one_sentence(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install; recorded scores stay."""
    monkeypatch.setitem(sys.modules, "textblob", None)
    scorer._blob.cache_clear()
    found = make(score_text=True)
    scorer._blob.cache_clear()
    (line,) = found.lines
    assert line == (
        "computation computed_sentiment: ScorerError: satisfaction.score_text is on but TextBlob is not installed; "
        "install watchfloor[sentiment] or set it to false"
    )
    assert values(found, RECENT_SENTIMENT_COUNT.base) == {("acme", "recorded"): 1}


def test_no_word_reaches_the_log(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorer that fails with the text in its message tells only the kind of failure."""

    def broken(words: str) -> object:
        raise ValueError(words)

    monkeypatch.setattr(scorer, "_blob", lambda: broken)
    (line,) = make(score_text=True).lines
    assert line == "computation computed_sentiment: ScorerError: the scorer failed on a text with ValueError"


def test_one_source_is_enough(url: str, tmp_path: Path) -> None:
    """Where no score is recorded but text is there, the metric is given, and not told to be missing."""
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(
        "version: 1\nname: mine\nentities:\n  utterance:\n    table: conversation_messages\n    where: role = 'person'\n"
        "    columns: {tenant: tenant, words: content, said_at: sent_at}\n"
    )
    sections: dict[str, dict[str, object]] = {
        "database": {"mapping": str(mapping)},
        "satisfaction": {"score_text": True},
    }
    found = Rig(url, tmp_path / "state.json", *COMPUTATIONS, **sections)
    assert values(found, RECENT_SENTIMENT_COUNT.base) == {("acme", "computed"): 2, ("bolt", "computed"): 1}
    plan = found.collector.book.plan
    assert plan is not None
    assert RECENT_SENTIMENT_COUNT.base not in plan.missing
    assert NEGATIVE_FEEDBACK.base in plan.missing
    found.close()
