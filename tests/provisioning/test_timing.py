"""The longest delay of every alert of the catalogue, from the intervals that the generated files carry."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import alerts
from alerts.rule import CRITICAL_FOR, Severity
from exporter.duration import seconds
from exporter.settings import Settings
from provisioning import alertmanager, prometheus, timing
from provisioning.endpoints import native

ALERTS = [alert for group in alerts.build(Settings()) for alert in group.alerts]


def test_every_critical_alert_arrives_within_half_a_minute() -> None:
    """Whatever the phases of the clocks are; the scrape that hangs included for the alert that speaks of it."""
    for alert in ALERTS:
        if alert.severity is Severity.CRITICAL:
            most = timing.bound(Settings(), "critical", alert.wait, hangs=alert.name == "ExporterDown")
            assert most.total <= 30, alert.name


def test_every_other_alert_arrives_within_a_minute_of_its_own_waiting() -> None:
    """News such as a new lead waits for nothing, so it arrives within a minute of the event."""
    for alert in ALERTS:
        most = timing.bound(Settings(), alert.severity.value, alert.wait)
        assert most.beyond_wait <= 60, alert.name
    news = {alert.name: alert for alert in ALERTS}["NewLead"]
    assert timing.bound(Settings(), news.severity.value, news.wait).total <= 60


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_the_bound_is_made_of_what_the_files_say(severity: str) -> None:
    """The numbers of prometheus.yml and alertmanager.yml give the same sum."""
    settings = Settings.model_validate({"alerting": {"email": "a@example.org"}})
    scrape: dict[str, Any] = yaml.safe_load(prometheus.config(settings, native(settings)))["global"]
    routes = yaml.safe_load(alertmanager.config(settings, native(settings), {}))["route"]["routes"]
    group = next(route for route in routes if f'severity="{severity}"' in route["matchers"])
    expected = (
        seconds(scrape["scrape_interval"])
        + timing.READ
        + seconds(scrape["evaluation_interval"])
        + max(seconds(group["group_wait"]), seconds(group["group_interval"]))
        + timing.SEND
    )
    assert timing.bound(settings, severity).total == expected


def test_a_wait_is_rounded_up_to_evaluations() -> None:
    """An alert that waits 7 s fires at the second evaluation after the first, 10 s later."""
    assert timing.bound(Settings(), "critical", 7).wait == 10
    assert timing.bound(Settings(), "critical", 0).wait == 0


def test_intervals_that_break_the_promise_are_told() -> None:
    """The defaults keep it; a minute between scrapes does not."""
    assert timing.notices(Settings(), CRITICAL_FOR) == ()
    slow = Settings.model_validate({"stack": {"scrape_interval": "1m"}})
    assert len(timing.notices(slow, CRITICAL_FOR)) == 3
    assert timing.notices(slow, CRITICAL_FOR)[0] == (
        "A critical alert may take 79 s to arrive and not 30 s: lower stack.scrape_interval and stack.evaluation_interval."
    )
