"""Every rule finds what breaks it, and nothing in files that are sound."""

from __future__ import annotations

import copy
import json

import pytest

from generator.checks.registry import RULES
from tests.checks.cases import BOARD, CASES, MANAGER, Case
from tests.checks.cases import RULES as ALERTS
from tests.checks.conftest import Checked

NAMES = {"dashboard": "board.json", "rules": "rules.yml", "alertmanager": "alertmanager.yml"}
SOUND = {"board.json": BOARD, "rules.yml": ALERTS, "alertmanager.yml": MANAGER}
SECRETS = {
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a key of AWS": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a token of GitHub": "ghp_" + "a1" * 18,
    "a token of Grafana": "glsa_" + "a1" * 20,
    "a token of Slack": "xoxb-" + "1234567890-abc",
    "a webhook of Slack": "https://hooks.slack.com/services/" + "T0123ABCD/B0123ABCD/" + "a1" * 12,
    "a webhook of Discord": "https://discord.com/api/webhooks/" + "1" * 18 + "/" + "a" * 60,
    "a token of a Telegram bot": "123456789:AA" + "b" * 33,
    "a key of Google": "AIza" + "b" * 35,
    "a key of Stripe": "sk_live_" + "a1" * 12,
    "a key of OpenAI or Anthropic": "sk-ant-" + "a1" * 20,
    "a JSON Web Token": "eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 12,
    "a password in an address": "postgresql://reader:hunter22@db/x",
    "a password": "smtp_auth_password: hunter22",
}
PEOPLE = {
    "an e-mail address": "ask jane.doe@voicefirm.io",
    "a telephone number": "ring +49 30 901820 11",
    "the number of a card": "4539 1488 0343 6467",
    "an IBAN": "DE89 3704 0044 0532 0130 00",
}
HARMLESS = (
    "password: ${PASSWORD}", "api_url_file: /run/secrets/slack", "password_file: /run/secrets/x", "token: <secret>", "mail ops@example.com",
    "postgresql://reader:${PASSWORD}@db/x", "the token of a turn", "at 1700000000000 and 4539 1488 0343 6468", "+1", "DE89 3704 0044 0532 0130 01",
    "secret: true",
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "case"),
    [(rule, case) for rule, cases in CASES.items() for case in cases],
    ids=lambda one: one if isinstance(one, str) else one.said,
)
def test_a_broken_file_is_found(rule: str, case: Case, checked: Checked) -> None:
    """The rule finds the change, in the right file, and says what is wrong."""
    found = [one for one in checked({**SOUND, NAMES[case.kind]: case.broken()}) if one.rule == rule]
    assert found
    assert any(case.said in f"{one.place}: {one.reason}" for one in found), [one.reason for one in found]
    assert all(one.file.endswith(NAMES[case.kind]) and one.remedy for one in found)


def test_sound_files_break_no_rule(checked: Checked) -> None:
    """Without a change there is nothing to find."""
    assert checked(SOUND) == []


def test_every_rule_has_a_case() -> None:
    """Each rule is broken by a test: here, or below where it is of several files or of texts."""
    elsewhere = {
        "dashboard-uid-duplicate",
        "dashboard-title-duplicate",
        "rule-duplicate",
        "threshold-alert",
        "secret",
        "personal-data",
        "file-unreadable",
    }
    assert {rule.id for rule in RULES} == set(CASES) | elsewhere
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.why.endswith((".", "'.")), rule.id
        assert rule.remedy.endswith((".", ")")), rule.id
        assert (rule.find is None) != (rule.across is None), rule.id


def test_two_dashboards_of_one_uid_or_title(checked: Checked) -> None:
    """Each pair is found in the later file; in another folder a title may be the same."""
    other = {**BOARD, "uid": "other"}
    found = checked({"a/1.json": BOARD, "a/2.json": BOARD, "b/3.json": other})
    assert [(one.rule, one.file[-8:]) for one in found] == [
        ("dashboard-uid-duplicate", "a/2.json"),
        ("dashboard-title-duplicate", "a/2.json"),
    ]


def test_rules_that_are_there_twice(checked: Checked) -> None:
    """Rules of one name and the same labels are found across files; other labels make another rule."""
    other = copy.deepcopy(ALERTS)
    other["groups"][0]["rules"][1]["labels"]["severity"] = "critical"
    found = checked({"1.yml": ALERTS, "2.yml": other})
    assert [(one.rule, one.place) for one in found] == [
        ("rule-duplicate", "group 'sound', rule 'tenant:active_calls:sum'")
    ]
    assert [one.rule for one in checked({"1.yml": ALERTS, "2.yml": {"groups": []}})] == []


@pytest.mark.parametrize(("limit", "found"), [(50, 0), (60, 1)])
@pytest.mark.parametrize("recorded", [False, True])
def test_limits_of_panels_and_alerts(limit: int, found: int, recorded: bool, checked: Checked) -> None:
    """A panel of the quantity that an alert compares has the alert's limit among its steps, through a recording, too."""
    board, rules = copy.deepcopy(BOARD), copy.deepcopy(ALERTS)
    board["panels"][1]["fieldConfig"]["defaults"]["thresholds"] = {
        "mode": "absolute",
        "steps": [{"color": "green", "value": None}, {"color": "red", "value": limit}],
    }
    if recorded:
        rules["groups"][0]["rules"][1]["expr"] = "tenant:active_calls:sum > 50"
    told = [one for one in checked({"board.json": board, "rules.yml": rules}) if one.rule == "threshold-alert"]
    assert len(told) == found
    assert all(one.reason == "its limits are 60, and alerts speak at 50 (TooManyCalls)" for one in told)


@pytest.mark.parametrize(("what", "said"), [*SECRETS.items(), *PEOPLE.items()])
@pytest.mark.parametrize("name", ["a.yml", "b.json", "c.env"])
def test_secrets_and_persons(what: str, said: str, name: str, checked: Checked) -> None:
    """They are found in any file with their line, and not repeated."""
    content = {
        "a.yml": f"one: two\n{said if ': ' in said else f'note: {said}'}\n",
        "b.json": json.dumps({"a": 1}) + f"\n{said}",
        "c.env": f"\n{said}\n",
    }[name]
    found = [one for one in checked({name: content}) if one.rule in ("secret", "personal-data")]
    assert [(one.line, one.reason.partition(":")[0]) for one in found] == [(2, f"it holds {what}")]
    assert said not in found[0].reason
    assert "hunter22" not in found[0].reason


@pytest.mark.parametrize("said", HARMLESS)
def test_what_stands_for_a_secret_is_none(said: str, checked: Checked) -> None:
    """Variables, files and numbers that only look alike are left alone."""
    assert checked({"c.env": said}) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.json", "{", "no JSON"), ("a.yml", "a: b: c", "no YAML"), ("a.json", "", "empty"), ("a.yml", "x: &a [*a]", "")],
)
def test_files_that_cannot_be_read(name: str, content: str, said: str, checked: Checked) -> None:
    """They are findings and no end of the check."""
    (found,) = checked({name: content, "board.json": BOARD})
    assert found.rule == "file-unreadable"
    assert said in found.reason


def test_envelopes_are_opened(checked: Checked) -> None:
    """Dashboards and rules in answers, ConfigMaps and resources are checked as those in plain files are."""
    broken = CASES["uneditable-dashboard"][0].broken()
    inside = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"x.json": json.dumps(broken)},
    }
    alert = CASES["alert-runbook-link"][0].broken()
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "x"},
        "spec": alert,
    }
    found = checked({"answer.json": {"dashboard": broken, "meta": {}}, "map.yaml": inside, "rule.yaml": resource})
    assert {one.rule for one in found} == {
        "uneditable-dashboard",
        "alert-runbook-link",
        "dashboard-uid-duplicate",
        "dashboard-title-duplicate",
    }
