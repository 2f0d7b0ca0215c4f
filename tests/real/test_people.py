"""Real rewards, ratings and questions: totals, buckets and formulas equal what was counted straight from the files.

The totals below were counted once with another program than the loader. EXPECTED.json has none for these files; the README beside it
counts 138 rewards and 300 dialogues, and 1850 lines of Banking77, in which four of the 1846 questions are broken over two lines.
"""

from __future__ import annotations

from typing import Final

import pytest

from exporter.metrics.content import QUESTION_CONFIDENCE
from exporter.metrics.satisfaction import FEEDBACK_SCORE
from tests.conftest import Postgres
from tests.real import people
from tests.real.conftest import NewDatabase
from tests.real.data import file
from tests.real.once import scrape
from tests.samples import Samples

pytestmark = pytest.mark.shared

UP, DOWN = 134, 4
RATINGS: Final = {1: 4, 2: 91, 3: 701, 4: 250, 5: 15}
TOPICS: Final = 47
QUESTIONS: Final = 1846


@pytest.fixture(scope="module")
def loaded(new_database: NewDatabase) -> Postgres:
    """A database with the rows of all three files."""
    database = new_database()
    with database.connect() as connection:
        people.load(connection)
    return database


@pytest.fixture(scope="module")
def samples(loaded: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """One scrape of it."""
    return scrape(tmp_path_factory.mktemp("people"), loaded.url, {})


def test_rewards(samples: Samples) -> None:
    """138 thumbs, of which 134 point up."""
    assert samples.value(FEEDBACK_SCORE.count, tenant="taskmaster", kind="thumbs") == UP + DOWN == 138
    assert samples.value(FEEDBACK_SCORE.sum, tenant="taskmaster", kind="thumbs") == UP
    assert samples.value(FEEDBACK_SCORE.bucket, tenant="taskmaster", kind="thumbs", le="0.0") == DOWN


def test_ratings(samples: Samples) -> None:
    """Every rating by its own bucket, and their sum."""
    assert samples.value(FEEDBACK_SCORE.count, tenant="mwoz", kind="rating") == sum(RATINGS.values()) == 1061
    assert samples.value(FEEDBACK_SCORE.sum, tenant="mwoz") == sum(rating * count for rating, count in RATINGS.items())
    for bound in RATINGS:
        upto = sum(count for rating, count in RATINGS.items() if rating <= bound)
        assert samples.value(FEEDBACK_SCORE.bucket, tenant="mwoz", le=f"{bound}.0") == upto


def test_questions(samples: Samples) -> None:
    """Every question under its topic; nothing is said of confidence, sources or searches, which nobody knows."""
    by_topic = samples.sum("questions_total", "topic", tenant="bank")
    assert sum(by_topic.values()) == QUESTIONS
    assert len(by_topic) == TOPICS
    text = file(people.QUESTIONS).read_text(encoding="utf-8")
    assert {topic: text.count(f",{topic[0]}\n") for topic in by_topic} == by_topic
    assert samples.sum("questions_by_source_total", "source", tenant="bank") == {("unknown",): QUESTIONS}
    assert sum(samples.sum(QUESTION_CONFIDENCE.count, tenant="bank").values()) == 0
    assert sum(samples.sum("questions_scope_known_total", tenant="bank").values()) == 0


def test_words_of_people_are_no_labels(samples: Samples) -> None:
    """No question is in the exposition."""
    assert not any("How do I locate my card" in value for _, labels, _ in samples.all for value in labels.values())
