"""What is somebody else's or may not be changed: the plan says so first, and nothing is sent."""

from __future__ import annotations

import pytest

from tests.apply import files
from tests.apply.rig import Rig

LOCKED = {
    "a dashboard": ({"dashboards": ["wf-calls"]}, 'dashboard "Calls" (wf-calls): it was made by a provisioning file'),
    "a data source": ({"sources": ["wf-prom"]}, 'data source "Prom wf" (wf-prom): it was made by a provisioning file'),
    "a rule": ({"rules": ["wf-b"]}, 'rule group "Folder wf: watch/ers" ('),
    "a template": ({"templates": ["text wf"]}, 'template "text wf": it was made by a provisioning file'),
    "a mute timing": ({"timings": ["nights wf"]}, 'mute timing "nights wf": it was made by a provisioning file'),
    "a contact point": (
        {"contacts": ["wf-mail"]},
        'contact point "people wf (email)" (wf-mail): it was made by a provisioning file',
    ),
}


@pytest.mark.parametrize(("marks", "words"), LOCKED.values(), ids=LOCKED.keys())
def test_what_files_have_made_cannot_be_changed_and_that_is_told_first(
    marks: dict[str, list[str]], words: str, rig: Rig
) -> None:
    """Grafana would refuse the change; so the plan is blocked and nothing is sent."""
    rig.applied()
    rig.ask("POST", "/-/provenance", marks)
    assert rig.steps() == []
    changed = files.copied(rig.content)
    changed["grafana/dashboards/calls.json"]["refresh"] = "1m"
    changed["grafana/provisioning/datasources/a.yaml"]["datasources"][0]["url"] = "http://127.0.0.1:9091"
    alerting = changed["grafana/provisioning/alerting/a.yaml"]
    alerting["groups"][0]["interval"] = "2m"
    alerting["templates"][0]["template"] += " "
    alerting["templates"][0]["template"] = alerting["templates"][0]["template"].replace("$5", "$6")
    alerting["muteTimes"][0]["time_intervals"][0]["weekdays"] = ["friday"]
    alerting["contactPoints"][0]["receivers"][1]["settings"]["addresses"] = "b@example.org"
    rig.write(changed)
    rig.writes()
    result = rig.run("apply")
    assert result.exit_code == 3
    assert words in result.output
    assert "Nothing was sent: 1 blocked." in result.stderr
    assert rig.writes() == []


def test_objects_that_people_may_edit_stay_editable(rig: Rig) -> None:
    """With grafana.editable they are made without provenance, and each change keeps the one that is there."""
    rig.configure(editable=True)
    rig.applied()
    assert {rule["provenance"] for rule in rig.get("/api/v1/provisioning/alert-rules")} == {""}
    changed = files.copied(rig.content)
    changed["grafana/provisioning/alerting/a.yaml"]["groups"][0]["interval"] = "2m"
    rig.write(changed)
    rig.configure(editable=False)
    rig.applied()
    assert {rule["provenance"] for rule in rig.get("/api/v1/provisioning/alert-rules")} == {""}
    rig.write({})
    rig.run("apply", "--prune")
    rig.write(files.everything(rig.name))
    rig.applied()
    assert {rule["provenance"] for rule in rig.get("/api/v1/provisioning/alert-rules")} == {"api"}


def test_a_rule_of_others_is_not_drawn_into_our_group(rig: Rig) -> None:
    """Grafana would move it; the plan refuses."""
    rig.ask("POST", "/api/folders", {"uid": "theirs", "title": "Theirs"})
    group = {"interval": 60, "rules": [{"uid": "wf-a", "title": "T", "condition": "C", "data": [
        {"refId": "C", "datasourceUid": "__expr__", "model": {"type": "math", "expression": "1"}}]}]}  # fmt: skip
    rig.ask("PUT", "/api/v1/provisioning/folder/theirs/rule-groups/g", group)
    result = rig.run("apply", "--adopt")
    assert result.exit_code == 3
    assert "the rule wf-a is in the group theirs/g of others; remove it there or give ours another uid" in result.output


def test_the_default_data_source_of_others_stays_it(rig: Rig) -> None:
    """Ours is applied without being the default, and that is told."""
    rig.ask("POST", "/api/datasources", {"uid": "theirs", "name": "Theirs", "type": "prometheus", "isDefault": True})
    rig.content["grafana/provisioning/datasources/a.yaml"]["datasources"][0]["isDefault"] = True
    rig.write()
    result = rig.applied()
    assert (
        "note: the data source Prom wf is not made the default, since Theirs, which is not ours, is it" in result.stderr
    )
    assert rig.get("/api/datasources/uid/theirs")["isDefault"] is True
    assert rig.steps() == []
    rig.ask("DELETE", "/api/datasources/uid/theirs")
    assert [step["changes"][0]["path"] for step in rig.steps()] == ["isDefault"]
