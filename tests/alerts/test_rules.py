"""Rules as a whole: they parse, use only names of the catalogue, and each has what a person on call needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import alerts
from alerts.rule import Alert, Group, Recording, RuleError, Severity
from exporter.labels import OUTCOME, TENANT
from exporter.metric import Metric, set_namespace
from exporter.metrics.calls import CALLS_INITIATED
from exporter.settings import Settings
from provisioning.routing import INHIBITIONS, SAME

RUNBOOKS = Path(alerts.__file__).parent / "runbooks"


def _groups() -> tuple[Group, ...]:
    return alerts.build(Settings())


def _alerts() -> list[tuple[str, Alert]]:
    return [(group.domain, alert) for group in _groups() for alert in group.alerts]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    """The headings of a domain's runbook are its alerts' names, each with four parts."""
    for group in _groups():
        text = (RUNBOOKS / f"{group.domain}.md").read_text()
        sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
        assert {part.split("\n", 1)[0] for part in sections} == {alert.name for alert in group.alerts}, group.domain
        for part in sections:
            for word in ("Meaning.", "First step.", "Likely causes.", "Silence."):
                assert f"**{word}**" in part, part


def test_labels_in_texts_are_labels_of_the_alert() -> None:
    """A text that names a label which the alert lacks would show a gap."""
    for _, alert in _alerts():
        used = set(re.findall(r"\$labels\.(\w+)", alert.description + alert.summary))
        assert used <= {label.name for label in alert.by} | {
            "reason",
            "metric",
            "label",
            "rule_group",
            "integration",
            "computation",
        }, alert.name


def test_names_are_unique_across_domains() -> None:
    """One name and severity is one alert; one name is one domain's."""
    keys = [(alert.name, alert.severity) for _, alert in _alerts()]
    assert len(keys) == len(set(keys))
    assert len({(domain, name) for domain, (name, _) in zip((d for d, _ in _alerts()), keys, strict=True)}) == len(
        {n for n, _ in keys}
    )


def test_critical_alerts_wait_at_most_ten_seconds() -> None:
    """The promise of delivery in under half a minute rests on it."""
    assert max(alert.wait for _, alert in _alerts() if alert.severity is Severity.CRITICAL) == 10.0


def test_alerts_that_page_are_kept_for_a_minute() -> None:
    """A condition that comes and goes within a minute is one page and not many."""
    paging = [alert for _, alert in _alerts() if alert.severity in (Severity.CRITICAL, Severity.WARNING)]
    assert len(paging) > 60
    assert [alert.name for alert in paging if alert.keep < 60] == []


def test_every_setting_of_the_thresholds_moves_a_rule() -> None:
    """A threshold that no rule reads would be a promise not kept."""
    thresholds = Settings().thresholds
    before = [group.content(Settings()) for group in _groups()]
    for name in type(thresholds).model_fields:
        value = getattr(thresholds, name)
        other = (
            {"warning": value.warning * 0.9, "critical": value.critical * 0.9}
            if hasattr(value, "warning")
            else value * 0.9
        )
        changed = Settings.model_validate({"thresholds": {name: other}})
        after = [group.content(changed) for group in alerts.build(changed)]
        assert after != before, name


def test_recordings_carry_the_namespace() -> None:
    """A prefix of metric names is in the names of recordings too."""
    set_namespace("acme")
    try:
        assert {rule.name.split(":")[1].startswith("acme_") for rule in alerts.RECORDINGS} == {True}
    finally:
        set_namespace("")


def test_a_critical_alert_silences_the_warning_of_the_same_thing_only() -> None:
    """Every label that tells the things of an alert apart is compared, or one part's outage would hide another's trouble."""
    both: dict[str, set[Severity]] = {}
    for _, alert in _alerts():
        both.setdefault(alert.name, set()).add(alert.severity)
    for _, alert in _alerts():
        if both[alert.name] > {Severity.CRITICAL}:
            assert {label.name for label in alert.by} <= set(SAME), alert.name


def test_inhibitions_name_alerts_that_exist() -> None:
    """A database that is down silences what follows from it, by names that are right."""
    names = {alert.name for _, alert in _alerts()}
    named = [one for rule in INHIBITIONS for side in (rule.source, rule.target) if (one := side.get("alertname"))]
    assert set(named) <= names
    silenced = {rule.target.get("alertname") for rule in INHIBITIONS if rule.source == {"alertname": "DatabaseDown"}}
    assert silenced >= {"DomainDown", "ComputationFailing"}


def _alert(**changes: Any) -> Alert:
    given: dict[str, Any] = {
        "name": "SomethingWrong",
        "severity": Severity.WARNING,
        "expr": "up == 0",
        "summary": "Something is wrong.",
        "description": "It is.",
        "no_data": "It ends.",
    }
    return Alert(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "something_wrong"}, "CamelCase"),
        ({"summary": "something is wrong"}, "capital and a full stop"),
        ({"no_data": ""}, "without data"),
        ({"description": ""}, "description"),
        ({"severity": Severity.CRITICAL, "wait": 11.0}, "at most 10 s"),
    ],
)
def test_wrong_alerts_are_refused(changes: dict[str, Any], said: str) -> None:
    """A wrong alert cannot be made, and the message says what would be right."""
    with pytest.raises(RuleError, match=said):
        _alert(**changes)


def test_the_same_rule_twice_is_refused() -> None:
    """Two alerts of one name and severity, or two recordings of one name, are a mistake."""
    with pytest.raises(RuleError, match="SomethingWrong warning is defined twice"):
        Group("calls", (), (_alert(), _alert()))


def test_recordings_are_made_of_labels_that_the_metric_has() -> None:
    """A label that the metric lacks is refused with those that it has."""
    metric: Metric = CALLS_INITIATED
    with pytest.raises(ValueError, match="calls_initiated_total has no label outcome; it has tenant"):
        Recording(metric=metric, by=(TENANT, OUTCOME), operation="x", query=lambda _: "")
    with pytest.raises(RuleError, match="no recording name"):
        Recording(metric=metric, by=(), operation="Not This", query=lambda _: "")


def test_hostile_settings_stay_text() -> None:
    """Template syntax in an address is printed and not run."""
    settings = Settings.model_validate(
        {"dashboard_url": 'http://x/{{ .Secret }}"\n', "alerting": {"runbook_url": "http://{{ x }}"}}
    )
    rule = _alert().rule("calls", settings)
    notes = rule["annotations"]
    assert isinstance(notes, dict)
    assert notes["dashboard_url"] == 'http://x/{{ "{{" }} .Secret }}"\n/d/watchfloor-overview'
    assert notes["runbook_url"] == 'http://{{ "{{" }} x }}/calls.md#somethingwrong'
