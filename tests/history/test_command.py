"""The command `watchfloor backfill`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from generator.cli import cli
from tests.conftest import Postgres
from tests.history.prom import Work, serving
from tests.history.rig import FORMS, fill
from tests.history.test_prometheus import rows

pytestmark = pytest.mark.promtool


@pytest.fixture
def work(postgres: Postgres, tmp_path: Path) -> Work:
    """A table with rows, and a settings file for it."""
    fill(postgres.url, FORMS["zoned"], rows(50))
    found = Work(tmp_path, postgres.url, FORMS["zoned"])
    sections = {**found.sections, "stack": {"directory": str(tmp_path / "stack"), "prometheus_port": 1}}
    (tmp_path / "watchfloor.yml").write_text(yaml.safe_dump(sections), encoding="utf-8")
    return found


def run(work: Work, *words: str) -> Result:
    """The command in this process."""
    arguments = ["--config", str(work.folder / "watchfloor.yml"), "backfill", *words]
    return CliRunner().invoke(cli, arguments, env={"ANALYTICS_DATABASE_URL": work.url})


def test_a_dry_run_writes_nothing(work: Work) -> None:
    """It tells times and series."""
    result = run(work, "--since", "10d", "--dry-run", "--json", "--data-dir", str(work.folder / "data"))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["times"] > 300
    assert not (work.folder / "data").exists()


def test_samples_and_blocks_are_told(work: Work) -> None:
    """As a line, into the stack's own data folder."""
    result = run(work, "--since", "10d", "--step", "6h")
    assert result.exit_code == 0, result.output
    assert "samples of" in result.stdout
    assert [path for path in (work.folder / "stack/prometheus/data").iterdir() if len(path.name) == 26]
    again = run(work, "--since", "10d")
    assert again.exit_code == 1
    assert "history is there already" in again.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--since", "soon"), 2, "'soon' is no duration"),
        (("--step", "7h"), 1, "a day must be a multiple of it"),
        (("--prometheus", "http://127.0.0.1:1"), 1, "no Prometheus answers at http://127.0.0.1:1"),
        (("--runtime", "compose", "--data-dir", "x"), 2, "Prometheus and its data are those of the stack"),
    ],
)
def test_mistakes_are_one_sentence(work: Work, words: tuple[str, ...], code: int, said: str) -> None:
    """They name the option and what would be right."""
    result = run(work, *words)
    assert result.exit_code == code
    assert said in result.stderr


def test_data_that_is_not_here(tmp_path: Path, work: Work) -> None:
    """A Prometheus whose data is elsewhere, as in a volume of Docker, is refused with what to do."""
    with serving(tmp_path) as server:
        (tmp_path / "data").rename(tmp_path / "volume")
        result = run(work, "--since", "10d", "--prometheus", server.url)
        assert result.exit_code == 1
        assert f"keeps its data in {tmp_path}/data, which is no folder here" in result.output
        assert "run watchfloor backfill --runtime compose" in result.output
        words = ("--since", "10d", "--prometheus", server.url, "--data-dir", str(tmp_path / "volume"))
        assert run(work, *words, "--dry-run").exit_code == 0
        (tmp_path / "volume").rename(tmp_path / "data")
