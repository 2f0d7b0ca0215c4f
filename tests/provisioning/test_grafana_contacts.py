"""Grafana's contact points, policies, mute timings and templates: exact keys, the same routes, no secret, nothing left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exporter.settings import Settings, SettingsError
from generator.generate import LOCK, build, known_names
from provisioning import grafana_contacts, grafana_kinds
from provisioning.endpoints import compose
from provisioning.grafana_contacts import NEVER, PREFIX, Names
from provisioning.tree import find, tree
from tests.provisioning.test_routes import ENVIRONMENT, RICH, VARIANTS, _cases, _environment

SHARED: Final = Path(__file__).parents[2].parent.parent / "shared" / "data" / "grafana_alerting"
SECRET: Final = "s3cr3t-5ee"
EVERY: Final[list[dict[str, Any]]] = [
    {"name": "a-slack", "kind": "slack", "to": "#o$x"},
    {"name": "a-bot", "kind": "slack_bot", "to": "#ops", "url": "https://slack.example.com/api"},
    {"name": "a-mail", "kind": "email", "to": "a@b.c, d@e.f"},
    {"name": "a-hook", "kind": "webhook", "resolved": False},
    {"name": "a-pager", "kind": "pagerduty", "url": "https://events.eu.pagerduty.com/v2/enqueue"},
    {"name": "a-genie", "kind": "opsgenie", "to": "team", "url": "https://api.eu.opsgenie.com/"},
    {"name": "a-team", "kind": "teams"},
    {"name": "a-discord", "kind": "discord"},
    {"name": "a-telegram", "kind": "telegram", "to": "-1003"},
    {"name": "a-phone", "kind": "sms", "to": "+33123456789"},
]
POLICY_KEYS: Final = {
    "receiver", "group_by", "group_wait", "group_interval", "repeat_interval", "object_matchers", "continue", "mute_time_intervals",
    "active_time_intervals", "routes",
}  # fmt: skip


def _settings(alerting: Mapping[str, Any]) -> Settings:
    return Settings.model_validate({"alerting": alerting})


def _every(tmp_path: Path) -> Settings:
    (tmp_path / "url").write_text(f"https://x.example.com/{SECRET}")
    channels = [one if one["kind"] == "email" else {**one, "secret_file": str(tmp_path / "url")} for one in EVERY]
    return _settings({"email": "ops@example.org", "channels": channels})


def _file(settings: Settings, environment: Mapping[str, str] | None = None, known: Names | None = None) -> Any:
    return grafana_contacts.file(settings, compose(), environment or {}, known)[0]


@pytest.mark.shared
def test_keys_are_those_that_grafana_exports(tmp_path: Path) -> None:
    """Each setting of each kind is one that Grafana's own export of all integrations has."""
    source = SHARED / "grafana__ngalert_receiver-exports_unredacted_all-integrations.yaml"
    if not source.exists():
        pytest.skip(f"there is no {source}")
    exported = yaml.safe_load(source.read_text())["contactPoints"][0]["receivers"]
    known = {one["type"]: one for one in exported}
    seen = set()
    for point in _file(_every(tmp_path))["contactPoints"]:
        assert set(point) == {"orgId", "name", "receivers"}
        for one in point["receivers"]:
            assert set(one) == set(known[one["type"]])
            extra = {"details"} if one["type"] == "pagerduty" else set()
            assert set(one["settings"]) <= set(known[one["type"]]["settings"]) | extra, one["type"]
            assert re.fullmatch(r"[\w-]{1,40}", one["uid"])
            seen.add(one["type"])
    assert seen == {"slack", "email", "webhook", "pagerduty", "opsgenie", "teams", "discord", "telegram"}


def test_every_kind_has_its_secret_from_a_variable(tmp_path: Path) -> None:
    """The file names variables; Grafana's process gets them; a literal dollar is doubled."""
    settings = _every(tmp_path)
    content = _file(settings)
    assert SECRET not in json.dumps(content)
    points = {point["name"].removeprefix(PREFIX): point["receivers"][0] for point in content["contactPoints"]}
    given = grafana_kinds.environment(settings, {})
    for channel in EVERY:
        shown = json.dumps(points[channel["name"]]["settings"])
        variables = set(re.findall(r"(?<!\$)\$(\w+)", shown))
        assert variables == (
            set() if channel["kind"] in ("email", "sms") else {grafana_kinds.variable(channel["name"])}
        )
        assert all(SECRET in given[name] for name in variables)
    assert points["a-slack"]["settings"]["recipient"] == "#o$$x"
    assert points["a-mail"]["settings"]["addresses"] == "a@b.c;d@e.f"
    assert points["a-hook"]["disableResolveMessage"] is True
    assert points["a-genie"]["settings"]["apiUrl"] == "https://api.eu.opsgenie.com/v2/alerts"
    assert given["GF_SMTP_ENABLED"] == "true"


def test_a_secret_that_grafana_would_read_as_a_number_is_refused() -> None:
    """1e9 would arrive as 1000000000."""
    settings = _settings({"channels": [{"name": "a", "kind": "pagerduty", "secret_variable": "KEY"}]})
    for text in ("12345", "1e9", "0x1f", "true", "NaN", "1_000"):
        with pytest.raises(SettingsError, match="channels a: Grafana takes this secret for a number"):
            grafana_kinds.environment(settings, {"KEY": text})
    assert grafana_kinds.environment(settings, {"KEY": "1e9x"}) == {"WATCHFLOOR_CHANNEL_A": "1e9x"}


def _find(policy: Mapping[str, Any], labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Grafana's rule of matching, on the file's own words."""
    for name, operator, text in policy.get("object_matchers", []):
        value, given = text.replace("$$", "$"), labels.get(name, "")
        same = given == value if operator in ("=", "!=") else bool(re.fullmatch(value, given))
        if same is (operator in ("!=", "!~")):
            return []
    found: list[Mapping[str, Any]] = []
    for child in policy.get("routes", []):
        taken = _find(child, labels)
        found += taken
        if taken and not child.get("continue"):
            break
    return found or [policy]


@pytest.mark.parametrize("name", ["mail", "rich", "chosen"])
def test_policies_take_the_routes_of_alertmanager(name: str) -> None:
    """One tree, known keys, and for every alert of the catalogue the receivers that Alertmanager's tree has."""
    settings, environment = _settings(VARIANTS[name]), _environment(name)
    content = _file(settings, environment)
    (policy,) = content["policies"]
    assert not {"object_matchers", "mute_time_intervals", "active_time_intervals", "continue"} & set(policy)
    points = {point["name"] for point in content["contactPoints"]}
    times = {one["name"] for one in content["muteTimes"]}
    policies = [policy]
    for one in policies:
        policies += one.get("routes", [])
        assert set(one) - {"orgId"} <= POLICY_KEYS
        assert one["receiver"] in points
        assert {*one.get("mute_time_intervals", ()), *one.get("active_time_intervals", ())} <= times
    for labels in _cases():
        ours = [node.receiver for node in find(tree(settings, environment), labels)]
        theirs = [
            "nobody" if one.get("mute_time_intervals") == [NEVER] else one["receiver"].removeprefix(PREFIX)
            for one in _find(policy, labels)
        ]
        assert theirs == [
            "nobody" if one == "nowhere" else one for one in ours if f"{PREFIX}{one}" in points or one == "nowhere"
        ]


def test_nobody_means_grafanas_own_tree() -> None:
    """Without a channel nothing of Grafana's is replaced."""
    assert _file(Settings.model_validate({"deadman": {"enabled": False}})) == {}


def test_what_is_gone_is_deleted(tmp_path: Path) -> None:
    """Names of earlier files become tombstones, also after several runs; what came back is not deleted."""
    out = tmp_path
    (out / "grafana").mkdir()

    def made(alerting: Mapping[str, Any]) -> Any:
        files = build(_settings(alerting), environment=ENVIRONMENT, known=known_names(out))
        (out / LOCK).write_bytes(files[LOCK])
        return yaml.safe_load(files["grafana/provisioning/alerting/contacts.yaml"])

    first = made(RICH)
    assert not [key for key in first if key.startswith("delete")]
    uids = {one["uid"] for point in first["contactPoints"] for one in point["receivers"]}
    second = made({"email": "ops@example.org"})
    kept = {one["uid"] for point in second["contactPoints"] for one in point["receivers"]}
    assert {one["uid"] for one in second["deleteContactPoints"]} == uids - kept
    assert second["deleteMuteTimes"] == [{"orgId": 1, "name": f"{PREFIX}{name}"} for name in ("night", "office")]
    assert "resetPolicies" not in second
    assert made({"email": "ops@example.org"}) == second
    third = made(RICH)
    assert {one["uid"] for one in third.pop("deleteContactPoints")} == kept - uids
    assert third == first


def test_templates_are_not_interpolated_and_know_the_silence() -> None:
    """Grafana takes templates as they are, and gives each alert the address of its silence."""
    (template,) = _file(_settings({"email": "a@b.c"}))["templates"]
    assert template["name"] == "watchfloor"
    assert "$$" not in template["template"]
    assert ".SilenceURL" in template["template"]
    assert "@" not in re.sub(r"\{\{/\*.*?\*/\}\}", "", template["template"])
