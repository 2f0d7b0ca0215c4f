"""What we generate passes our own check, and every exclusion is needed."""

from __future__ import annotations

import copy
import io
from pathlib import Path

import pytest
import yaml

import alerts
import dashboards
from exporter.metric import set_namespace
from exporter.settings import Settings
from generator import files
from generator.checks.registry import RULES
from generator.checks.run import check
from generator.checks.templates import ORIGIN
from generator.generate import build
from generator.importing.command import bring
from tests.checks.cases import CASES
from tests.checks.conftest import write


def test_generated_files_have_no_findings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither an error nor a warning, and no exclusion that excuses nothing."""
    monkeypatch.chdir(tmp_path)
    report = check(Settings())
    assert report.findings == ()
    assert report.unneeded == ()
    assert report.files > 30


@pytest.mark.parametrize("runtime", ["native", "compose"])
def test_written_files_have_no_findings(runtime: str, tmp_path: Path) -> None:
    """The same holds for the folder that `generate` writes, with a prefix of names, too."""
    set_namespace("acme")
    settings = Settings(namespace="acme")
    files.write(tmp_path / "out", build(settings, runtime))
    report = check(settings, [tmp_path / "out"])
    assert report.findings == ()
    assert report.files > 30


def test_exclusions_have_reasons_that_are_sentences() -> None:
    """Both files of exclusions say why."""
    for package in (alerts, dashboards):
        data = yaml.safe_load((Path(str(package.__file__)).parent / ".lint").read_text(encoding="utf-8"))
        assert all(one["reason"].endswith(".") for one in data["exclusions"].values())


def test_all_rules_of_the_dashboard_linter_are_there() -> None:
    """Its 17 rules, under its names."""
    assert {rule.id for rule in RULES if rule.origin == ORIGIN} == {
        "template-datasource-rule", "template-job-rule", "template-instance-rule", "template-label-promql-rule",
        "template-on-time-change-reload-rule", "panel-datasource-rule", "panel-title-description-rule", "panel-units-rule",
        "panel-no-targets-rule", "target-promql-rule", "target-logql-rule", "target-logql-auto-rule", "target-rate-interval-rule",
        "target-job-rule", "target-instance-rule", "target-counter-agg-rule", "uneditable-dashboard",
    }  # fmt: skip


def test_imported_files_are_checked_with_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was imported is part of what is generated, and so of the check; a metric of others is a warning."""
    monkeypatch.chdir(tmp_path)
    broken = copy.deepcopy(CASES["target-rate-interval-rule"][0].broken())
    broken["panels"][1]["targets"][0]["expr"] = "node_load1"
    write(tmp_path, {"foreign/board.json": broken, "foreign/rules.yml": CASES["alert-runbook-link"][0].broken()})
    records = bring(Settings(), ["foreign"], None, io.BytesIO(), write=True)
    assert [record.status for record in records] == ["imported", "imported"]
    found = check(Settings()).findings
    assert {one.rule for one in found} >= {"target-rate-interval-rule", "alert-runbook-link", "metric-unknown"}
    assert all("imported" in one.file for one in found)
