"""Interrupted, refused, unanswered or in somebody's way: what happens is told, and the next run ends where it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.apply import plan as plans
from generator.apply import run, work
from generator.apply.connection import Api, target
from generator.apply.error import ApplyError
from tests.apply import files
from tests.apply.rig import Rig
from tests.processes import wait_until

WRITES = 15
"""The list of what is ours and fourteen objects."""


def _dumped(rig: Rig) -> dict[str, Any]:
    """Everything that the stand-in keeps, but for running numbers and versions."""
    state = rig.ask("GET", "/-/dump")["orgs"]["1"]
    for kind in ("folders", "sources", "dashboards", "library", "rules"):
        for one in state[kind].values():
            one.pop("id")
            one.pop("version", None)
    state["dashboards"].pop(f"{rig.name}-managed")
    return state  # type: ignore[no-any-return]


@pytest.fixture
def whole(rig: Rig) -> dict[str, Any]:
    """The end state of an apply that nothing disturbs; the stand-in is empty again afterwards."""
    rig.applied()
    state = _dumped(rig)
    rig.ask("POST", "/-/reset")
    for path in (rig.folder / "stack").rglob("*.json"):
        path.unlink()
    return state


@pytest.mark.parametrize("position", [0, 1, 4, 8, WRITES - 1])
def test_killed_in_the_middle_and_applied_again(position: int, rig: Rig, whole: dict[str, Any]) -> None:
    """Wherever it is killed: the same end state, nothing twice, and nothing of ours taken for that of others."""
    rig.faults({"match": "^(POST|PUT|PATCH|DELETE) /api", "what": "hang", "after": position})
    process = rig.start("apply")

    def reached() -> bool:
        lines = rig.ask("GET", "/-/requests?keep=1")
        return sum(not line.startswith("GET") for line in lines) > position

    wait_until(reached, 60, f"write {position} came")
    process.kill()
    process.communicate()
    rig.faults()
    rig.applied()
    assert _dumped(rig) == whole
    assert rig.steps() == []


@pytest.mark.parametrize("what", ["late", "gateway", "lose", "503", "429"])
def test_every_change_without_an_answer(what: str, rig: Rig, whole: dict[str, Any]) -> None:
    """Done but not told, or not done: apply looks and goes on, and makes nothing twice."""
    rig.configure(attempts=3)
    lines = [
        "POST /api/dashboards/db",
        "POST /api/folders",
        "POST /api/datasources",
        "POST /api/library",
        "PUT /api/v1",
        "POST /api/v1",
    ]
    rig.faults(
        *({"match": f"^{line}", "what": what, "times": 1, "after": number % 2} for number, line in enumerate(lines))
    )
    rig.applied()
    assert _dumped(rig) == whole
    changed = files.copied(rig.content)
    changed["grafana/dashboards/calls.json"]["title"] = "Calls now"
    rig.write(changed)
    rig.faults({"match": "^POST /api/dashboards/db", "what": what})
    rig.applied()
    assert rig.steps() == []
    assert rig.get("/api/dashboards/uid/wf-calls")["dashboard"]["version"] == 2


def test_one_that_is_refused_stops_no_other(rig: Rig, whole: dict[str, Any]) -> None:
    """What failed is told with Grafana's words and code 3; the next run does the rest and nothing else."""
    rig.faults(
        {"match": "^POST /api/dashboards/db", "what": "500", "after": 2},
        {"match": "^PUT /api/v1/provisioning/templates", "what": "400"},
    )
    result = rig.run("apply")
    assert result.exit_code == 3
    assert 'failed: create dashboard "Cost" (wf-cost): POST ' in result.output
    assert "was refused with 500: fault 500" in result.output
    assert "12 of 14 changes were made; run apply again for the rest." in result.stderr
    assert [(step["action"], step["kind"]) for step in rig.steps()] == [("create", "dashboard"), ("create", "template")]
    rig.writes()
    rig.applied()
    assert rig.writes() == ["POST /api/dashboards/db", "PUT /api/v1/provisioning/templates/text%20wf"]
    assert _dumped(rig) == whole


def test_what_needs_a_folder_that_failed_is_not_tried(rig: Rig, whole: dict[str, Any]) -> None:
    """And data sources, which need none, are made."""
    rig.faults({"match": "^POST /api/folders", "what": "500"})
    result = rig.run("apply", "--json")
    assert result.exit_code == 3
    ended = {(step["kind"], step["key"]): step for step in json.loads(result.stdout)["steps"]}
    assert ended["folder", rig.parent]["outcome"] == "failed"
    for place in (("folder", rig.inner), ("dashboard", "wf-calls"), ("rule group", f"{rig.parent}/watch/ers")):
        assert ended[place]["outcome"] == "not tried"
        assert ended[place]["error"] == f"its folder {rig.parent} could not be made"
    assert ended["data source", "wf-prom"]["outcome"] == "done"
    rig.applied()
    assert _dumped(rig) == whole


def test_a_grafana_that_goes_away_ends_the_run(rig: Rig, whole: dict[str, Any]) -> None:
    """The rest is not tried, each with the reason, and not waited for one by one."""
    rig.configure(attempts=1)
    rig.faults({"match": "^GET /api/dashboards/uid/wf-calls", "what": "lose", "times": 99})
    result = rig.run("apply")
    assert result.exit_code == 3
    assert 'failed: create dashboard "Calls" (wf-calls): cannot reach ' in result.output
    assert 'not tried: create rule group "Folder wf/Inner: more"' in result.output
    assert "Grafana is out of reach" in result.output
    rig.faults()
    rig.applied()
    assert _dumped(rig) == whole


def test_what_is_accepted_and_not_done_is_found_out(rig: Rig) -> None:
    """Every change is read back."""
    rig.applied()
    changed = files.copied(rig.content)
    changed["grafana/provisioning/alerting/a.yaml"]["groups"][0]["interval"] = "2m"
    changed["grafana/dashboards/calls.json"]["title"] = "Calls now"
    rig.write(changed)
    rig.faults(
        {"match": "rule-groups/watch", "what": "pretend"}, {"match": "^PUT|^POST /api/dashboards/db", "what": "pretend"}
    )
    result = rig.run("apply")
    assert result.exit_code == 3
    assert 'Grafana accepted it and gives back something else: dashboard.title: "Calls now" → "Calls"' in result.output


def test_a_change_of_somebody_else_in_the_same_moment_is_not_overwritten(rig: Rig) -> None:
    """What changed between plan and apply is refused by Grafana, and that is told."""
    rig.applied()
    changed = files.copied(rig.content)
    changed["grafana/dashboards/calls.json"]["title"] = "Ours"
    changed["grafana/library/shared.json"]["name"] = "Ours"
    changed["grafana/provisioning/alerting/a.yaml"]["muteTimes"][0]["time_intervals"][0]["times"][0]["start_time"] = (
        "20:00"
    )
    rig.write(changed)
    rig.ask("PUT", f"/api/folders/{rig.parent}", {"title": "Theirs", "overwrite": True})
    made = _work(rig)
    plan = made.plan(plans.Wishes())
    board = rig.get("/api/dashboards/uid/wf-calls")
    rig.save({**board["dashboard"], "title": "Theirs"}, board["meta"]["folderUid"])
    rig.ask("PUT", f"/api/folders/{rig.parent}", {"title": "Theirs too", "version": 2, "overwrite": False})
    element = rig.get("/api/library-elements/wf-lib")["result"]
    rig.ask(
        "PATCH",
        "/api/library-elements/wf-lib",
        {**{key: element[key] for key in ("kind", "model", "folderUid", "version")}, "name": "Theirs"},
    )
    timing = rig.get("/api/v1/provisioning/mute-timings")[0]
    timing["time_intervals"] = []
    rig.ask("PUT", "/api/v1/provisioning/mute-timings/nights%20wf", timing)
    results = run.apply(made.api, plan, made.owner, made.known)
    assert [(one.step.kind, one.outcome.value) for one in results] == [
        ("folder", "failed"), ("library panel", "failed"), ("dashboard", "failed"), ("mute timing", "failed"),
    ]  # fmt: skip
    assert "somebody has changed this dashboard just now; look at the plan again" in results[2].reason
    assert rig.get(f"/api/folders/{rig.parent}")["title"] == "Theirs too"
    assert rig.get("/api/dashboards/uid/wf-calls")["dashboard"]["title"] == "Theirs"
    assert rig.get("/api/v1/provisioning/mute-timings")[0]["time_intervals"] == []


def test_two_applies_at_the_same_time(rig: Rig) -> None:
    """The second one is refused before it has made anything."""
    made = _work(rig)
    plan = made.plan(plans.Wishes())
    rig.applied()
    with pytest.raises(ApplyError, match="another apply has changed the list of what is ours just now"):
        run.apply(made.api, plan, made.owner, made.known)


def _work(rig: Rig) -> work.Work:
    """The two sides as the commands have them."""
    from exporter.settings import load
    from generator.apply import desired, fingerprint

    settings = load(rig.config, {})
    place = target(settings, rig.environment)
    known = fingerprint.load(Path(settings.stack.directory) / "apply", place, rig.name)
    return work.Work(Api(place), desired.read(rig.out, rig.environment, rig.name), rig.name, known, editable=False)
