"""Signed links: they hold for one incident, until their end, under one key; and what is wrong is said."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner

from generator.cli import cli
from provisioning.ack_link import LinkError, read, sign
from provisioning.ack_server import Answer, Desk, post, show
from provisioning.acknowledgement import Incident, chosen
from provisioning.silence import Alertmanager, AlertmanagerError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INCIDENT = Incident({"alertname": "CallQueueBacklog", "severity": "critical", "tenant": 'a"<&\n'}, "1767322000")


def test_a_link_gives_its_incident_back_until_it_ends() -> None:
    """To the second."""
    token = sign(INCIDENT, "key", NOW + timedelta(seconds=10))
    assert read(token, "key", NOW + timedelta(seconds=9)) == INCIDENT
    with pytest.raises(LinkError, match=r"This link ended at 2026-01-02 03:04:15 UTC\."):
        read(token, "key", NOW + timedelta(seconds=10))


def _changed() -> str:
    body, mac = sign(INCIDENT, "key", NOW + timedelta(hours=1)).split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    said["labels"]["tenant"] = "other"
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=") + "." + mac


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (sign(INCIDENT, "other key", NOW + timedelta(hours=1)), "not made here"),
        (_changed(), "not made here"),
        ("", "not made here"),
        ("abc", "not made here"),
        ("ab c.d", "not complete"),
        ("a.b", "not complete"),
        ("é.é", "not complete"),
    ],
)
def test_what_was_not_signed_here_is_refused(token: str, said: str) -> None:
    """Another key, a changed label, half a link."""
    with pytest.raises(LinkError, match=said):
        read(token, "key", NOW)


def test_a_signature_has_one_text() -> None:
    """The last of its 43 characters has two bits that say nothing; with another value of these it is another link."""
    token = sign(INCIDENT, "key", NOW + timedelta(hours=1))
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    with pytest.raises(LinkError, match="not complete"):
        read(token[:-1] + letters[letters.index(token[-1]) + 1], "key", NOW)


def _fires() -> NoReturn:
    raise AssertionError("nothing is asked of Prometheus before the link is right")


DESK = Desk(_fires, Alertmanager(("http://127.0.0.1:9",)), "key", 60.0)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda: show(DESK, "/ack/nonsense", "", NOW), 403),
        (lambda: post(DESK, "/ack/nonsense", b"who=eve", NOW), 403),
        (lambda: show(DESK, f"/ack/{sign(INCIDENT, 'key', NOW)}", "", NOW), 403),
        (lambda: show(DESK, "/ack?alertname=X", "", NOW), 403),
        (lambda: show(DESK, "/", "", NOW), 404),
        (lambda: post(DESK, "/ack", b"who=eve", NOW), 404),
        (lambda: show(DESK, "/health", "", NOW), 200),
    ],
)
def test_without_a_link_that_holds_nothing_is_shown_or_done(answer: Callable[[], Answer], status: int) -> None:
    """And without a password file, no page of all alerts either."""
    assert answer().status == status


def test_hostile_labels_stay_text() -> None:
    """What a label holds is no markup on the page."""
    from provisioning.ack_page import form

    text = form(INCIDENT, None, "/ack/x", '"><script>')
    assert "<script>" not in text
    assert "a&quot;&lt;&amp;" in text


def test_an_alert_that_does_not_fire_is_told_with_those_that_do() -> None:
    """So that a misspelt name is seen."""
    with pytest.raises(AlertmanagerError, match=r"no critical alert Typo fires; those that fire: CallQueueBacklog"):
        chosen([INCIDENT], "Typo", [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["X", "--all"], "give either an alert or --all"),
        (["X", "--for", "soon"], "is no duration"),
        (["X", "tenant"], "is no matcher"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit code 2."""
    monkeypatch.setattr("generator.commands.ack._incidents", lambda _settings: (INCIDENT,))
    done = CliRunner().invoke(cli, ["ack", *arguments])
    assert (done.exit_code, said in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ack"], "Grafana evaluates the alerts: acknowledge one there"),
        (["ack", "--serve"], "Grafana evaluates the alerts: acknowledge one there"),
        (["silences", "apply"], "Grafana notifies of the alerts: it has silences of its own"),
    ],
)
def test_where_grafana_evaluates_it_is_grafana_that_is_asked(words: list[str], said: str, tmp_path: Path) -> None:
    """With exit code 1, and where to go."""
    config = tmp_path / "w.yml"
    config.write_text("alerting: {engine: grafana}\n")
    done = CliRunner().invoke(cli, ["--config", str(config), *words])
    assert (done.exit_code, said in done.stderr) == (1, True)
