"""The exporter as a program starts it: one scrape, and sentences for what cannot work."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter import run
from exporter.settings import Settings, SettingsError
from exporter.sources.database import DatabaseError, connect, sentence
from tests.engine.rig import Place, read, settings, total

SECRET = "s3cret-word"


def test_once(place: Place) -> None:
    """One scrape shows all rows, with the state file or without it, in both formats."""
    place.calls(4)
    seen: list[tuple[str, float]] = []
    for openmetrics in (False, True):
        text = run.once(settings(place.url, place.state), openmetrics, lambda *step: seen.append(step)).decode()
        assert total(read(text, openmetrics=openmetrics), "calls_completed_total") == 4
    assert ("call.ended_at", 1.0) in seen
    assert place.state.exists()


def test_no_database_is_set() -> None:
    """Without a database the user is told how to give one."""
    with pytest.raises(SettingsError, match="no database is set: give ANALYTICS_DATABASE_URL"):
        run.build(Settings())


def test_once_without_database(tmp_path: Path) -> None:
    """A database that does not answer is one sentence without the password."""
    url = f"postgresql://reader:{SECRET}@127.0.0.1:1/app"
    with pytest.raises(DatabaseError, match="cannot connect to the database") as caught:
        run.once(settings(url, tmp_path / "state.json"), openmetrics=False, progress=lambda _, __: None)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_kind_of_database() -> None:
    """A URL of another kind of database is refused with those that work."""
    with pytest.raises(DatabaseError, match=r"'mysql' is no database that can be read; use postgresql://"):
        connect(f"mysql://u:{SECRET}@h/d", 3.0)


@pytest.mark.parametrize(
    "text",
    [
        f"invalid dsn: postgresql://u:{SECRET}@h/d",
        f"bad option password={SECRET} host=h",
        f"bad option password = '{SECRET} more' host=h",
        f"postgresql://u:{SECRET}/with@h/d",
    ],
)
def test_no_secret_in_a_sentence(text: str) -> None:
    """Passwords are left out of what is told, however the driver writes them."""
    assert SECRET not in sentence(ValueError(text))
