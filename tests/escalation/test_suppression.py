"""Inhibitions and mute times of the generated configuration, decided by a real Alertmanager."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from alerts import build
from exporter.labels import LABELS
from exporter.settings import Settings
from provisioning.routing import SAME
from provisioning.times import WEEKDAYS
from provisioning.tree import find, tree
from tests.escalation.conftest import PATIENCE, Chain, Switch, chain
from tests.processes import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.promtool]


def _days(*away: int) -> list[str]:
    today = datetime.now(UTC)
    return [WEEKDAYS[(today + timedelta(days=days)).weekday()] for days in away]


WORK = {"owner": "anna", "reason": "Backup."}
TIMES = [{"name": "now", "zone": "UTC"}, {"name": "not-now", "zone": "UTC", "weekdays": _days(3, 4)}]
MAINTENANCE = [
    {"name": "always", "matchers": ["tenant=backed-up"], "times": ["now"], **WORK},
    {"name": "both", "matchers": ['tenant=~"backed-up|later"'], "times": ["not-now"], **WORK},
]


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory, switch: Switch) -> Iterator[Chain]:
    """One Alertmanager with the generated configuration."""
    settings = {"alerting": {"notify": ["first"], "times": TIMES}, "maintenance": MAINTENANCE}
    with contextlib.ExitStack() as stack:
        made = chain(tmp_path_factory.mktemp("suppression"), switch, settings)
        made.stack = stack
        made.start("alertmanager")
        yield made


def _post(chain: Chain, *alerts: dict[str, str]) -> None:
    answer = requests.post(f"{chain.alertmanager}/api/v2/alerts", json=[{"labels": one} for one in alerts], timeout=5)
    answer.raise_for_status()


def _states(chain: Chain) -> dict[tuple[str, ...], bool]:
    """Alerts by name, severity and what else names them, and whether another one inhibits them."""
    found = requests.get(f"{chain.alertmanager}/api/v2/alerts", timeout=5).json()
    keys = ("alertname", "severity", "tenant", "part")
    return {tuple(one["labels"].get(key, "") for key in keys): bool(one["status"]["inhibitedBy"]) for one in found}


def _alert(name: str, severity: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity, **labels}


def test_a_critical_alert_silences_the_warning_of_the_same_thing_alone(alertmanager: Chain) -> None:
    """Another tenant, another part of the system and another alert are still told."""
    _post(
        alertmanager,
        _alert("CallQueueBacklog", "critical", tenant="acme", domain="calls"),
        _alert("CallQueueBacklog", "warning", tenant="acme", domain="calls"),
        _alert("CallQueueBacklog", "warning", tenant="bolt", domain="calls"),
        _alert("UptimeLow", "critical", part="database", domain="health"),
        _alert("UptimeLow", "warning", part="database", domain="health"),
        _alert("UptimeLow", "warning", part="redis", domain="health"),
        _alert("LatencyHigh", "warning", tenant="acme", domain="calls"),
    )
    expected = {
        ("CallQueueBacklog", "critical", "acme", ""): False,
        ("CallQueueBacklog", "warning", "acme", ""): True,
        ("CallQueueBacklog", "warning", "bolt", ""): False,
        ("UptimeLow", "critical", "", "database"): False,
        ("UptimeLow", "warning", "", "database"): True,
        ("UptimeLow", "warning", "", "redis"): False,
        ("LatencyHigh", "warning", "acme", ""): False,
    }
    wait_until(lambda: expected.items() <= _states(alertmanager).items(), PATIENCE, "states are as expected")


def test_the_database_silences_its_consequences(alertmanager: Chain) -> None:
    """Those of the same exporter; its own loss and other alerts are told."""
    here = {"instance": "watchfloor", "domain": "exporter"}
    _post(
        alertmanager,
        _alert("DatabaseDown", "critical", **here),
        _alert("DomainDown", "critical", **{**here, "domain": "calls"}),
        _alert("ComputationFailing", "warning", **here),
        _alert("ScrapeSlow", "warning", **here),
        _alert("StateNotSaved", "warning", **here),
        _alert("ScrapeSlow", "warning", instance="other", tenant="elsewhere", domain="exporter"),
    )
    expected = {
        ("DatabaseDown", "critical", "", ""): False,
        ("DomainDown", "critical", "", ""): True,
        ("ComputationFailing", "warning", "", ""): True,
        ("ScrapeSlow", "warning", "", ""): True,
        ("StateNotSaved", "warning", "", ""): False,
        ("ScrapeSlow", "warning", "elsewhere", ""): False,
    }
    wait_until(lambda: expected.items() <= _states(alertmanager).items(), PATIENCE, "states are as expected")


def test_maintenance_that_comes_back_mutes_at_its_times(alertmanager: Chain, switch: Switch) -> None:
    """A window of today mutes what it names, one of other days does not, and both hold where both name an alert."""
    _post(alertmanager, *(_alert("LeadsStale", "warning", tenant=name) for name in ("backed-up", "later", "else")))
    for tenant in ("later", "else"):
        wait_until(lambda: bool(switch.told("first", tenant)), PATIENCE, f"{tenant} is told")  # noqa: B023
    log = alertmanager.folder / "alertmanager.log"
    wait_until(lambda: "route is within mute time" in log.read_text(), PATIENCE, "Alertmanager says that it mutes")
    assert not switch.told("first", "backed-up")


def test_the_heartbeat_is_never_in_maintenance(alertmanager: Chain) -> None:
    """A window of everything lets it through, so that a dead man's switch does not go off."""
    window = {"name": "all", "matchers": [], "times": ["now"], **WORK}
    settings = Settings.model_validate({**alertmanager.settings.model_dump(), "maintenance": [window]})
    (beat,) = find(tree(settings, {}), {"alertname": "Watchdog", "severity": "none"})
    (other,) = find(tree(settings, {}), {"alertname": "LeadsStale", "severity": "warning"})
    assert (beat.receiver, beat.quiet) == ("heartbeat", ())
    assert (other.receiver, other.quiet) == ("first", ("now",))


def test_inhibition_compares_every_label_that_an_alert_can_have() -> None:
    """Labels of the catalogue, and those that an expression of an alert groups by."""
    grouped = {
        name.strip()
        for group in build(Settings())
        for alert in group.alerts
        for names in re.findall(r"\bby \(([^)]*)\)", alert.expr)
        for name in names.split(",")
    }
    named = {label.name for group in build(Settings()) for alert in group.alerts for label in alert.by}
    assert {label.name for label in LABELS} | grouped | named <= set(SAME)


def test_too_many_windows_are_refused() -> None:
    """Each doubles the routes."""
    many: list[dict[str, Any]] = [{"name": f"w{n}", "times": ["now"], **WORK} for n in range(5)]
    with pytest.raises(ValueError, match="at most 4 windows may come back"):
        Settings.model_validate({"alerting": {"times": TIMES}, "maintenance": many})
