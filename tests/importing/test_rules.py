"""Prometheus rules of other origin: as strict as promtool, and part of what is generated."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.settings import Imports, Settings
from generator.generate import build
from generator.importing.store import Store
from tests.importing.conftest import Bring
from tests.real.data import FOLDER

ALERT = {
    "alert": "Down",
    "expr": "up == 0",
    "for": "5m",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "{{ $labels.job }} is down."},
}


def rules(**change: Any) -> dict[str, Any]:
    """A file with one alert."""
    return {"groups": [{"name": "g", "rules": [{**ALERT, **change}]}]}


def test_rules_are_generated_beside_ours(tmp_path: Path, bring: Bring) -> None:
    """The file is one of the rule files, its alerts carry the mark by which they are routed."""
    record = bring(rules(), "node.rules.yml")
    store = Store(tmp_path / "imports", frozenset())
    store.add(record)
    store.write()
    made = build(Settings(imports=Imports(directory=tmp_path / "imports")), "native", {})

    (rule,) = yaml.safe_load(made["prometheus/rules/imported-node.yml"])["groups"][0]["rules"]
    assert rule == {**ALERT, "labels": {"severity": "critical", "watchfloor": "imported"}}
    assert record.attention == []


def test_labels_of_a_group_stand_at_its_rules(bring: Bring) -> None:
    """Prometheus before version 3 knows no labels of groups; those of a rule win."""
    value = {
        "groups": [
            {"name": "g", "labels": {"team": "a", "severity": "info"}, "rules": [ALERT, {"record": "a:b", "expr": 1}]}
        ]
    }
    (made,) = bring(value).made
    found = yaml.safe_load(made.content)["groups"][0]
    assert [rule["labels"] for rule in found["rules"]] == [
        {"team": "a", "severity": "critical", "watchfloor": "imported"}, {"team": "a", "severity": "info"},
    ]  # fmt: skip
    assert "labels" not in found


def test_a_resource_of_the_operator_and_a_mixin_give_rules(bring: Bring) -> None:
    """PrometheusRule, and the parts of a mixin."""
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "r"},
        "spec": rules(),
    }
    assert [made.path or made.name for made in bring(resource).made] == ["r"]
    mixin = {
        "prometheusAlerts": rules(),
        "prometheusRules": {"groups": [{"name": "h", "rules": [{"record": "a:b", "expr": "sum(up)"}]}]},
    }
    assert [made.name for made in bring(mixin, "node.json").made] == ["node-alerts", "node-rules"]


REFUSED = {
    "no PromQL": (rules(expr="sum(up"), "its expression is no PromQL"),
    "no expression": (rules(expr=""), "it has no expression"),
    "both kinds": (rules(record="x"), "must have either alert or record"),
    "a bad duration": (rules(**{"for": "soon"}), "has a for that is no duration such as 5m: 'soon'"),
    "an unknown key": (rules(fro="5m"), "has keys that do not belong there: fro"),
    "the name of a metric as a label": (rules(labels={"__name__": "x"}), "has labels that are not names"),
    "a label that Prometheus 2 refuses": (rules(labels={"ä": "x"}), "has labels that are not names"),
    "a number as a label": (rules(labels={"a": 1}), "has labels that are not names"),
    "an open template": (rules(annotations={"summary": "{{ $labels.job"}), "a {{ is not closed by }}"),
    "an unknown name in a template": (rules(annotations={"summary": "{{ $label.job }}"}), "there is no $label; there are $externalLabels"),
    "a group twice": ({"groups": [{"name": "g", "rules": []}, {"name": "g", "rules": []}]}, "group 'g' is there twice"),
    "no rule": ({"groups": []}, "its rule file has no rule"),
    "another key": ({**rules(), "tests": []}, "its rule file has keys that Prometheus does not know: tests"),
    "an offset": ({"groups": [{"name": "g", "query_offset": "1m", "rules": [ALERT]}]}, "has query_offset, which Prometheus reads from 2.53 on"),
    "rules of Grafana": ({"groups": [{"name": "g", "rules": [{"uid": "x", "title": "y", "data": []}]}]}, "its rules are Grafana's own"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_prometheus_would_not_read_is_refused(case: tuple[dict[str, Any], str], bring: Bring) -> None:
    """With the group, the rule and the mistake."""
    value, message = case
    record = bring(value)
    assert record.status == "refused"
    assert message in str(record.reason)


def test_templates_may_declare_names(bring: Bring) -> None:
    """A name that a template sets itself is known, and a dollar in a text is none."""
    said = '{{ range $i, $e := query "up" }}{{ $i }}{{ $e.Value }}{{ end }}{{ with $x := $value }}{{ $x }}{{ end }}{{ printf "$nothing" }}'
    assert bring(rules(annotations={"summary": said})).status == "imported"


@pytest.mark.shared
@pytest.mark.promtool
def test_we_agree_with_promtool(tmp_path: Path, bring: Bring) -> None:
    """Of the real rule files we import those that Debian's promtool accepts; each result passes it too."""
    if not (FOLDER / "rules").is_dir():
        pytest.skip("../shared/data/rules is not there")
    made: list[Path] = []
    wrong: list[str] = []
    for place in sorted((FOLDER / "rules").iterdir()):
        record = bring(place.read_bytes(), place.name)
        if record.made:
            target = tmp_path / f"{len(made)}-{place.name}"
            target.write_bytes(record.made[0].content)
            made.append(target)
        # Resources of Kubernetes are no rule files for promtool, an empty one has nothing to import.
        if not place.name.startswith("kubeprom__") and "has no rule" not in str(record.reason):
            said = subprocess.run(
                ["promtool", "check", "rules", "--lint=none", place], capture_output=True, check=False
            )
            if (said.returncode == 0) != (record.status == "imported"):
                wrong.append(place.name)
    done = subprocess.run(
        ["promtool", "check", "rules", "--lint=none", *made], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert wrong == []
    assert len(made) > 50
