"""The command: what it prints, how it ends, and that it agrees with real processes and finds broken ones."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from exporter.metric import Computed, State
from exporter.metrics import CATALOGUE
from exporter.metrics.calls import CALLS_COMPLETED
from generator.cli import cli
from tests.conftest import Postgres
from tests.engine.rig import Clock, Place, prepare
from tests.processes import exporter, prometheus

STATES = {metric.base for metric in CATALOGUE if isinstance(metric, State | Computed)}
"""What has no rows to recount by plain SQL: states, and what is computed in the background (its tests are in tests/kpi)."""


class RealClock(Clock):
    """The time of rows is the time."""

    def __getattribute__(self, name: str) -> Any:
        return datetime.now(UTC) if name == "now" else super().__getattribute__(name)


@pytest.fixture
def place(postgres: Postgres, tmp_path: Path) -> Place:
    """Some calls in the reference schema, by the real clock."""
    prepare(postgres.url)
    found = Place(postgres.url, tmp_path / "state.json", RealClock())
    found.calls(7)
    return found


def verify(place: Place, *words: str) -> Result:
    """`watchfloor verify`."""
    config = place.state.with_name("verify.yml")
    config.write_text(yaml.safe_dump({"exporter": {"state_file": str(place.state)}}), encoding="utf-8")
    environment = {"ANALYTICS_DATABASE_URL": place.url, "COLUMNS": "200"}
    return CliRunner().invoke(cli, ["--config", str(config), "verify", *words], env=environment)


def report(place: Place, *words: str) -> dict[str, Any]:
    """The report for machines."""
    result = verify(place, "--json", *words)
    assert result.exit_code in (0, 1), result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["equal"] == (result.exit_code == 0), found
    return found


@contextmanager
def served(text: str | Callable[[], str]) -> Iterator[str]:
    """A server that answers every request with a text, or one that is made for it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = text if isinstance(text, str) else text()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")  # Prometheus 3 wants one.
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_equal(place: Place) -> None:
    """What is equal ends with 0; metrics without rows are listed as not verifiable."""
    result = verify(place)
    assert result.exit_code == 0, result.output
    assert "metrics compared: equal." in result.stdout
    assert "exporter in this process" in result.stdout
    found = report(place)
    assert found["series"] > 20
    assert set(found["not_verifiable"]) == STATES
    for metric in CATALOGUE:
        if isinstance(metric, State | Computed):
            words = "another source than the database" if isinstance(metric, State) else "computed in the background"
            assert words in found["not_verifiable"][metric.base]


def test_filters(place: Place) -> None:
    """A metric or a domain alone can be verified; unknown ones are refused; the statements can be printed."""
    assert report(place, "--metric", CALLS_COMPLETED.base)["metrics"] == 1
    computed = {
        metric.base for metric in CATALOGUE if isinstance(metric, Computed) and metric.domain == "conversations"
    }
    assert set(report(place, "--domain", "conversations")["not_verifiable"]) == computed
    for words in (("--metric", "nonsense"), ("--domain", "nonsense")):
        result = verify(place, *words)
        assert result.exit_code == 1
        assert "nonsense is no" in result.output
    result = verify(place, "--sql", "--metric", CALLS_COMPLETED.base)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"-- {CALLS_COMPLETED.base}\nSELECT ")
    with place_connection(place) as connection:
        rows = connection.execute(result.stdout.encode()).fetchall()
    assert sum(row[-1] for row in rows) == 7


def place_connection(place: Place) -> Any:
    """A connection to the place's database."""
    import psycopg

    return psycopg.connect(place.url)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--past", "3"), "--past needs --prometheus"),
        (("--no-here",), "there is nothing to compare"),
        (("--late", "soon"), "'soon' is no duration"),
    ],
)
def test_usage(place: Place, words: tuple[str, ...], sentence: str) -> None:
    """Wrong usage ends with 2 and a sentence."""
    result = verify(place, *words)
    assert result.exit_code == 2
    assert sentence in result.output


def test_nobody_answers(place: Place) -> None:
    """An exporter or Prometheus that is not there is a sentence and 1."""
    for option in ("--exporter", "--prometheus"):
        result = verify(place, "--no-here", option, "http://127.0.0.1:9")
        assert result.exit_code == 1
        assert "http://127.0.0.1:9" in result.output
        assert "does not answer" in result.output


def test_missing_column(place: Place) -> None:
    """A metric that the mapping cannot give is not verifiable, and what is shown of it all the same is a difference."""
    place.sql("ALTER TABLE call_sessions DROP COLUMN answered_at")
    found = report(place)
    assert set(found["not_verifiable"]) == {*STATES, "calls_answered_total"}
    assert "answered_at" in found["not_verifiable"]["calls_answered_total"]
    with served(
        'calls_answered_total{tenant="t",agent="a",agent_type="voice",channel="phone",campaign="c"} 1\n'
    ) as url:
        found = report(place, "--no-here", "--exporter", url, "--metric", "calls_answered_total")
    assert [difference["found"] for difference in found["differences"]] == [1.0]


@contextmanager
def scraped(place: Place) -> Iterator[Callable[[], str]]:
    """What an exporter gives at each request."""
    rig = place.plain()
    try:
        rig.tick()
        yield lambda: rig.exposition.exposition(openmetrics=False).decode()
    finally:
        rig.close()


def test_broken_exporter(place: Place) -> None:
    """One wrong value, one series too few and one too many in a scrape are three differences, and no more."""
    with scraped(place) as scrape:

        def broken() -> str:
            lines = scrape().splitlines()
            mine = [index for index, line in enumerate(lines) if line.startswith("calls_completed_total{")]
            name, _, value = lines[mine[0]].rpartition(" ")
            lines[mine[0]] = f"{name} {int(value) + 1}"
            lines[mine[1]] = lines[mine[1]].replace('channel="phone"', 'channel="fax"')
            return "\n".join(lines)

        with served(scrape) as url:
            assert report(place, "--no-here", "--exporter", url)["differences"] == []
        with served(broken) as url:
            found = report(place, "--no-here", "--exporter", url)
    assert len(found["differences"]) == 3
    assert {d["sample"] for d in found["differences"]} == {"calls_completed_total"}
    result = verify(place, "--no-here", "--exporter", "http://127.0.0.1:9")
    assert result.exit_code == 1


def test_rows_change_meanwhile(place: Place) -> None:
    """Rows that come, change and go while a running exporter is asked are no differences; what only may be is told."""
    moves = count()

    def move() -> None:
        place.sql(
            "DELETE FROM call_sessions WHERE id = (SELECT min(id) FROM call_sessions)",
            f"UPDATE call_sessions SET tenant = 'moved{next(moves)}' WHERE id = (SELECT min(id) FROM call_sessions WHERE tenant ~ '^t')",
        )
        place.calls(2)

    with scraped(place) as scrape:

        def moving() -> str:
            move()
            text = scrape()
            move()
            return text

        with served(moving) as url:
            found = report(place, "--no-here", "--exporter", url)
    assert found["differences"] == []
    assert [comparison["between"] > 0 for comparison in found["comparisons"]] == [True]


def test_once_and_again(place: Place) -> None:
    """What is wrong in one scrape of three is told, and what is wrong in two is a difference."""
    turns: list[int] = []
    bad: set[int] = set()

    with scraped(place) as scrape:

        def wrong() -> str:
            turns.append(len(turns))
            text = scrape().replace('channel="phone"', 'channel="fax"', 1)
            return text if len(turns) in bad else scrape()

        for chosen, expected in (({1}, (0, 2)), ({1, 3}, (2, 0))):
            turns.clear()
            bad.clear()
            bad.update(chosen)
            with served(wrong) as url:
                found = report(place, "--no-here", "--exporter", url)
            (comparison,) = found["comparisons"]
            assert len(turns) == 3
            assert (comparison["differences"], len(comparison["once"])) == expected


@pytest.mark.stack
@pytest.mark.slow
def test_young_rows(place: Place, tmp_path: Path) -> None:
    """An error of rows younger than `exporter.settle` shows in what Prometheus has now."""
    with scraped(place) as scrape:

        def short() -> str:
            lines = scrape().splitlines()
            mine = next(index for index, line in enumerate(lines) if line.startswith("calls_completed_total{"))
            name, _, value = lines[mine].rpartition(" ")
            lines[mine] = f"{name} {int(value) - 1}"
            return "\n".join(lines) + "\n"

        with (
            served(scrape) as right,
            served(short) as wrong,
            prometheus(tmp_path, {"right": right, "wrong": wrong}) as server,
        ):
            words = ("--no-here", "--metric", CALLS_COMPLETED.base, "--prometheus", server.url)
            equal = report(place, *words, "--job", "right")
            found = report(place, *words, "--job", "wrong")
    assert equal["differences"] == []
    assert equal["series"] > 1
    (difference,) = found["differences"]
    assert difference["least"] == difference["most"] == difference["found"] + 1


def test_stale_exporter(place: Place) -> None:
    """An answer that was read before it was asked for is told."""
    with scraped(place) as scrape, served(scrape()) as url:
        result = verify(place, "--no-here", "--exporter", url)
    assert result.exit_code == 1
    assert "shows a snapshot that was not read while it was asked" in result.output


def test_lines_that_are_no_samples(place: Place) -> None:
    """An answer that is no exposition is told."""
    with served("<html>") as url:
        result = verify(place, "--no-here", "--exporter", url)
    assert result.exit_code == 1
    assert "is no sample: <html>" in result.output


@pytest.mark.stack
@pytest.mark.slow
def test_real_processes(place: Place, tmp_path: Path) -> None:
    """While rows are written, exporter and Prometheus agree with them now and in the past; what changed since is found."""
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.02):
            place.calls(1)

    with exporter(tmp_path / "exporter", place.url, {}) as running:
        writer = threading.Thread(target=write)
        writer.start()
        try:
            with prometheus(tmp_path / "prometheus", {"watchfloor": running.url}) as server:
                words = ("--exporter", running.url, "--prometheus", server.url, "--past", "3")
                found = report(place, *words)
                assert found["differences"] == [], json.dumps(found["differences"][:3])
                assert len(found["comparisons"]) >= 4
                stop.set()
                writer.join()
                place.sql(
                    "UPDATE call_sessions SET tenant = 'moved' WHERE id IN (SELECT id FROM call_sessions ORDER BY ended_at LIMIT 1)"
                )
                again = report(place, "--no-here", "--prometheus", server.url, "--past", "2", "--late", "0s")
                past = [d for d in again["differences"] if d["where"].startswith("Prometheus at")]
                assert {d["labels"]["tenant"] for d in past} >= {"moved"}
        finally:
            stop.set()
            writer.join()
