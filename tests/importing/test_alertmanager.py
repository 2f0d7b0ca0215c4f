"""Alertmanager configurations of other origin: a branch beside our routes, or a refusal that says why."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.settings import Imports, Settings
from generator.generate import build
from generator.importing.store import Store
from generator.routes import answer, told
from provisioning import alertmanager
from provisioning.endpoints import endpoints
from provisioning.imported_routes import with_imported
from provisioning.tree import find, tree, walk
from tests.importing.conftest import Bring
from tests.real.data import FOLDER
from tests.rules.promtool import run, tool

SIMPLE: dict[str, Any] = {
    "global": {"smtp_smarthost": "mail.example.org:25", "smtp_from": "am@example.org", "resolve_timeout": "5m", "slack_api_url_file": "/s/url"},
    "route": {
        "receiver": "team", "group_by": ["alertname"], "group_wait": "10s",
        "routes": [{"matchers": ['team="db"'], "receiver": "db", "mute_time_intervals": ["night"]}],
    },
    "inhibit_rules": [{"source_matchers": ['severity="critical"'], "target_matchers": ['severity="warning"'], "equal": ["instance"]}],
    "receivers": [{"name": "team", "email_configs": [{"to": "team@example.org"}]}, {"name": "db", "slack_configs": [{"channel": "#db"}]}],
    "time_intervals": [{"name": "night", "time_intervals": [{"times": [{"start_time": "22:00", "end_time": "24:00"}]}]}],
    "templates": ["x.tmpl"],
}  # fmt: skip


def kept(tmp_path: Path, bring: Bring, *values: dict[str, Any]) -> Settings:
    """Settings of a project that has imported these."""
    folder = tmp_path / "imports"
    for index, value in enumerate(values):
        store = Store(folder, frozenset())
        record = bring(value, f"other{index}.yml")
        assert record.reason is None, record.reason
        store.add(record)
        store.write()
    return Settings(imports=Imports(directory=folder))


def generated(settings: Settings) -> dict[str, Any]:
    """The configuration that is generated."""
    found: dict[str, Any] = yaml.safe_load(build(settings, "native", {})["alertmanager/alertmanager.yml"])
    return found


def test_a_configuration_is_a_branch_beside_ours(tmp_path: Path, bring: Bring) -> None:
    """Only alerts of imported rules enter it; global settings stand at the receivers; our own routes are untouched."""
    ours = generated(Settings(imports=Imports(directory=tmp_path / "none")))
    both = generated(kept(tmp_path, bring, SIMPLE))
    branch, *rest = both["route"]["routes"]

    assert rest == ours["route"]["routes"]
    assert branch == {
        "group_by": ["alertname"], "group_wait": "10s", "group_interval": "5m", "repeat_interval": "4h", "receiver": "other0/team",
        "matchers": ['watchfloor="imported"'],
        "routes": [{"matchers": ['team="db"'], "receiver": "other0/db", "mute_time_intervals": ["other0/night"]}],
    }  # fmt: skip
    assert both["receivers"][-2:] == [
        {
            "name": "other0/team",
            "email_configs": [{"smarthost": "mail.example.org:25", "from": "am@example.org", "to": "team@example.org"}],
        },
        {"name": "other0/db", "slack_configs": [{"api_url_file": "/s/url", "channel": "#db"}]},
    ]
    assert both["inhibit_rules"][-1]["target_matchers"] == ['severity="warning"', 'watchfloor="imported"']
    assert [one["name"] for one in both["time_intervals"]] == ["other0/night"]


def test_of_several_configurations_each_sees_the_alerts(tmp_path: Path, bring: Bring) -> None:
    """All but the last hand on; after the last one no route of ours sees them."""
    both = generated(kept(tmp_path, bring, SIMPLE, SIMPLE))
    assert [route.get("continue") for route in both["route"]["routes"][:3]] == [True, None, None]


@pytest.mark.promtool
def test_amtool_accepts_what_is_generated(tmp_path: Path, bring: Bring) -> None:
    """The Alertmanager of Debian 12 reads the two together."""
    place = tmp_path / "alertmanager.yml"
    place.write_bytes(build(kept(tmp_path, bring, SIMPLE, SIMPLE), "native", {})["alertmanager/alertmanager.yml"])
    done = subprocess.run(["amtool", "check-config", place], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a secret of a receiver": (
        {"receivers": [{"name": "team", "pagerduty_configs": [{"service_key": "abc"}]}]},
        "receiver 'team' (pagerduty) holds a secret, service_key; write it to a file and name that with service_key_file",
    ),
    "a secret of all receivers": (
        {"global": {"smtp_smarthost": "a:25", "smtp_from": "b", "smtp_auth_password": "x"}, "receivers": [{"name": "team", "email_configs": [{"to": "x"}]}]},
        "receiver 'team' (email) holds a secret, auth_password",
    ),
    "a password in an address": (
        {"receivers": [{"name": "team", "webhook_configs": [{"url": "http://me:pw@example.org/"}]}]}, "is no address, or holds a password",
    ),
    "a receiver that is not there": ({"route": {"receiver": "nobody"}}, "names a receiver 'nobody' that there is not"),
    "an unknown key": ({"rote": {}}, "it has keys that Alertmanager 0.25 does not know there: rote"),
    "a newer integration": ({"receivers": [{"name": "team", "jira_configs": [{}]}]}, "jira_configs, by which Alertmanager 0.25 cannot send"),
    "an unknown global setting": ({"global": {"smtp_smart": "x"}}, "its global section has keys that Alertmanager 0.25 does not know there: smtp_smart"),
    "a secret that no file can hold": ({"receivers": [{"name": "team", "telegram_configs": [{"chat_id": 1}]}]}, "needs a secret in the configuration itself"),
    "no duration": ({"route": {"receiver": "team", "group_wait": "soon"}}, "has a group_wait that is no duration such as 5m: 'soon'"),
    "a time that is not there": ({"route": {"receiver": "team", "routes": [{"mute_time_intervals": ["x"]}]}}, "names a time interval 'x' that there is not"),
    "two of one name": ({"receivers": [{"name": "team"}, {"name": "team"}]}, "must each have a name of their own"),
    "a first route with conditions": ({"route": {"receiver": "team", "match": {"a": "b"}}}, "its first route must not have match"),
    "a matcher without a text": ({"route": {"receiver": "team", "routes": [{"match_re": {"owner": None}}]}}, "has match_re that are not names with texts"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused(case: tuple[dict[str, Any], str], bring: Bring) -> None:
    """With the place and the mistake."""
    change, message = case
    record = bring({"route": {"receiver": "team"}, "receivers": [{"name": "team"}], **change}, "am.yml")
    assert record.status == "refused"
    assert message in str(record.reason)


def test_what_holds_for_a_whole_alertmanager_is_said(bring: Bring) -> None:
    """Templates and the time to resolve are not taken, and the report says so."""
    assert [line.partition(" ")[0] for line in bring(SIMPLE, "am.yml").attention] == [
        "templates",
        "global.resolve_timeout",
    ]


@pytest.mark.shared
@pytest.mark.promtool
def test_we_agree_with_amtool(tmp_path: Path, bring: Bring) -> None:
    """What Debian's amtool refuses is refused; what is imported passes it together with ours; of the rest secrets are the reason."""
    if not (FOLDER / "alertmanager").is_dir():
        pytest.skip("../shared/data/alertmanager is not there")
    made = 0
    for place in sorted((FOLDER / "alertmanager").iterdir()):
        record = bring(place.read_bytes(), place.name)
        said = subprocess.run(["amtool", "check-config", place], capture_output=True, check=False)
        if said.returncode == 0 and record.status == "refused":
            assert "holds a secret" in str(record.reason), place.name
        if record.made:
            made += 1
            assert said.returncode == 0, place.name
            target = tmp_path / f"{made}.yml"
            settings = kept(tmp_path / str(made), bring, yaml.safe_load(place.read_bytes()))
            target.write_bytes(alertmanager.config(settings, endpoints(settings, "native"), {}))
            done = subprocess.run(["amtool", "check-config", target], capture_output=True, text=True, check=False)
            assert done.returncode == 0, (place.name, done.stderr)
    assert made >= 4


def _takes(tmp_path: Path, settings: Settings, labels: dict[str, str]) -> tuple[str, str]:
    """Receivers of an alert as amtool names them, and as we do."""
    place = tmp_path / "alertmanager.yml"
    place.write_bytes(alertmanager.config(settings, endpoints(settings, "native"), {}))
    given = [f"{key}={json.dumps(value)}" for key, value in labels.items()]
    done = run(tool("amtool"), "config", "routes", "test", f"--config.file={place}", *given)
    root = with_imported(tree(settings, {}), settings)
    return done.strip(), ",".join(node.receiver for node in find(root, labels))


RICH: dict[str, Any] = {
    **SIMPLE,
    "route": {
        "receiver": "team", "group_by": ["..."], "routes": [
            {"match": {"team": "db"}, "receiver": "db", "continue": True},
            {"match_re": {"team": "db|web"}, "repeat_interval": "1h30m", "routes": [{"matchers": ['{x="a, b",y!~"c.*"}'], "receiver": "db"}]},
            {"matchers": ["z = plain", 'q="say \\"so\\" \\\\ "'], "receiver": "db"},
        ],
    },
}  # fmt: skip
CASES: list[dict[str, str]] = [
    {"team": "db"}, {"team": "web"}, {"team": "webs"}, {"team": "web", "x": "a, b"}, {"team": "web", "x": "a, b", "y": "cc"},
    {"z": "plain", "q": 'say "so" \\ '}, {"z": "plain"}, {},
]  # fmt: skip


@pytest.mark.promtool
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("labels", CASES, ids=str)
def test_routes_test_knows_imported_branches(tmp_path: Path, bring: Bring, labels: dict[str, str], count: int) -> None:
    """The receivers are those that Alertmanager's own tool names; without the label of the import ours hear of it."""
    settings = kept(tmp_path, bring, *([RICH] * count))
    theirs, ours = _takes(tmp_path, settings, {"alertname": "X", "watchfloor": "imported", **labels})
    assert ours == theirs
    assert ours.count("other0/") > 0
    theirs, ours = _takes(tmp_path, settings, {"alertname": "X", **labels})
    assert (ours, ours.count("other0/")) == (theirs, 0)


WHEN = "10s after it fires, at most 5m when others of its group were sent before, again every 4h"


def test_who_hears_of_imported_alerts_is_said(tmp_path: Path, bring: Bring) -> None:
    """By what, how fast, and the times that may hold it back."""
    settings = kept(tmp_path, bring, SIMPLE)
    labels = {"watchfloor": "imported", "team": "db"}
    assert list(answer(told(settings, {}, labels, datetime.now(UTC)))) == [
        "other0/db (slack, as imported)",
        "  why   imported, other0",
        f"  when  {WHEN}, not in other0/night (imported times, not worked out here)",
    ]


@pytest.mark.shared
@pytest.mark.promtool
def test_routes_of_others_are_those_of_amtool(tmp_path: Path, bring: Bring) -> None:
    """For an alert that meets each single condition of every configuration that can be imported."""
    if not (FOLDER / "alertmanager").is_dir():
        pytest.skip("../shared/data/alertmanager is not there")
    tried = 0
    for number, place in enumerate(sorted((FOLDER / "alertmanager").iterdir())):
        if not bring(place.read_bytes(), place.name).made:
            continue
        settings = kept(tmp_path / str(number), bring, yaml.safe_load(place.read_bytes()))
        root = with_imported(tree(settings, {}), settings)
        conditions = {(one.name, one.value.split("|")[0]) for node in walk(root) for one in node.matchers}
        for name, value in sorted(conditions):
            theirs, ours = _takes(tmp_path, settings, {"watchfloor": "imported", name: value})
            assert ours == theirs, (place.name, name, value)
            tried += 1
    assert tried > 20
