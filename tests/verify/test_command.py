"""The command: what it prints, how it ends, and that it agrees with real processes and finds broken ones."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
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
def served(text: str) -> Iterator[str]:
    """A server that answers every request with a text."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

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


def test_broken_exporter(place: Place) -> None:
    """One wrong value, one series too few and one too many in a scrape are three differences, and no more."""
    config = place.state.with_name("once.yml")
    config.write_text(yaml.safe_dump({"exporter": {"state_file": str(place.state), "settle": 0}}), encoding="utf-8")
    environment = {"ANALYTICS_DATABASE_URL": place.url}
    text = CliRunner().invoke(cli, ["--config", str(config), "exporter", "--once"], env=environment).stdout
    with served(text) as url:
        assert report(place, "--no-here", "--exporter", url)["differences"] == []
    lines = text.splitlines()
    mine = [index for index, line in enumerate(lines) if line.startswith("calls_completed_total{")]
    name, _, value = lines[mine[0]].rpartition(" ")
    lines[mine[0]] = f"{name} {int(value) + 1}"
    lines[mine[1]] = lines[mine[1]].replace('channel="phone"', 'channel="fax"')
    with served("\n".join(lines)) as url:
        found = report(place, "--no-here", "--exporter", url)
    assert len(found["differences"]) == 3
    assert {d["sample"] for d in found["differences"]} == {"calls_completed_total"}
    result = verify(place, "--no-here", "--exporter", "http://127.0.0.1:9")
    assert result.exit_code == 1


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
