"""Applied twice the second plan is empty, what a hand has edited is what the plan shows, and nothing of others is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.apply import files
from tests.apply.rig import KINDS, Rig


def test_everything_is_made_once(either: Rig) -> None:
    """Every kind in order; then plan and apply have nothing to do, and nothing is sent."""
    steps = either.steps()
    assert [(step["action"], step["kind"]) for step in steps] == [
        ("create", kind) for kind, number in KINDS.items() for _ in range(number)
    ]
    result = either.applied()
    assert f"Applied {len(steps)} changes." in result.stderr
    assert either.steps() == []
    if not either.real:
        assert len(either.writes()) == len(steps) + 1  # The list of what is ours.
    assert "No changes: 14 as they should be." in either.applied().stderr
    if not either.real:
        assert either.writes() == []
    group = either.get(f"/api/v1/provisioning/folder/{either.parent}/rule-groups/watch%2Fers")
    assert group["rules"][0]["labels"]["price"] == "5$"
    assert group["rules"][0]["annotations"]["summary"] == "Costs $5 {{ $value }}"


def _board(rig: Rig, change: Callable[[dict[str, Any]], None]) -> None:
    data = rig.get(f"/api/dashboards/uid/{rig.name}-calls")
    change(data["dashboard"])
    rig.save(data["dashboard"], data["meta"]["folderUid"])


def _group(rig: Rig, change: Callable[[dict[str, Any]], None]) -> None:
    path = f"/api/v1/provisioning/folder/{rig.parent}/rule-groups/watch%2Fers"
    data = rig.get(path)
    change(data)
    rig.ask("PUT", path, data)


def _source(rig: Rig) -> None:
    path = f"/api/datasources/uid/{rig.name}-sql"
    data = rig.get(path)
    known = ("name", "type", "access", "url", "user", "jsonData", "version")
    body = {key: data[key] for key in known}
    rig.ask("PUT", path, {**body, "jsonData": {**body["jsonData"], "sslmode": "require"}})


def _library(rig: Rig) -> None:
    path = f"/api/library-elements/{rig.name}-lib"
    data = rig.get(path)["result"]
    body = {key: data[key] for key in ("name", "kind", "folderUid", "version")}
    rig.ask("PATCH", path, {**body, "model": {**data["model"], "description": "Edited."}})


def _contact(rig: Rig) -> None:
    one = next(one for one in rig.get("/api/v1/provisioning/contact-points") if one["uid"] == f"{rig.name}-slack")
    one["settings"]["title"] = "Edited"
    rig.ask("PUT", f"/api/v1/provisioning/contact-points/{one['uid']}", one)


def _timing(rig: Rig) -> None:
    name = f"nights {rig.name}"
    one = next(one for one in rig.get("/api/v1/provisioning/mute-timings") if one["name"] == name)
    one["time_intervals"][0]["times"][0]["start_time"] = "21:00"
    rig.ask("PUT", f"/api/v1/provisioning/mute-timings/{quote(name)}", one)


def _policies(rig: Rig) -> None:
    tree = rig.get("/api/v1/provisioning/policies")
    tree["routes"][0]["group_wait"] = "1m30s"
    rig.ask("PUT", "/api/v1/provisioning/policies", tree)


def _template(rig: Rig) -> None:
    text = f'{{{{ define "text {rig.name}" }}}}edited{{{{ end }}}}'
    rig.ask("PUT", f"/api/v1/provisioning/templates/{quote(f'text {rig.name}')}", {"template": text})


def _folder(rig: Rig) -> None:
    path = f"/api/folders/{rig.parent}"
    rig.ask("PUT", path, {"title": f"Edited {rig.name}", "overwrite": True})


EDITS: dict[str, tuple[str, Callable[[Rig], None], dict[str, tuple[Any, Any]]]] = {
    "the unit of a panel": (
        "dashboard",
        lambda rig: _board(rig, lambda board: board["panels"][1]["fieldConfig"]["defaults"].update(unit="s")),
        {'dashboard.panels["Queued" id 2].fieldConfig.defaults.unit': ("s", "short")},
    ),
    "a query": (
        "dashboard",
        lambda rig: _board(rig, lambda board: board["panels"][0]["targets"][0].update(expr="1")),
        {'dashboard.panels["Active" id 1].targets["A"].expr': ("1", "active_calls")},
    ),
    "a panel is gone": (
        "dashboard",
        lambda rig: _board(rig, lambda board: board["panels"].pop()),
        {'dashboard.panels["Queued" id 2]': (None, ...)},
    ),
    "the default of a variable": (
        "dashboard",
        lambda rig: _board(rig, lambda board: board["templating"]["list"][0].update(multi=False)),
        {'dashboard.templating.list["tenant"].multi': (None, True)},
    ),
    "a legend is switched off": (
        "dashboard",
        lambda rig: _board(rig, lambda board: board["panels"][0]["options"]["legend"].update(showLegend=False)),
        {'dashboard.panels["Active" id 1].options.legend.showLegend': (False, None)},
    ),
    "the wait of a rule": (
        "rule group",
        lambda rig: _group(rig, lambda group: group["rules"][1].update({"for": "10m"})),
        {'rules["B" uid "NAME-b"].for': (600.0, 90.0)},
    ),
    "a rule is paused": (
        "rule group",
        lambda rig: _group(rig, lambda group: group["rules"][0].update(isPaused=True)),
        {'rules["A" uid "NAME-a"].isPaused': (True, None)},
    ),
    "a setting of a data source": ("data source", _source, {"jsonData.sslmode": ("require", "disable")}),
    "a library panel": ("library panel", _library, {"model.description": ("Edited.", "What it shows.")}),
    "a contact point": ("contact point", _contact, {"settings.title": ("Edited", "{{ .Title }}")}),
    "a mute timing": ("mute timing", _timing, {"time_intervals[0].times[0].start_time": ("21:00", "22:00")}),
    "policies": ("policies", _policies, {"routes[0].group_wait": (90.0, 5.0)}),
    "a template": ("template", _template, {"template": (..., ...)}),
    "the place of a folder": (
        "folder",
        lambda rig: rig.ask("POST", f"/api/folders/{rig.inner}/move", {"parentUid": ""}),
        {"parentUid": (None, ...)},
    ),
    "the title of a folder": ("folder", _folder, {"title": ("Edited NAME", "Folder NAME")}),
}


@pytest.mark.parametrize(("kind", "edit", "wanted"), EDITS.values(), ids=EDITS.keys())
def test_a_plan_shows_exactly_what_was_edited(
    kind: str, edit: Callable[[Rig], None], wanted: dict[str, tuple[Any, Any]], either: Rig
) -> None:
    """One object, these paths, from what is there to what should be; apply puts it right with as few requests; pull shows it."""
    either.applied()
    before = either.snapshot()
    edit(either)
    steps = either.steps()
    assert [(step["action"], step["kind"]) for step in steps] == [("update", kind)]
    said = {change["path"]: (change["before"], change["after"]) for change in steps[0]["changes"]}
    named = {path.replace("NAME", either.name): values for path, values in wanted.items()}
    assert said.keys() == named.keys()
    for path, values in named.items():
        for value, other in zip(values, said[path], strict=True):
            assert value is ... or other == (value.replace("NAME", either.name) if isinstance(value, str) else value)
    pulled = either.run("pull", "--json")
    assert pulled.exit_code == 1
    assert [(one["state"], one["kind"]) for one in json.loads(pulled.stdout)["differences"]] == [("changed", kind)]
    if not either.real:
        either.writes()
    either.applied()
    if not either.real:
        assert len(either.writes()) == 1
    assert either.snapshot() == before
    assert either.run("pull").exit_code == 0


GONE = {
    "a dashboard": ("dashboard", "/api/dashboards/uid/NAME-calls"),
    "a rule group": ("rule group", "/api/v1/provisioning/folder/FOLDER/rule-groups/watch%2Fers"),
    "a data source": ("data source", "/api/datasources/uid/NAME-prom"),
    "the policies": ("policies", "/api/v1/provisioning/policies"),
}


@pytest.mark.parametrize(("kind", "path"), GONE.values(), ids=GONE.keys())
def test_what_somebody_has_removed_is_made_again(kind: str, path: str, either: Rig) -> None:
    """It is ours, so it comes back and nothing else happens."""
    either.applied()
    before = either.snapshot()
    either.ask("DELETE", path.replace("NAME", either.name).replace("FOLDER", either.parent))
    assert [(step["action"], step["kind"]) for step in either.steps()] == [("create", kind)]
    pulled = json.loads(either.run("pull", "--json").stdout)["differences"]
    assert [(one["state"], one["kind"]) for one in pulled] == [("gone", kind)]
    either.applied()
    assert either.snapshot() == before


def test_what_the_editor_fills_in_is_no_difference(either: Rig) -> None:
    """A dashboard that a person has opened and saved is full of defaults, and means what it meant."""
    either.applied()

    def saved(board: dict[str, Any]) -> None:
        board.update(
            fiscalYearStartMonth=0,
            graphTooltip=0,
            links=[],
            preload=False,
            weekStart="",
            schemaVersion=41,
            timepicker={},
        )
        board["annotations"]["list"][0]["target"] = {"limit": 100, "matchAny": False}
        variable = board["templating"]["list"][0]
        variable.update(
            current={"text": ["a"], "value": ["a"]}, options=[], definition="label_values(up, tenant)", regex=""
        )
        for one in board["panels"]:
            one["pluginVersion"] = "12.3.3"
            one["fieldConfig"]["defaults"].update(color={"mode": "palette-classic"}, mappings=[])
            one["fieldConfig"]["defaults"]["custom"].update(
                axisBorderShow=False, axisLabel="", axisPlacement="auto", drawStyle="line", fillOpacity=0, pointSize=5,
                stacking={"group": "A", "mode": "none"}, hideFrom={"legend": False, "tooltip": False, "viz": False},
            )  # fmt: skip
            one["options"]["legend"]["calcs"] = []
            one["options"]["tooltip"].update(hideZeros=False, sort="none")
            one["targets"][0].update(datasource=one["datasource"], editorMode="code", range=True, instant=False)

    _board(either, saved)
    assert either.steps() == []
    assert either.run("pull").exit_code == 0


def test_only_what_changed_in_the_files_is_sent(rig: Rig) -> None:
    """One panel of one dashboard and the interval of one group."""
    rig.applied()
    rig.writes()
    content = files.copied(rig.content)
    content["grafana/dashboards/calls.json"]["panels"][0]["title"] = 'Active "now" \x1b[31m'
    content["grafana/provisioning/alerting/a.yaml"]["groups"][1]["interval"] = "20s"
    rig.write(content)
    plan = rig.run("plan")
    assert plan.exit_code == 1
    assert plan.stdout.splitlines() == [
        '~ update dashboard "Calls" (wf-calls)',
        r'    dashboard.panels["Active \"now\" \u001b[31m" id 1].title: "Active" → "Active \"now\" \u001b[31m"',
        f'~ update rule group "Folder wf/Inner: more" ({rig.inner}/more)',
        "    interval: 30.0 → 20.0",
    ]
    assert rig.run("apply", "--dry-run").exit_code == 1
    assert rig.writes() == []
    rig.applied()
    assert rig.writes() == [
        "POST /api/dashboards/db",
        f"PUT /api/v1/provisioning/folder/{rig.inner}/rule-groups/more",
    ]
    assert rig.steps() == []
