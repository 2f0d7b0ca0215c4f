"""Where programs come from, and what is said when they cannot be had."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from exporter.settings import Settings
from provisioning.stack import bootstrap, debian, native, proof
from provisioning.stack.binary import MissingError, Program, alertmanager, grafana, prometheus
from provisioning.stack.proof import Arrival


def silent(text: str) -> None:
    """Say nothing."""


def program(folder: Path, name: str) -> Path:
    """An executable file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_on_the_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is downloaded then."""
    names = ("prometheus", "alertmanager")
    paths = [program(tmp_path, name) for name in names]
    monkeypatch.setenv("PATH", str(tmp_path))
    found = [prometheus(tmp_path / "packages", silent), alertmanager(tmp_path / "packages", silent)]
    assert found == [Program((str(path),)) for path in paths]


def test_without_apt_the_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Linux than Debian hears what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="prometheus is not on the PATH and this is no Debian with apt-get"):
        prometheus(tmp_path / "packages", silent)


def test_an_unpacked_package_is_not_downloaded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is proof enough, since it gets its name last."""
    (tmp_path / "prometheus").mkdir()
    monkeypatch.setenv("PATH", "")
    assert debian.unpack("prometheus", tmp_path, silent) == tmp_path / "prometheus"


def test_grafana_is_looked_for_in_its_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GRAFANA_HOME wins over the PATH; a wrong one is an error and no silent default."""
    monkeypatch.setenv("GRAFANA_HOME", str(tmp_path))
    with pytest.raises(MissingError, match=r"GRAFANA_HOME is .+, but there is no program .+/bin/grafana"):
        grafana()
    path = program(tmp_path, "bin/grafana")
    assert grafana() == (path, tmp_path)


def test_without_grafana_two_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install it, or use Compose."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GRAFANA_HOME", raising=False)
    with pytest.raises(MissingError, match=r"install Grafana .+ or use --runtime compose"):
        grafana()


def test_grafana_gets_its_files_and_no_database_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The read-only account goes by variables that its data source names."""
    program(tmp_path, "bin/grafana")
    monkeypatch.setenv("GRAFANA_HOME", str(tmp_path))
    monkeypatch.setenv("ANALYTICS_DATABASE_URL", "postgresql://owner:secret@db/app")
    stack = {"directory": tmp_path / "stack", "output": tmp_path / "out"}
    settings = Settings.model_validate({"stack": stack})
    place = native.Place(settings, None, None, silent)
    place.secrets.mkdir(parents=True)
    (place.output / "grafana" / "provisioning").mkdir(parents=True)
    service = native.grafana(place, "postgresql://reader:word@db:5433/app")
    assert service.environment["WATCHFLOOR_POSTGRES_ADDRESS"] == "db:5433"
    assert service.environment["WATCHFLOOR_POSTGRES_PASSWORD"] == "word"
    assert service.environment["GF_PATHS_PROVISIONING"] == str(place.output / "grafana/provisioning")
    assert "ANALYTICS_DATABASE_URL" not in {**service.inherited, **service.environment}


def test_a_venv_that_is_up_to_date_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second `make` costs no pip; a changed project file does."""
    calls: list[object] = []
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "installed")
    monkeypatch.setattr(bootstrap, "_has_pip", lambda _: True)
    monkeypatch.setattr(subprocess, "run", lambda *words, **_: calls.append(words))
    for extra, installs in (("", 1), ("", 1), ("test", 2), ("", 2), ("test", 2)):
        bootstrap.venv(extra)
        assert len(calls) == installs
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    bootstrap.venv("")
    assert "[test]" in str(calls[-1])


REASONS = {
    "did not scrape the exporter within 5 s": Arrival(None, 0),
    "cannot scrape the exporter": Arrival(0, 0),
    "no metric of the catalogue arrived": Arrival(1, 0),
}


@pytest.mark.parametrize("words", REASONS)
def test_a_failed_proof_says_which_step_failed(words: str) -> None:
    """No scrape, a scrape that failed, and a scrape without data differ."""
    arrival = REASONS[words]
    assert not arrival.complete
    assert words in str(proof.explain(arrival, "http://127.0.0.1:1", 5))
