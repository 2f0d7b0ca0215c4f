"""Every alert of the catalogue goes once through Prometheus and Alertmanager to receivers that check what they get."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

import alerts
from alerts.rule import Alert, Severity
from exporter.settings import Settings
from tests.delivery.chain import Chain, chain

pytestmark = [pytest.mark.stack, pytest.mark.promtool, pytest.mark.slow]

LABEL = re.compile(r"\$labels\.(\w+)")
FAST = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
OBJECTIVE = {"name": "turns-fast", "objective": 99, "metric": "turn_latency_seconds", "below": 1.5, "by": ["tenant"]}
"""Objectives have alerts only when there is one."""

SETTINGS = Settings.model_validate({"slos": [OBJECTIVE]})
ALERTS = [(group.domain, alert) for group in alerts.build(SETTINGS) for alert in group.alerts]
RUNBOOKS = Path(alerts.__file__).parent / "runbooks"
NAMED = [(domain, alert) for domain, alert in ALERTS if alert.severity is not Severity.NONE]


def _forced(rule: dict[str, Any]) -> dict[str, Any]:
    """The same rule with a condition that always holds and every label that its texts name. Each has an instance of its own,
    so that none silences another.
    """
    texts = " ".join([*rule["annotations"].values(), *rule["labels"].values()])
    labels = {name: f"the-{name}" for name in sorted(set(LABEL.findall(texts)))}
    labels["instance"] = f"{rule['alert']}-{rule['labels']['severity']}"
    query = reduce(
        lambda inner, item: f'label_replace({inner}, "{item[0]}", "{item[1]}", "", "")', labels.items(), "vector(0.5)"
    )
    return {"alert": rule["alert"], "expr": query, "labels": rule["labels"], "annotations": rule["annotations"]}


def _groups(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for group in alerts.build(settings):
        content: Any = group.content(settings)
        rules = [rule for part in content["groups"] for rule in part["rules"]]
        found[group.domain] = [_forced(rule) for rule in rules if "alert" in rule]
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain in which every alert fires, with everything that people were told within the time that is promised."""
    # Heartbeats go to the webhook's server too, at a path of their own.
    folder = tmp_path_factory.mktemp("catalogue")
    changes = {"stack": FAST, "slos": [OBJECTIVE], "deadman": {"enabled": True, "url": "http://127.0.0.1:1"}}
    with chain(folder, _groups, changes=changes) as made:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if all(len(_keys(made, name)) == len(NAMED) for name in ("slack", "hook", "mail")):
                break
            time.sleep(0.2)
        yield made


def _keys(made: Chain, receiver: str) -> set[tuple[str, str]]:
    """Name and severity of every alert that a receiver was told of."""
    if receiver == "hook":
        found = [
            alert["labels"] for message in made.receivers.hook.received for alert in json.loads(message.body)["alerts"]
        ]
        return {(labels["alertname"], labels["severity"]) for labels in found}
    titles = [re.findall(r"(CRITICAL|WARNING|INFO): (\w+)", message.body) for message in made.receivers.of(receiver)]
    return {(name, severity.lower()) for title in titles for severity, name in title}


def test_no_alert_is_left_out() -> None:
    """Whatever settings an alert needs to be there: each has a runbook, and what has a runbook is tried here."""
    written = {
        name for page in RUNBOOKS.glob("*.md") for name in re.findall(r"^## (\w+)$", page.read_text(), re.MULTILINE)
    }
    assert {alert.name for _, alert in ALERTS} == written


@pytest.mark.parametrize("receiver", ["slack", "hook", "mail"])
def test_every_alert_arrives(told: Chain, receiver: str) -> None:
    """Each alert of each severity reaches each receiver."""
    wanted = {(alert.name, alert.severity.value) for _, alert in NAMED}
    assert len(wanted) > 80
    assert _keys(told, receiver) == wanted


def test_the_heartbeat_reaches_nobody_but_the_dead_mans_switch(told: Chain) -> None:
    """People do not hear that all is well each twenty seconds."""
    assert [name for name in ("slack", "hook", "mail") if told.messages(name, "Watchdog")] == []


@pytest.mark.parametrize(("domain", "alert"), NAMED, ids=[f"{alert.name}-{alert.severity}" for _, alert in NAMED])
def test_what_is_said_is_complete(told: Chain, domain: str, alert: Alert) -> None:
    """What, where, value, runbook and dashboard are in the message, with every template filled in."""
    key = f"{alert.name}-{alert.severity.value}"
    found = [
        item
        for message in told.receivers.hook.received
        for item in json.loads(message.body)["alerts"]
        if item["labels"].get("instance") == key
    ]
    assert found, f"{key} did not arrive"
    labels, notes = found[0]["labels"], found[0]["annotations"]
    assert (labels["alertname"], labels["severity"]) == (alert.name, alert.severity.value)
    assert labels["domain"] in (domain, "the-domain")
    assert notes["summary"] == alert.summary
    for name, text in notes.items():
        assert not re.search(r"\{\{|<no value>|%!|<error", text), (name, text)
        assert text.strip()
    for name in LABEL.findall(alert.description):
        assert f"the-{name}" in notes["description"]
    assert notes["runbook_url"].endswith(f"{domain}.md#{alert.name.lower()}")
    for label in alert.by:
        assert f"var-{label.name}=the-{label.name}" in notes["dashboard_url"]
    assert abs((datetime.now(UTC) - datetime.fromisoformat(found[0]["startsAt"])).total_seconds()) < 300
    for receiver in ("slack", "mail"):
        said = " ".join(_told_by(told, receiver, alert).split())
        for word in (_cut(notes["description"]), _cut(notes["runbook_url"]), "Dashboard", f"instance {_cut(key, 60)}"):
            assert word in said, (receiver, word)


def _told_by(told: Chain, receiver: str, alert: Alert) -> str:
    """What people read of an alert: the texts of the messages with its name and severity."""
    title = re.compile(rf"\A{alert.severity.value.upper()}: {alert.name}\b")
    if receiver == "mail":
        return "\n".join(one.body for one in told.receivers.of("mail") if title.match(one.body))
    parts = [part for one in told.receivers.of("slack") for part in json.loads(one.body)["attachments"]]
    return html.unescape("\n".join(part["text"] for part in parts if title.match(part["title"])))


def _cut(text: str, most: int = 400) -> str:
    """A value as messages show it, without the sign of what was cut."""
    return " ".join(text.split())[:most]
