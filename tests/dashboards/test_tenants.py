"""Dashboards of one tenant each: the same panels, one value of the filter, and names that nothing can leave."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import dashboards
from dashboards import tenants
from dashboards.tenants import TenantError
from exporter.settings import Settings, SettingsError, load
from generator import files
from generator.checks.run import check
from generator.generate import build
from tests.dashboards.conftest import Boards

HOSTILE = ["acme", "../../etc", "a,b", 'q"uo\\te', "ümlaut / slash", ".", "A", "a", "x" * 300, "@tenant-mark@"]


def _made(names: list[str], boards: dict[str, bytes], **more: Any) -> dict[str, Any]:
    settings = Settings.model_validate({"tenant_folders": {"tenants": names, **more}})
    return {path: json.loads(data) for path, data in tenants.build(settings, boards)}


@pytest.fixture(scope="module")
def raw() -> dict[str, bytes]:
    """The dashboards over all tenants."""
    return dashboards.build(Settings())


def test_each_tenant_has_the_same_panels(boards: Boards, raw: dict[str, bytes]) -> None:
    """Only identity, title, filter and links differ; the schema takes them; uids are short and apart."""
    made = _made(HOSTILE, raw)
    assert len(made) == 3 * len(HOSTILE)
    assert len({board["uid"] for board in made.values()}) == len(made)
    schema = json.loads((Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    for path, board in made.items():
        base = boards[Path(path).name]
        assert len(board["uid"]) <= 40
        assert list(validator.iter_errors(board)) == [], path
        links = re.sub(r"(/d/watchfloor-\w+)-[0-9a-f]{12}\?", r"\1?", json.dumps(board["panels"]))
        assert json.loads(links) == base["panels"], path


def test_the_filter_has_one_value(raw: dict[str, bytes]) -> None:
    """The value is the tenant's name exactly, as Grafana reads the list; nobody is asked for another."""
    made = _made(HOSTILE, raw)
    shown = set()
    for board in made.values():
        (variable,) = (one for one in board["templating"]["list"] if one["name"] == "tenant")
        assert (variable["type"], variable["hide"], variable["multi"], variable["includeAll"]) == (
            "custom",
            2,
            True,
            False,
        )
        (value,) = variable["current"]["value"]
        assert variable["query"].replace("\\,", ",") == value
        assert not re.search(r"(?<!\\),", variable["query"])
        assert board["title"].endswith(f", {value}")
        shown.add(value)
    # Text that looks like a place of ours stands for itself.
    assert shown == set(HOSTILE)


def test_folders_stay_inside_and_apart(raw: dict[str, bytes], tmp_path: Path) -> None:
    """No name leads out, and no two tenants share a folder."""
    settings = Settings.model_validate({"tenant_folders": {"tenants": HOSTILE}})
    made = dict(tenants.build(settings, raw))
    folders = {path.rpartition("/")[0] for path in made}
    assert len(folders) == len(HOSTILE)
    assert all(re.fullmatch(r"[A-Za-z0-9 _-]{1,80}", folder) for folder in folders)
    files.write(tmp_path, made)
    assert len(list(tmp_path.rglob("*.json"))) == len(made) + 1


def test_they_are_generated_when_asked_for() -> None:
    """The files and the provider are there with tenants, and only then."""
    named = build(
        Settings.model_validate({"tenant_folders": {"tenants": ["acme"], "dashboards": ["cost"]}}), environment={}
    )
    plain = build(Settings(), environment={})
    assert set(named) - set(plain) == {"grafana/tenants/acme/cost.json"}
    place = "grafana/provisioning/dashboards/watchfloor.yaml"
    assert len(yaml.safe_load(plain[place])["providers"]) == 1
    _, provider = yaml.safe_load(named[place])["providers"]
    assert provider["options"] == {"path": "$WATCHFLOOR_DASHBOARDS/../tenants", "foldersFromFilesStructure": True}
    assert "folder" not in provider


def test_mistakes_are_sentences(raw: dict[str, bytes], tmp_path: Path) -> None:
    """A dashboard without the filter, or a tenant given twice, is refused."""
    with pytest.raises(TenantError, match="health, nope cannot show one tenant; those that can are agents"):
        _made(["a"], raw, dashboards=["health", "nope"])
    file = tmp_path / "watchfloor.yml"
    file.write_text(yaml.safe_dump({"tenant_folders": {"tenants": ["a", "a"]}}))
    with pytest.raises(SettingsError, match=r"tenant_folders\.tenants: a is given twice; take one out"):
        load(file, {})
    file.write_text(yaml.safe_dump({"tenant_folders": {"tenants": ["a : b"]}}))
    with pytest.raises(SettingsError, match="'a : b' cannot be the value of a variable in Grafana"):
        load(file, {})


def test_check_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our exclusions hold for the dashboards of tenants, too."""
    monkeypatch.chdir(tmp_path)
    report = check(Settings.model_validate({"tenant_folders": {"tenants": ["acme", "beta & co"]}}))
    assert report.findings == ()
    assert report.files > 40
