"""Who hears of alerts: the tree agrees with amtool, and the commands say what it says."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from pydantic import ValidationError

import alerts
from exporter.settings import Settings
from generator.cli import cli
from provisioning import alertmanager, validate
from provisioning.endpoints import native
from provisioning.notices import notices
from provisioning.tree import find, tree
from tests.rules.promtool import run, tool

ENVIRONMENT = {"SLACK_WEBHOOK_URL": "https://hooks.example.com/x", "KEY": "k", "URL": "https://x.example.com/y"}
OFFICE = {"name": "office", "weekdays": ["monday", "friday"], "start": "09:00", "end": "18:00", "zone": "Europe/Paris"}
RICH: dict[str, Any] = {
    "email": "ops@example.org",
    "channels": [
        {"name": "pager", "kind": "pagerduty", "secret_variable": "KEY", "severities": ["critical"]},
        {"name": "chat", "kind": "telegram", "secret_variable": "KEY", "to": "-1003", "domains": ["calls", "cost"]},
        {"name": "room", "kind": "discord", "secret_variable": "URL", "hours": ["office"], "quiet": ["night"]},
        {"name": "acme-mail", "kind": "email", "to": "boss@acme.example"},
        {"name": "phone", "kind": "sms", "to": "+33123456789", "secret_variable": "URL"},
    ],
    "people": [{"name": "anna", "channels": ["phone", "slack"], "hours": ["office"]}],
    "tenants": [
        {"tenant": 'ac"me \\ ltd', "notify": ["acme-mail"]},
        {"tenant": "beta", "notify": ["acme-mail", "pager"], "severities": ["critical", "info"], "alone": True},
    ],
    "times": [OFFICE, {"name": "night", "start": "22:00", "end": "07:00"}],
    "escalation": [{"after": "5m", "notify": ["anna"]}, {"after": "15m", "notify": ["pager", "anna"]}],
}
VARIANTS: dict[str, dict[str, Any]] = {
    "nobody": {},
    "mail": {"email": "ops@example.org"},
    "rich": RICH,
    "chosen": {**RICH, "notify": ["room", "anna", "email"]},
}


def _settings(**given: Any) -> Settings:
    return Settings.model_validate({"alerting": given, "stack": {"directory": "/srv/watchfloor"}})


def _environment(name: str) -> dict[str, str]:
    return ENVIRONMENT if name in ("rich", "chosen") else {}


def _cases() -> list[dict[str, str]]:
    """The labels of every alert of the catalogue, of tenants in turn, and of alerts that are none of ours."""
    tenants = cycle(["", "beta", 'ac"me \\ ltd', "other"])
    cases = [
        {"alertname": alert.name, "severity": alert.severity.value, "domain": group.domain, "tenant": next(tenants)}
        for group in alerts.build(Settings())
        for alert in group.alerts
    ]
    levels = [
        {"alertname": "Unacknowledged", "severity": "critical", "escalation": str(number)} for number in (1, 2, 3)
    ]
    return [*cases, *levels, {"alertname": "Foreign"}, {"alertname": "Foreign", "severity": "page", "tenant": "beta"}]


@pytest.mark.promtool
@pytest.mark.parametrize("name", VARIANTS)
def test_amtool_takes_the_same_routes(name: str, tmp_path: Path) -> None:
    """For every alert of the catalogue the receivers are those that Alertmanager's own tool names."""
    program, settings = tool("amtool"), _settings(**VARIANTS[name])
    for path, content in alertmanager.files(settings, native(settings), _environment(name)).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    config = f"--config.file={tmp_path}/alertmanager.yml"
    root, seen = tree(settings, _environment(name)), set()
    run(program, "check-config", f"{tmp_path}/alertmanager.yml")
    assert validate.alertmanager((tmp_path / "alertmanager.yml").read_text()) == ()
    for labels in _cases():
        ours = ",".join(node.receiver for node in find(root, labels))
        given = [f"{key}={json.dumps(value)}" for key, value in labels.items() if value]
        assert run(program, "config", "routes", "test", config, *given).strip() == ours, labels
        seen.add(ours)
    assert len(seen) >= {"nobody": 2, "mail": 2, "rich": 9, "chosen": 6}[name]


def _receivers(given: dict[str, Any], **labels: str) -> list[str]:
    return [node.receiver for node in find(tree(_settings(**given), ENVIRONMENT), labels)]


def test_who_hears_of_what() -> None:
    """Channels filter, tenants add or take over, levels have their own people, strangers reach everybody."""
    assert _receivers(RICH, severity="critical", domain="calls") == ["people", "chat", "room"]
    assert _receivers(RICH, severity="critical", domain="leads") == ["people", "room"]
    assert _receivers(RICH, severity="critical", tenant='ac"me \\ ltd') == ["acme-mail", "people", "room"]
    assert _receivers(RICH, severity="critical", tenant="beta") == ["acme-mail", "pager"]
    assert _receivers(RICH, severity="warning", tenant="beta") == ["people", "room"]
    assert _receivers(RICH, severity="info", tenant="beta") == ["acme-mail"]
    assert _receivers(RICH, severity="critical", escalation="2") == ["pager", "phone", "slack"]
    assert _receivers(RICH, severity="none") == ["heartbeat"]
    assert _receivers(RICH) == ["people", "chat", "room"]
    assert _receivers({}, severity="critical") == ["people"]
    assert _receivers({**RICH, "notify": ["anna", "phone"]}, severity="info") == ["phone", "slack"]


def test_a_message_is_sent_once() -> None:
    """Whoever hears of all tenants is not told a second time as a tenant's own."""
    both = {"email": "a@b.c", "notify": ["email"], "tenants": [{"tenant": "acme", "notify": ["email"]}]}
    assert _receivers(both, severity="critical", tenant="acme") == ["email"]


def test_hours_and_quiet_times_stand_at_the_routes() -> None:
    """Quiet times never hold back a critical alert; a person's hours take the place of their channels'."""
    root = tree(_settings(**RICH), ENVIRONMENT)
    room = {severity: find(root, {"severity": severity})[-1] for severity in ("critical", "warning", "info")}
    assert {key: node.quiet for key, node in room.items()} == {
        "critical": (),
        "warning": ("night",),
        "info": ("night",),
    }
    assert {node.hours for node in room.values()} == {("office",)}
    assert [node.hours for node in find(root, {"escalation": "1"})] == [("office",), ("office",)]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a channel that is not there": ({"notify": ["room"]}, "notify: unknown room; known are email, slack, webhook"),
    "a domain that is not there": (
        {"channels": [{"name": "a", "kind": "email", "to": "a@b.c", "domains": ["call"]}]},
        "channel a: domains: unknown call; known are agents",
    ),
    "a time that is not there": ({"people": [{"name": "a", "channels": ["email"], "hours": ["x"]}]}, "unknown x; known are none"),
    "a name twice": ({"times": [OFFICE, OFFICE]}, "times: the name office is given twice"),
    "a name of ours": ({"channels": [{"name": "people", "kind": "email", "to": "a@b.c"}]}, "the name people is taken"),
    "no address": ({"channels": [{"name": "a", "kind": "email"}]}, "to is missing; write an address"),
    "a wrong chat": ({"channels": [{"name": "a", "kind": "telegram", "to": "x", "secret_variable": "KEY"}]}, "the number of the chat"),
    "no secret": ({"channels": [{"name": "a", "kind": "pagerduty"}]}, "exactly one of secret_file and secret_variable"),
    "levels out of order": (
        {"escalation": [{"after": "5m", "notify": ["email"]}, {"after": "5m", "notify": ["email"]}]},
        "escalation level 2: after must be longer",
    ),
    "no such zone": ({"times": [{"name": "a", "zone": "Mars"}]}, "'Mars' is no time zone"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name: str) -> None:
    """Each names the place, what is wrong and what would be right."""
    given, words = MISTAKES[name]
    with pytest.raises(ValidationError) as caught:
        _settings(**given)
    assert words in str(caught.value)


def _said(given: dict[str, Any], environment: dict[str, str]) -> str:
    return " ".join(notices(_settings(**given), environment))


def test_holes_are_told() -> None:
    """Alerts that nobody hears of, at all or at night, and channels that are named and not there, are notices."""
    office = {**OFFICE, "name": "office"}
    only: dict[str, Any] = {"name": "a", "kind": "pagerduty", "secret_variable": "KEY"}
    assert _said({"channels": [only]}, ENVIRONMENT) == ""
    assert _said({"channels": [{**only, "severities": ["critical"]}]}, {}) == (
        "Warning alerts reach nobody. Info alerts reach nobody."
    )
    assert "Critical alerts of calls, conversations," in _said({"channels": [{**only, "domains": ["cost"]}]}, {})
    assert "outside the hours" in _said({"channels": [{**only, "hours": ["office"]}], "times": [office]}, {})
    assert "name slack, which is not configured: set SLACK_WEBHOOK_URL" in _said(RICH, {})
    assert _said({"channels": [{"name": "a", "kind": "email", "to": "a@b.c"}]}, {}) == ""


def _run(tmp_path: Path, *arguments: str) -> Result:
    file = tmp_path / "watchfloor.yml"
    file.write_text(yaml.safe_dump({"alerting": RICH}))
    return CliRunner(env=ENVIRONMENT).invoke(cli, ["--config", str(file), "routes", *arguments])


def test_the_tree_is_drawn(tmp_path: Path) -> None:
    """Each branch with its conditions, receiver and times; below, who the receivers are. JSON has the same."""
    drawn = _run(tmp_path)
    assert (drawn.exit_code, drawn.stderr) == (0, "")
    lines = drawn.stdout.splitlines()
    assert lines[0] == "every alert -> people unless a branch matches"
    assert '│  ├─ domain=~"calls|cost" -> chat and on' in lines
    assert "│  └─ any -> room in office not in night and on" in lines
    assert "phone: SMS gateway to +33123456789" in lines
    assert "office: monday, friday 09:00 to 18:00 Europe/Paris" in lines
    data = json.loads(_run(tmp_path, "--json").stdout)
    assert data["receivers"]["pager"] == "PagerDuty"
    assert data["route"]["routes"][0]["matchers"] == ['escalation="1"']


def test_one_alert_is_explained(tmp_path: Path) -> None:
    """Who, when and why; what is held back until when; exit code 1 when nobody hears of it."""
    result = _run(tmp_path, "test", "severity=warning", "domain=cost", "--at", "2026-11-28T23:30+01:00")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "people (mail to ops@example.org)",
        "  why   severity warning, any tenant",
        "  when  5s after it fires, at most 10s when others of its group were sent before, again every 4h",
        "chat (Telegram chat -1003)",
        "  why   severity warning, any tenant, domain calls or cost",
        "  when  5s after it fires, at most 10s when others of its group were sent before, again every 4h",
        "room (Discord)",
        "  why   severity warning, any tenant",
        "  when  held back until Mon 2026-11-30 08:00 UTC, then within 10s, again every 4h",
    ]
    data = json.loads(
        _run(tmp_path, "test", "severity=critical", "escalation=1", "--at", "2026-11-27T10:00Z", "--json").stdout
    )
    assert [(one["receiver"], one["now"]) for one in data] == [("phone", True), ("slack", True)]
    alone = CliRunner(env=dict.fromkeys(("SLACK_WEBHOOK_URL", "ALERT_EMAIL"))).invoke(cli, ["routes", "test", "a=b"])
    assert (alone.exit_code, alone.stdout) == (1, "nobody hears of it\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["severity"], "is no label; write name=value"),
        (["a=1", "a=2"], "the label a is given twice"),
        (["a=1", "--at", "noon"], "'noon' is no time"),
        ([], "Missing argument"),
    ],
)
def test_wrong_questions_are_refused(arguments: list[str], words: str, tmp_path: Path) -> None:
    """One sentence and exit code 2."""
    result = _run(tmp_path, "test", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
