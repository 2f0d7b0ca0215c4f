"""Alerts as rules of Grafana: the same ones, in the form that Grafana's loader reads, and never by two engines."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

import alerts
from alerts import escalation, grafana
from alerts.rule import Severity
from exporter.settings import Settings, seconds
from generator.generate import build
from provisioning import grafana_watch
from provisioning.grafana_rules import (
    GrafanaGroup,
    GrafanaRule,
    GrafanaRuleError,
    content,
    converted,
    template,
    uid,
    whole_interval,
)

LEVELS = [{"after": "5m", "notify": ["email"]}, {"after": "1h", "notify": ["email"]}]
ALERTING = {"email": "ops@example.org", "escalation": LEVELS}
FILE = "grafana/provisioning/alerting/rules.yaml"
TEXT = {"type": "string", "minLength": 1}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {**required, **optional},
    }


def _constant(value: object) -> dict[str, Any]:
    return {"const": value}


RANGE = _object({"from": {"type": "integer"}, "to": _constant(0)})
QUERY = _object({"refId": TEXT, "relativeTimeRange": RANGE, "datasourceUid": TEXT, "model": {"type": "object"}})
DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m|h|d)$"}
WORDS = {"type": "object", "additionalProperties": {"type": "string"}}
RULE = _object(
    {
        "uid": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"},
        "title": TEXT,
        "condition": _constant("threshold"),
        "data": {"type": "array", "items": QUERY, "minItems": 3, "maxItems": 3},
        "noDataState": _constant("OK"),
        "execErrState": _constant("KeepLast"),
        "missing_series_evals_to_resolve": _constant(1),
        "annotations": WORDS,
        "labels": WORDS,
        "isPaused": {"const": False},
    },
    **{"for": DURATION, "keepFiringFor": DURATION},
)
GROUP = _object(
    {
        "orgId": _constant(1),
        "name": TEXT,
        "folder": TEXT,
        "interval": {"type": "string", "pattern": "^[1-9]\\d*0s$"},
        "rules": {"type": "array", "items": RULE, "minItems": 1},
    }
)
DELETED = _object({"orgId": _constant(1), "uid": TEXT})
SCHEMA = _object(
    {"apiVersion": _constant(1)},
    groups={"type": "array", "items": GROUP},
    deleteRules={"type": "array", "items": DELETED},
)
"""The keys of Grafana's loader (pkg/services/provisioning/alerting/rules_types.go); it ignores all others without a word."""


def _settings(engine: str, **settings: Any) -> Settings:
    return Settings.model_validate({"alerting": {**ALERTING, "engine": engine}, **settings})


def _prometheus(settings: Settings) -> list[dict[str, Any]]:
    """All rules of Prometheus' files."""
    contents: list[Any] = [group.content(settings) for group in alerts.build(settings)]
    contents.append(escalation.content(settings))
    return [rule for one in contents for group in one.get("groups", []) for rule in group["rules"]]


def _files(settings: Settings) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Prometheus' alerts by name, severity and level, with all of Grafana's file."""
    found = {_key(rule["alert"], rule["labels"]): rule for rule in _prometheus(settings) if "alert" in rule}
    return found, {"apiVersion": 1, **grafana.file(settings)}


def _key(name: str, labels: dict[str, str]) -> str:
    return f"{name}/{labels['severity']}/{labels.get('escalation', 0)}"


def _rules(file: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {_key(rule["title"], rule["labels"]): rule for group in file.get("groups", []) for rule in group["rules"]}


def test_every_alert_is_evaluated_by_one_engine() -> None:
    """What Prometheus evaluates Grafana deletes, and what Grafana evaluates Prometheus has not; recordings stay."""
    mine, without = _files(_settings("prometheus"))
    none, theirs = _files(_settings("grafana"))
    assert len(mine) > 130
    assert set(mine) == set(_rules(theirs))
    assert (none, _rules(without)) == ({}, {})
    deleted = {one["uid"] for one in without["deleteRules"]}
    assert {rule["uid"] for rule in _rules(theirs).values()} <= deleted
    assert not {rule["uid"] for rule in _rules(theirs).values()} & {one["uid"] for one in theirs["deleteRules"]}
    assert len(_prometheus(_settings("grafana"))) == len(alerts.RECORDINGS)


def test_the_files_of_the_stack_are_these() -> None:
    """The generator writes Grafana's rules, and Prometheus' own only where it has any."""
    settings = _settings("grafana")
    files = build(settings, environment={})
    watch = grafana_watch.groups(settings)
    assert yaml.safe_load(files[FILE]) == {"apiVersion": 1, **grafana.file(settings, watch)}
    assert not any(b"alert:" in text for path, text in files.items() if path.startswith("prometheus/rules/"))


def test_the_first_alerts_are_the_same() -> None:
    """Query, waiting, labels, and texts but for the name of the value."""
    mine, _ = _files(_settings("prometheus"))
    for key, rule in _rules(_files(_settings("grafana"))[1]).items():
        if not key.endswith("/0"):
            continue
        same = mine[key]
        assert rule["data"][0]["model"]["expr"] == same["expr"]
        assert [rule.get("for"), rule.get("keepFiringFor")] == [same.get("for"), same.get("keep_firing_for")]
        assert rule["labels"] == same["labels"]
        said = {name: text.replace("$values.query.Value", "$value") for name, text in rule["annotations"].items()}
        assert said == same["annotations"]


def test_levels_wait_longer_for_the_same_query() -> None:
    """Each level is the alert once more, with the time of the level on top of its own."""
    rules = _rules(_files(_settings("grafana"))[1])
    first, second = rules["CallQueueBacklog/critical/0"], rules["CallQueueBacklog/critical/2"]
    assert second["data"] == first["data"]
    assert seconds(second["for"]) == seconds(first["for"]) + 3600
    assert second["labels"] == {**first["labels"], "escalation": "2"}
    assert second["annotations"]["description"].endswith(
        "This goes on for 1h, and nobody has acknowledged it by a silence of escalation=~.+"
    )


@pytest.mark.parametrize("engine", ["prometheus", "grafana"])
def test_the_file_has_only_keys_that_grafana_reads(engine: str) -> None:
    """And each value is of its form; titles are unique in their folder, uids everywhere."""
    file = _files(_settings(engine))[1]
    jsonschema.validate(file, SCHEMA)
    pairs = [(group["folder"], rule["title"]) for group in file.get("groups", []) for rule in group["rules"]]
    uids = [rule["uid"] for group in file.get("groups", []) for rule in group["rules"]]
    assert len(set(pairs)) == len(pairs)
    assert len(set(uids)) == len(uids) == (0 if engine == "prometheus" else len(pairs))
    for group in file.get("groups", []):
        assert group["folder"] != "Watchfloor"
        for rule in group["rules"]:
            assert [step["refId"] for step in rule["data"]] == ["query", "prometheus_math", "threshold"]
            assert rule["data"][0]["relativeTimeRange"] == {"from": 600, "to": 0}
            assert (rule["data"][0]["model"]["instant"], rule["data"][0]["model"]["range"]) == (True, False)


def test_an_interval_is_one_that_grafana_takes() -> None:
    """A multiple of ten seconds, not shorter than what was asked for."""
    assert [whole_interval(one) for one in (1, 10, 10.5, 15, 60)] == [10, 10, 20, 20, 60]
    groups = _files(_settings("grafana", stack={"evaluation_interval": "15s"}))[1]["groups"]
    assert {group["interval"] for group in groups} == {"20s"}


def test_the_lock_file_names_every_rule_and_forgets_none() -> None:
    """`python -m alerts.grafana` adds new ones. What was once in it stays, or Grafana keeps the rule for ever."""
    locked = grafana.locked()
    assert set(grafana.possible()) <= set(locked)
    assert locked == tuple(sorted(set(locked)))


def test_a_rule_that_is_gone_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its uid, whoever evaluates the others."""
    locked = (*grafana.locked(), ("OldAlert", "warning"))
    monkeypatch.setattr(grafana, "locked", lambda: locked)
    for engine in ("prometheus", "grafana"):
        deleted = [one["uid"] for one in _files(_settings(engine))[1]["deleteRules"]]
        assert uid("OldAlert", "warning") in deleted


def test_uids_stay() -> None:
    """A changed uid would make a second rule beside the first."""
    assert uid("CallQueueBacklog", "critical") == "watchfloor-858c20f7fe834f200049"


def test_dollars_are_doubled_where_grafana_interpolates_and_only_there() -> None:
    """Title and labels are escaped, annotations and the query are not; `${` cannot stand in an annotation."""
    rule = converted(
        {
            "alert": "A$B",
            "expr": 'x{a=~"b$"}',
            "labels": {"severity": "warning", "team": "$HOME"},
            "annotations": {"a": "${X} costs $5: {{ $value | humanize }} {{ $valued }} $value {{ $labels.x }}"},
        },
        key=("a",),
    ).content()
    assert (rule["title"], rule["labels"]) == ("A$$B", {"severity": "warning", "team": "$$HOME"})
    assert rule["annotations"] == {
        "a": '{{ "$" }}{X} costs $5: {{ $values.query.Value | humanize }} {{ $valued }} $value {{ $labels.x }}'
    }
    assert json.dumps(rule["data"]).count('x{a=~\\"b$\\"}') == 1
    hostile = Settings.model_validate({"alerting": {"engine": "grafana"}, "dashboard_url": "http://x/${HOME}{{.Y}}"})
    text = yaml.safe_dump(grafana.file(hostile), width=100_000)
    assert "${" not in text
    assert '{{ "$" }}{HOME}{{ "{{" }}.Y}}' in text.replace("''", "'")


def test_texts_use_only_what_grafana_has() -> None:
    """No bare value, and only functions that both template engines know."""
    known = {"humanize", "humanizePercentage", "humanizeDuration", "urlquery"}
    for rule in _rules(_files(_settings("grafana"))[1]).values():
        for text in rule["annotations"].values():
            for action in re.findall(r"\{\{(.*?)\}\}", text):
                assert "$value " not in action
                assert set(re.findall(r"\| (\w+)", action)) <= known


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"uid": "a b"}, "'a b' is no uid of a rule"),
        ({"uid": "a" * 41}, "at most 40 letters"),
        ({"title": ""}, "needs a title and a query"),
        ({"annotations": {"x": "${HOME}"}}, r"A: annotation x has \$\{"),
    ],
)
def test_a_rule_that_grafana_would_not_take_is_refused(change: dict[str, Any], said: str) -> None:
    """When it is made."""
    with pytest.raises(GrafanaRuleError, match=said):
        GrafanaRule(**{"uid": "a", "title": "A", "expr": "x", "labels": {}, **change})


def test_two_rules_of_one_name_or_uid_are_refused() -> None:
    """A name is unique in its folder, a uid everywhere."""
    one = GrafanaRule(uid="a", title="A", expr="x", labels={})
    same_name = GrafanaRule(uid="b", title="A", expr="x", labels={})
    with pytest.raises(GrafanaRuleError, match="folder f has two rules A"):
        content([GrafanaGroup(name="g", folder="f", rules=(one, same_name))])
    with pytest.raises(GrafanaRuleError, match="two rules have the uid a"):
        content([GrafanaGroup(name="g", folder=folder, rules=(one,)) for folder in ("f", "h")])


def test_more_levels_than_the_lock_file_knows_are_refused() -> None:
    """Their rules could not be deleted later."""
    levels = [{"after": number, "notify": ["email"]} for number in range(1, 7)]
    with pytest.raises(alerts.rule.RuleError, match="at most 5 levels"):
        grafana.groups(Settings.model_validate({"alerting": {"escalation": levels, "engine": "grafana"}}))


def test_severities_have_folders_of_their_own() -> None:
    """Since an alert of two severities has one name."""
    folders = {group.folder for group in grafana.groups(Settings())}
    assert folders == {f"Watchfloor alerts, {severity.value}" for severity in Severity}


def test_a_template_keeps_what_is_no_action() -> None:
    """Only within braces is the value a variable."""
    assert template("$value {{ $value }}") == "$value {{ $values.query.Value }}"
