"""The process that plans for an exporter: what it tells, what it says when it cannot, and that the exporter stays free of it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
import yaml

from exporter import run
from exporter.engine.plan import plan
from exporter.errors import MappingError, SettingsError
from exporter.mapping import load
from exporter.metrics import CATALOGUE
from exporter.metrics import exporter as own
from exporter.metrics.calls import CALL_DURATION, CALLS_COMPLETED
from exporter.planning import Planner
from exporter.settings import load as load_settings
from exporter.settings import required_url
from exporter.sources.database import ConnectionLost, DatabaseError, connect
from tests.engine.conftest import Private
from tests.engine.rig import Place, until
from tests.parallel import free_port
from tests.processes import answers, pytest_runtest_makereport, running
from tests.samples import parse

__all__ = ["pytest_runtest_makereport"]

SECRET = "s3cret-word"
HEAVY = ("sqlalchemy", "pydantic", "pydantic_core", "yaml", "grafanalib")
"""What a running exporter has no use for, and what would cost a third of its memory."""

# The real program, which tells its modules when it is asked by a signal.
TELLS = """
import signal, sys
signal.signal(signal.SIGUSR1, lambda *_: print("modules:", *sorted(sys.modules), "end of modules", flush=True))
from generator.cli import main
main()
"""


@pytest.fixture
def file(tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file for the place's database, which the environment names as well."""
    monkeypatch.setenv("ANALYTICS_DATABASE_URL", place.url)
    return settings_file(tmp_path, {"exporter": {"state_file": str(place.state)}})


def settings_file(folder: Path, data: Mapping[str, object]) -> Path:
    """Settings written down."""
    path = folder / "watchfloor.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


@pytest.fixture
def planner(file: Path) -> Iterator[Planner]:
    """A planner that has begun."""
    found = Planner(file)
    yield found
    found.close()


def test_running_exporter_has_no_heavy_modules(place: Place, tmp_path: Path) -> None:
    """After totals and computations none of what only settings and plans need is in the exporter's process."""
    place.calls(3)
    port = free_port()
    data = {
        "exporter": {"port": port, "state_file": str(place.state), "seal_interval": 0.5},
        "budgets": [{"name": "all", "limit": 10.0, "period": "month"}],
    }
    argv = [sys.executable, "-c", TELLS, "--config", str(settings_file(tmp_path, data)), "exporter"]
    url = f"http://127.0.0.1:{port}"

    def shows(name: str, **labels: str) -> bool:
        samples = parse(requests.get(f"{url}/metrics", timeout=10).text)
        return any(value > 0 for _, value in samples.of(name, **labels))

    with running("exporter", argv, tmp_path, {"ANALYTICS_DATABASE_URL": place.url}) as process:
        until(lambda: answers(f"{url}/health/ready"))
        until(lambda: shows(CALLS_COMPLETED.name))
        until(lambda: all(shows(own.COMPUTATION_UP.name, computation=one) for one in ("budgets", "recommendations")))
        os.kill(process.handle.pid, signal.SIGUSR1)
        until(lambda: "end of modules" in process.path.read_text(encoding="utf-8"))
        told = process.path.read_text(encoding="utf-8")
    modules = {name.partition(".")[0] for name in told.partition("modules:")[2].split()}
    assert "psycopg" in modules
    assert not modules & set(HEAVY)


def test_a_plan_is_the_one_that_would_be_made_here(planner: Planner, file: Path, place: Place) -> None:
    """Statements, families and reasons are the same, metrics are those of the catalogue; a second process sees what changed."""
    told, settings = planner.load(), load_settings(file)
    assert told.settings.exporter.settle == settings.exporter.settle
    assert told.settings.exporter.state_file == place.state
    assert told.url == required_url(settings)
    database = connect(place.url, 3.0)
    for lost in (False, True):
        if lost:
            place.sql("ALTER TABLE call_sessions DROP COLUMN duration_seconds CASCADE")
        here, there = plan(settings, load(settings.database), database), planner.plan()
        assert there.identity == database.identity()
        assert (CALL_DURATION.base in there.plan.missing) is lost
        assert here.missing == there.plan.missing
        for mine, other in zip(here.items, there.plan.items, strict=True):
            assert (mine.name, mine.sql, mine.groups) == (other.name, other.sql, other.groups)
        for one, two in zip(here.scans, there.plan.scans, strict=True):
            assert (one.families, one.slotted_sql, one.probe_sql) == (two.families, two.slotted_sql, two.probe_sql)
            assert all(any(family.metric is metric for metric in CATALOGUE) for family in two.families)
        rows = {name: source.rows for name, source in here.sources.items()}
        assert rows == {name: source.rows for name, source in there.plan.sources.items()}
    database.close()


def test_mistakes_are_told_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with settings, mapping or URL is the same error as in one process."""
    monkeypatch.delenv("ANALYTICS_DATABASE_URL", raising=False)
    for data, kind, words in (
        ({"exporter": {"setle": 3}}, SettingsError, "setle"),
        ({}, SettingsError, "no database is set: give ANALYTICS_DATABASE_URL"),
        ({"database": {"url": "sqlite:///x.db", "preset": "none"}}, MappingError, "there is no preset 'none'"),
    ):
        planner = Planner(settings_file(tmp_path, data))
        with pytest.raises(kind, match=words):
            planner.load()
        planner.close()


def test_secrets_and_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come without the URL's password; a database that does not answer is one sentence without it, too."""
    monkeypatch.setenv("ANALYTICS_DATABASE_URL", f"postgresql://reader:{SECRET}@127.0.0.1:1/app")
    planner = Planner(settings_file(tmp_path, {}))
    assert SECRET not in repr(planner.load().settings)
    with pytest.raises(ConnectionLost, match="cannot connect to the database") as caught:
        planner.plan()
    assert SECRET not in str(caught.value)
    planner.close()
    with pytest.raises(DatabaseError, match="the exporter is stopping"):
        planner.plan()


def test_a_process_that_is_killed(planner: Planner) -> None:
    """A planner whose process is killed says so, and the next plan is made by another process."""
    planner.load()
    assert planner._process is not None
    planner._process.kill()
    with pytest.raises(DatabaseError, match="the process that plans ended with -9 before it answered"):
        planner.plan()
    assert planner.plan().plan.scans


def test_another_database(planner: Planner, private: Private) -> None:
    """A plan of one database is not taken for another one that answers at the URL by now."""
    planner.load()
    other = connect(private.database(), 3.0)
    with pytest.raises(DatabaseError, match="another database answers at the URL since the plan was made"):
        run._planned(planner, other)
    other.close()
