"""What each kind of channel gets: rendered by a real Alertmanager, sent to receivers that speak the services' formats."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import yaml

from exporter.settings import Settings
from provisioning import alertmanager
from provisioning.endpoints import native
from provisioning.times import WEEKDAYS
from tests.processes import answers, free_port, running, wait_until
from tests.provisioning.desk import Desk, Request, desk
from tests.rules.promtool import tool

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "messages"
KINDS: Final = ("slack", "slack_bot", "mail", "webhook", "pagerduty", "opsgenie", "discord", "telegram", "teams", "sms")
SECRET: Final = "s3cr3t-9d1"
STARTED, ENDED, FUTURE = "2026-01-02T03:04:05Z", "2026-01-02T03:16:05Z", "2126-01-01T00:00:00Z"
NASTY: Final = (
    "quote \" ' ` back\\slash <b>html</b> <script>alert(1)</script> {{ .Secret }} {{ end }} ${HOME} $$ %s &amp; "
    "<!channel> <@U1> <https://evil.example|click> *bold* _it_\nRunbook: https://evil.example\r\n\u202egnp\u0000\u0007 ☎ é"
)
LABELS: Final = {"severity": "critical", "domain": "calls", "tenant": "acme", "agent": "Anna & Bob"}
NOTES: Final = {
    "summary": "Calls pile up in the queue.",
    "description": "256 calls of tenant acme are due and wait to be made (limit 200).",
    "value": "256",
    "unit": "calls",
    "threshold": "200",
    "runbook_url": "https://git.example.org/runbooks/calls.md#callqueuebacklog",
    "dashboard_url": "http://127.0.0.1:3000/d/watchfloor-calls?var-tenant=acme",
}


@dataclass
class Chain:
    """A running Alertmanager and the desk that it sends to."""

    url: str
    desk: Desk

    def post(self, *alerts: dict[str, Any]) -> None:
        """Give it alerts."""
        requests.post(f"{self.url}/api/v2/alerts", json=list(alerts), timeout=10).raise_for_status()

    def wait(self, word: str) -> dict[str, Request]:
        """The message with a word in it, of each kind."""

        def found(kind: str) -> list[Request]:
            return [one for one in self.desk.of(kind) if word in json.dumps([one.body, one.headers.get("Subject")])]

        for kind in KINDS:
            wait_until(lambda kind=kind: bool(found(kind)), 20, f"{word} came by {kind}")  # type: ignore[misc]
        return {kind: found(kind)[0] for kind in KINDS}


def settings_for(folder: Path, heard: Desk) -> Settings:
    """Every kind of channel that Alertmanager knows, at the desk."""
    for name in ("slack", "webhook", "discord", "teams", "sms", "quiet", "closed"):
        (folder / name).write_text(f"{heard.url}/{name}/{SECRET}\n")
    (folder / "key").write_text(f"{SECRET}\n")
    channels: list[dict[str, Any]] = [
        {"name": "a-slack", "kind": "slack", "secret_file": str(folder / "slack"), "to": '#o{{ .X }}"'},
        {"name": "a-bot", "kind": "slack_bot", "to": "#ops", "url": f"{heard.url}/slack_bot"},
        {"name": "a-mail", "kind": "email", "to": "ops@example.org"},
        {"name": "a-hook", "kind": "webhook", "secret_file": str(folder / "webhook")},
        {"name": "a-pager", "kind": "pagerduty", "url": f"{heard.url}/pagerduty"},
        {"name": "a-genie", "kind": "opsgenie", "url": f"{heard.url}/opsgenie/", "to": "team {{ .X }}"},
        {"name": "a-discord", "kind": "discord", "secret_file": str(folder / "discord")},
        {"name": "a-telegram", "kind": "telegram", "url": f"{heard.url}/telegram", "to": "-1003"},
        {"name": "a-team", "kind": "teams", "secret_file": str(folder / "teams")},
        {"name": "a-phone", "kind": "sms", "secret_file": str(folder / "sms"), "to": "+33123456789"},
        {"name": "a-quiet", "kind": "webhook", "secret_file": str(folder / "quiet"), "quiet": ["always"]},
        {"name": "a-closed", "kind": "webhook", "secret_file": str(folder / "closed"), "hours": ["never-now"]},
    ]
    # A day of the week that is neither today nor a neighbour of it.
    far = WEEKDAYS[(datetime.now(UTC).weekday() + 3) % 7]
    times = [{"name": "always"}, {"name": "never-now", "weekdays": [far]}]
    keyed = [
        one if one["kind"] == "email" or "secret_file" in one else {**one, "secret_file": str(folder / "key")}
        for one in channels
    ]
    alerting = {"channels": keyed, "smtp_host": heard.mail, "smtp_require_tls": False, "times": times}
    content = {"alerting": alerting, "stack": {"directory": str(folder)}, "relay": {"port": free_port()}}
    (folder / "watchfloor.yml").write_text(yaml.safe_dump(content))
    return Settings.model_validate(content)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A real Alertmanager with the private copy of its configuration."""
    folder, program = tmp_path_factory.mktemp("messages"), tool("prometheus-alertmanager")
    with desk() as heard:
        settings = settings_for(folder, heard)
        (folder / "secrets").mkdir()
        for name, text in alertmanager.secrets(settings, {}, native(settings)).items():
            (folder / "secrets" / name).write_text(text)
        generated = alertmanager.files(settings, native(settings), {})
        assert not any(SECRET.encode() in content for content in generated.values())
        url = f"http://127.0.0.1:{free_port()}"
        argv = [
            program, f"--config.file={alertmanager.config_file(settings, native(settings), '')}", f"--storage.path={folder}/am",
            f"--web.listen-address={url.removeprefix('http://')}", "--cluster.listen-address=",
        ]  # fmt: skip
        own = [sys.executable, "-m", "generator", "--config", f"{folder}/watchfloor.yml", "relay"]
        health = f"http://{native(settings).relay}/health"
        with running("alertmanager", argv, folder) as process, running("relay", own, folder) as relay:
            wait_until(lambda: answers(f"{url}/-/ready"), 30, "it was ready", process)
            wait_until(lambda: answers(health), 30, "it was ready", relay)
            yield Chain(url, heard)


def _alert(
    name: str, ends: str = FUTURE, labels: dict[str, str] | None = None, notes: dict[str, str] | None = None
) -> dict[str, Any]:
    return {
        "labels": {"alertname": name, **LABELS, **(labels or {})},
        "annotations": {**NOTES, **(notes or {})},
        "startsAt": STARTED,
        "endsAt": ends,
    }


HOSTILE: Final = _alert(
    "Hostile",
    labels={"tenant": NASTY, "campaign": "x" * 10_000},
    notes={"description": f"Calls of {NASTY} and {'y' * 10_000}."},
)


def _plain(messages: dict[str, Request], url: str) -> dict[str, Any]:
    """The messages without what differs from run to run, and without what is only the alert again."""
    shown: dict[str, Any] = {}
    for kind, one in messages.items():
        body = one.body
        if kind == "webhook":
            continue
        subject = {"subject": one.headers["Subject"]} if kind == "mail" else {}
        shown[kind] = {"path": one.path, **subject, "body": body}
    text = json.dumps(shown, indent=1, ensure_ascii=False, sort_keys=True)
    return json.loads(re.sub(r'http://[^/"]*/#/alerts[^"]*', "<alertmanager>", text.replace(url, "<desk>")))  # type: ignore[no-any-return]


def _compare(name: str, messages: dict[str, Request], url: str) -> None:
    text = json.dumps(_plain(messages, url), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("GOLDEN_UPDATE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text, f"{name} differs from tests/golden/messages; review it and set GOLDEN_UPDATE=1"


@pytest.mark.stack
@pytest.mark.promtool
def test_messages_are_as_reviewed(chain: Chain) -> None:
    """Firing and resolved, by every kind of channel; each service gets its secret where it expects it."""
    chain.post(_alert("CallQueueBacklog"))
    firing = chain.wait("CallQueueBacklog")
    _compare("firing", firing, chain.desk.url)
    assert firing["slack"].path == f"/slack/{SECRET}"
    assert firing["slack_bot"].headers["Authorization"] == f"Bearer {SECRET}"
    assert firing["opsgenie"].headers["Authorization"] == f"GenieKey {SECRET}"
    assert firing["telegram"].path.startswith(f"/telegram/bot{SECRET}/")
    assert firing["pagerduty"].body["routing_key"] == SECRET
    assert firing["webhook"].body["alerts"][0]["labels"] == {"alertname": "CallQueueBacklog", **LABELS}
    chain.desk.received.clear()
    chain.post(_alert("CallQueueBacklog", ends=ENDED))
    resolved = chain.wait("")
    _compare("resolved", resolved, chain.desk.url)
    assert resolved["pagerduty"].body["event_action"] == "resolve"
    assert resolved["webhook"].body["status"] == "resolved"
    assert resolved["opsgenie"].path.partition("?")[0].endswith("/close")


@pytest.mark.stack
@pytest.mark.promtool
def test_hostile_values_stay_text(chain: Chain) -> None:
    """No label becomes markup, a line, a link or a template, and none makes a message long or keeps it from coming."""
    chain.post(HOSTILE)
    found = chain.wait("Hostile")
    _compare("hostile", found, chain.desk.url)
    assert found["webhook"].body["alerts"][0]["labels"]["campaign"] == "x" * 10_000
    for kind, one in found.items():
        if kind == "webhook":
            continue
        said = json.dumps(one.body, ensure_ascii=False)
        assert len(said) < 9000, kind
        assert "\u202e" not in said
        assert "{{ .Secret }}" in said, kind
        assert len(said) < 500 or kind != "sms"
        texts = _texts(one.body)
        assert any("Where" in text for text in texts) or kind == "sms"
        for text in texts:
            assert not [line for line in text.splitlines() if line.startswith("Runbook: https://evil")], kind
            assert "Silence" not in text, kind
    for kind in ("slack", "slack_bot"):
        said = json.dumps(found[kind].body)
        assert "<!channel>" not in said
        assert "<https://evil" not in said
    html = found["mail"].body["text/html"]
    assert "<b>html" not in html
    assert "<script" not in html


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


@pytest.mark.stack
@pytest.mark.promtool
def test_quiet_times_hold_back_all_but_critical(chain: Chain) -> None:
    """In quiet times the critical alert comes and the warning does not; outside its hours a channel hears nothing."""
    chain.post(_alert("LoudWarning", labels={"severity": "warning"}), _alert("LoudCritical"))
    chain.wait("LoudWarning")
    chain.wait("LoudCritical")
    wait_until(
        lambda: "LoudCritical" in json.dumps([one.body for one in chain.desk.of("quiet")]), 10, "it came in quiet times"
    )
    assert "LoudWarning" not in json.dumps([one.body for one in chain.desk.of("quiet")])
    assert chain.desk.of("closed") == []
