"""The commented settings file, and the README's table of settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from exporter.settings import Settings, load
from generator.cli import cli
from generator.commands.init import content
from generator.settings_table import BEGIN, END, rows, table

SETTING = re.compile(r"^( *)# (\w+:)")
LINES = content().splitlines()
COMMENTED = [number for number, line in enumerate(LINES) if SETTING.match(line)]


def test_the_file_as_written_changes_nothing(tmp_path: Path) -> None:
    """A file fresh from init gives exactly the defaults."""
    file = tmp_path / "watchfloor.yml"
    result = CliRunner().invoke(cli, ["init", str(file)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"wrote {file}" in result.stderr
    assert load(file, {}) == Settings()
    assert [path.name for path in tmp_path.iterdir()] == ["watchfloor.yml"]


@pytest.mark.parametrize("number", COMMENTED, ids=[LINES[number].strip(" #").split(":")[0] for number in COMMENTED])
def test_every_line_may_be_uncommented_alone(number: int, tmp_path: Path) -> None:
    """Taking the comment sign from any one line gives a file that is valid; a default given so changes nothing."""
    line = SETTING.sub(r"\1\2", LINES[number])
    file = tmp_path / "watchfloor.yml"
    file.write_text("\n".join([*LINES[:number], line, *LINES[number + 1 :]]))
    settings = load(file, {})
    example = "an example:" in LINES[number - 1] or line.startswith("states:")
    assert (settings != Settings()) is example


def test_all_lines_may_be_uncommented_together(tmp_path: Path) -> None:
    """The whole file uncommented is valid, and every setting of the models is in it."""
    file = tmp_path / "watchfloor.yml"
    file.write_text("\n".join(SETTING.sub(r"\1\2", line) for line in LINES))
    settings = load(file, {})
    assert settings.model_fields_set == set(Settings.model_fields)
    for name in ("database", "exporter", "thresholds", "alerting", "stack", "demo"):
        section = getattr(settings, name)
        assert section.model_fields_set == set(type(section).model_fields)


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    """Init refuses to write over a file, and does it with --force."""
    file = tmp_path / "mine.yml"
    file.write_text("retention_days: 7\n")
    result = CliRunner().invoke(cli, ["init", str(file)])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {file} exists; give another name, or --force to write over it\n"
    assert file.read_text() == "retention_days: 7\n"
    assert CliRunner().invoke(cli, ["init", str(file), "--force"]).exit_code == 0
    assert file.read_text() == content()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yml"]


def test_a_folder_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    """A place that cannot be written is named."""
    result = CliRunner().invoke(cli, ["init", str(tmp_path / "no" / "w.yml")])
    assert result.exit_code == 1
    assert result.stderr == f"Error: cannot write {tmp_path}/no/w.yml: No such file or directory\n"


def test_every_setting_has_a_meaning() -> None:
    """No row of the table is without its words."""
    assert [".".join(row.place) for row in rows() if not row.meaning.endswith(".")] == []


def test_the_table_names_every_variable() -> None:
    """Each variable of the environment stands beside the setting that it gives."""
    text = table()
    assert text.startswith(BEGIN)
    assert text.endswith(END + "\n")
    assert (
        "| `database.url` |  | Connection URL; better given by url_file or the environment. | `ANALYTICS_DATABASE_URL` |"
        in text
    )
    assert "| `exporter.settle` | `1m` |" in text
    for variable in ("DASHBOARD_URL", "RETENTION_DAYS", "ALERT_EMAIL", "SLACK_WEBHOOK_URL", "REDIS_URL"):
        assert text.count(f"`{variable}`") == 1
