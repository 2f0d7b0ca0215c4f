"""The command that shows the settings in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from exporter.settings import Settings
from generator.cli import cli
from generator.commands.config import public

SECRET = "s3cret"


def run(*arguments: str, **environment: str) -> Result:
    """The command with these variables and no others of ours."""
    names = ("ANALYTICS_DATABASE_URL", "DASHBOARD_URL", "RETENTION_DAYS", "ALERT_EMAIL", "TIMESERIES_DATABASE_URL",
             "SLACK_WEBHOOK_URL", "REDIS_URL")  # fmt: skip
    return CliRunner(env={**dict.fromkeys(names), **environment}).invoke(cli, list(arguments))


def test_what_is_printed_can_be_read_back(tmp_path: Path) -> None:
    """The output is YAML that gives the same settings, as no secret is in it."""
    file = tmp_path / "w.yml"
    file.write_text("retention_days: 30\nexporter:\n  settle: 90s\n  label_caps: {tenant: 5}\n")
    result = run("--config", str(file), "config")
    assert (result.exit_code, result.stderr) == (0, "")
    shown = Settings.model_validate(yaml.safe_load(result.stdout))
    assert (shown.retention_days, shown.exporter.settle, shown.exporter.label_caps) == (30, 90.0, {"tenant": 5})
    assert shown == Settings.model_validate(yaml.safe_load(file.read_text()))


def test_origins_are_told(tmp_path: Path) -> None:
    """A setting from the file names the file, one from the environment its variable, a default nothing."""
    file = tmp_path / "w.yml"
    file.write_text("retention_days: 30\nexporter:\n  settle: 90s\n")
    lines = run("--config", str(file), "config", RETENTION_DAYS="9").stdout.splitlines()
    assert "retention_days: 9  # RETENTION_DAYS" in lines
    assert f"  settle: 90s  # {file}" in lines
    assert "  port: 9877" in lines
    told = json.loads(run("--config", str(file), "config", "--json", RETENTION_DAYS="9").stdout)
    assert told["origins"] == {"exporter.settle": str(file), "retention_days": "RETENTION_DAYS"}
    assert told["settings"]["exporter"]["settle"] == "90s"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_secrets_stay_hidden(form: tuple[str, ...], tmp_path: Path) -> None:
    """Passwords, tokens in addresses and secret variables never reach the output."""
    file = tmp_path / "w.yml"
    source = {
        "metric": "queue_depth",
        "labels": {"queue": "a"},
        "http": {"url": f"http://u:{SECRET}@h/x?token={SECRET}"},
    }
    file.write_text(yaml.safe_dump({"states": [source], "dashboard_url": f"https://u:{SECRET}@grafana"}))
    secrets = {
        "ANALYTICS_DATABASE_URL": f"postgresql://u:{SECRET}@h/db?password={SECRET}",
        "SLACK_WEBHOOK_URL": f"https://hooks.slack.com/{SECRET}",
        "REDIS_URL": f"redis://:{SECRET}@h",
    }
    result = run("--config", str(file), "config", *form, **secrets)
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert "postgresql://u:***@h/db?password=***" in result.stdout
    assert "http://u:***@h/x?token=***" in result.stdout


URLS = {
    "postgresql://h/db": "postgresql://h/db",
    "postgresql://u@h/db": "postgresql://u@h/db",
    "postgresql://u:p@h@i/db": "postgresql://u:***@i/db",
    "host=h password=p": "***",
    "sqlite:///a.db": "sqlite:///a.db",
    "http://[broken": "***",
}


@pytest.mark.parametrize(("url", "expected"), URLS.items())
def test_public(url: str, expected: str) -> None:
    """A password in a URL is hidden; what is no URL is hidden whole."""
    assert public(url) == expected


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    """A wrong file gives exit code 1 and the mistake, no traceback."""
    file = tmp_path / "w.yml"
    file.write_text("exporter: {prot: 1}\n")
    result = run("--config", str(file), "config")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        f"Error: {file}: exporter.prot: there is no such setting; known here are basic_auth, "
    )
