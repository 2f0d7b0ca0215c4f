"""24712 real calls in the reference schema, once long over and once in full run: every number equals a plain SQL recount.

The calls in full run lie on both sides of the horizon, so their totals are sealed ones plus a tail. Durations are whole
seconds: all equalities are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from exporter.metrics import calls
from tests.conftest import Postgres
from tests.processes import exporter, prometheus
from tests.real import bank
from tests.real.conftest import NewDatabase
from tests.real.data import expected
from tests.samples import Samples

pytestmark = [pytest.mark.shared, pytest.mark.stack]

WHO: Final = ("tenant", "agent", "agent_type", "channel", "campaign")
# A long settle time keeps a tail of calls until the test has read it, however slow the machine.
SETTINGS: Final = {"exporter": {"settle": "10m"}}
DURATION: Final = calls.CALL_DURATION

# Metric, its labels, and the plain statement that gives the same rows: labels, number.
RECOUNTS: Final = {
    "calls_initiated_total": (WHO, "SELECT {labels}, count(*) FROM call_sessions GROUP BY {labels}"),
    "calls_answered_total": (
        WHO,
        "SELECT {labels}, count(*) FROM call_sessions WHERE answered_at IS NOT NULL GROUP BY {labels}",
    ),
    "calls_completed_total": (
        (*WHO, "outcome"),
        "SELECT {labels}, count(*) FROM call_sessions WHERE ended_at IS NOT NULL GROUP BY {labels}",
    ),
    "calls_by_hour_total": (
        ("tenant", "weekday", "hour"),
        """SELECT tenant, to_char(initiated_at AT TIME ZONE 'UTC', 'ID'), to_char(initiated_at AT TIME ZONE 'UTC', 'HH24'),
           count(*) FROM call_sessions GROUP BY 1, 2, 3""",
    ),
    "active_calls": (
        WHO[:4],
        "SELECT {labels}, count(*) FROM call_sessions WHERE ended_at IS NULL GROUP BY {labels}",
    ),
    "queued_calls": (
        ("tenant", "campaign"),
        "SELECT {labels}, count(*) FROM scheduled_calls WHERE due_at <= now() AND left_queue_at IS NULL GROUP BY {labels}",
    ),
    "call_duration_seconds_count": (
        WHO[:3],
        "SELECT {labels}, count(duration_seconds) FROM call_sessions WHERE ended_at IS NOT NULL GROUP BY {labels}",
    ),
    "call_duration_seconds_sum": (
        WHO[:3],
        "SELECT {labels}, sum(duration_seconds) FROM call_sessions WHERE ended_at IS NOT NULL GROUP BY {labels}",
    ),
}
BUCKET: Final = "SELECT {labels}, count(*) FROM call_sessions WHERE ended_at IS NOT NULL AND duration_seconds <= %s GROUP BY {labels}"


@dataclass(frozen=True)
class Loaded:
    """The database and what is read of it, at the exporter and in Prometheus."""

    database: Postgres
    places: dict[str, Samples]

    def rows(self, statement: str, labels: tuple[str, ...], *values: Any) -> dict[tuple[str, ...], float]:
        """Rows of a statement as labels and number, `{labels}` filled in."""
        with self.database.connect() as connection:
            found = connection.execute(statement.format(labels=", ".join(labels)).encode(), values or None).fetchall()
        return {tuple(str(word) for word in row[:-1]): float(row[-1]) for row in found}


@pytest.fixture(scope="module")
def loaded(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Both tenants' calls in one database, its exporter and Prometheus."""
    folder = tmp_path_factory.mktemp("bank")
    database = new_database()
    with database.connect() as connection:
        bank.load(connection, datetime.now(UTC))
    with exporter(folder, database.url, SETTINGS) as found, prometheus(folder, {"bank": found.url}) as scraped:
        yield Loaded(database, {"exporter": found.samples(), "prometheus": scraped.samples("bank")})


@pytest.fixture(params=["exporter", "prometheus"])
def samples(request: pytest.FixtureRequest, loaded: Loaded) -> Samples:
    """Samples at either place."""
    return loaded.places[request.param]


def test_totals_equal_the_file(samples: Samples) -> None:
    """Calls, sales, seconds and channels of the calls that are over equal what was counted straight from the file."""
    wanted = expected("bank_telemarketing_calls")
    assert samples.value("calls_initiated_total", tenant="settled") == wanted["calls"] == 24712
    assert samples.value("calls_completed_total", tenant="settled") == wanted["calls"]
    assert samples.value("calls_completed_total", tenant="settled", outcome="qualified") == wanted["success"]
    assert samples.value("calls_completed_total", tenant="settled", outcome="no_answer") == wanted["duration_0"]
    assert samples.value(DURATION.sum, tenant="settled") == wanted["duration_sum_s"]
    assert samples.value(DURATION.count, tenant="settled") == wanted["calls"]
    by_channel = samples.sum("calls_completed_total", "channel", tenant="settled")
    assert by_channel == {(bank.CHANNELS[contact],): count for contact, count in wanted["contact"].items()}
    by_campaign = samples.sum("calls_completed_total", "campaign", tenant="settled")
    assert set(by_campaign) == {(month,) for month in wanted["months"]}
    assert "queued_calls" in samples.names()
    assert not samples.sum("queued_calls", tenant="settled")
    assert not samples.sum("active_calls", tenant="settled")


def test_calls_in_full_run(samples: Samples) -> None:
    """Every call was dialled; those that are not over are active and not completed."""
    started, ended = (samples.value(f"calls_{what}_total", tenant="live") for what in ("initiated", "completed"))
    active = samples.value("active_calls", tenant="live")
    assert started == 24712 == ended + active
    assert active > 500
    assert samples.value(DURATION.count, tenant="live") == ended


@pytest.mark.parametrize("name", sorted(RECOUNTS))
def test_plain_recount(name: str, loaded: Loaded, samples: Samples) -> None:
    """Every series of a metric equals a plain SQL recount, and there are no others."""
    labels, statement = RECOUNTS[name]
    wanted = loaded.rows(statement, labels)
    assert samples.sum(name, *labels) == wanted
    assert wanted


def test_every_bucket(loaded: Loaded, samples: Samples) -> None:
    """Every bucket of the histogram equals a plain SQL recount of calls up to its bound, the bound included."""
    labels = WHO[:3]
    found = samples.sum(DURATION.bucket, *labels, "le")
    bounds = (*DURATION.bounds, float("inf"))
    assert {float(key[-1]) for key in found} == set(bounds)
    for bound in bounds:
        recount = loaded.rows(BUCKET, labels, bound)
        series = {key[:-1]: count for key, count in found.items() if float(key[-1]) == bound}
        assert {key: count for key, count in series.items() if count} == recount
        assert len(series) == 10


def test_bounds_are_included(loaded: Loaded) -> None:
    """The calls put many durations on a bound exactly, so that a bound left out would show."""
    on_bounds = loaded.rows(
        "SELECT 'on', count(*) FROM call_sessions WHERE duration_seconds = ANY(%s)", (), list(DURATION.bounds)
    )
    assert on_bounds[("on",)] > 1000


def test_sealed_and_tail(loaded: Loaded) -> None:
    """The exporter added rows after the horizon to sealed totals, rather than finding all in one of them."""
    found = loaded.places["exporter"]
    tail = found.value("exporter_tail_rows", domain="calls")
    assert 100 < tail < 24712


def test_prometheus_has_what_the_exporter_shows(loaded: Loaded) -> None:
    """Every series of the domain is in Prometheus with the same labels and value."""
    tables = [samples.table(("call_", "calls_", "active_calls", "queued_calls")) for samples in loaded.places.values()]
    assert tables[0] == tables[1]
    assert len(tables[0]) > 500
