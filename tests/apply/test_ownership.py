"""What is ours and what is not: adopting, pruning, and what others put into our folders."""

from __future__ import annotations

import json
from pathlib import Path

from generator.apply import pull
from generator.apply.item import Found
from tests.apply import files
from tests.apply.rig import KINDS, Rig


def test_what_is_not_ours_blocks_until_it_is_adopted(either: Rig) -> None:
    """Nothing at all is sent while one of our keys is taken; --adopt takes it over, also when it is equal already."""
    name = either.name
    either.save({"uid": f"{name}-cost", "title": "Of others", "panels": []})
    result = either.run("apply")
    assert result.exit_code == 3
    assert (
        f'! blocked dashboard "Cost" ({name}-cost): one that is not ours is there already; --adopt takes it over'
        in result.output
    )
    assert "Nothing was sent: 1 blocked." in result.stderr
    assert either.get(f"/api/dashboards/uid/{name}-cost")["dashboard"]["title"] == "Of others"
    assert f"{name}-calls" not in [one["uid"] for one in either.get("/api/search?type=dash-db")]
    adopted = [step for step in either.steps("--adopt") if step["action"] == "adopt"]
    assert [(step["kind"], step["key"]) for step in adopted] == [("dashboard", f"{name}-cost")]
    either.applied("--adopt")
    assert either.steps() == []
    assert either.get(f"/api/dashboards/uid/{name}-cost")["dashboard"]["title"] == "Cost"


def test_pruning_removes_ours_and_nothing_else(either: Rig) -> None:
    """What no file makes any more is told, and removed only by --prune; a folder in which others work stays."""
    either.applied()
    name = either.name
    either.save({"uid": f"{name}-guest", "title": "Guest", "panels": []}, either.parent)
    either.save({"uid": f"{name}-other", "title": "Other", "panels": []})
    either.write({"grafana/dashboards/calls.json": either.content["grafana/dashboards/calls.json"]})
    left = either.steps()
    assert {step["action"] for step in left} == {"left over"}
    assert "--prune removes it" in either.run("plan").stdout
    assert either.run("apply").exit_code == 0
    assert [step["kind"] for step in either.steps("--prune")] == [
        kind for kind, number in reversed(KINDS.items()) for _ in range(number)
    ]
    result = either.run("apply", "--prune")
    assert result.exit_code == 3
    assert "it still holds 1 dashboard; move them elsewhere" in result.output
    there = {one["uid"] for one in either.get("/api/search?type=dash-db")}
    assert {f"{name}-guest", f"{name}-other"} <= there
    assert not {f"{name}-calls", f"{name}-cost"} & there
    either.ask("DELETE", f"/api/dashboards/uid/{name}-guest")
    either.applied("--prune")
    assert f"{name}-managed" not in {one["uid"] for one in either.get("/api/search?type=dash-db")}
    either.ask("DELETE", f"/api/dashboards/uid/{name}-other")
    either.content = {}


def test_pull_finds_and_writes_what_was_added(either: Rig) -> None:
    """A dashboard that somebody made in our folder, whole, in a file whose name leads nowhere else."""
    either.applied()
    made = files.board(f"{either.name}-made", "Made \x1b[2J by hand", files.panel(1, "P", "up"))
    either.save(made, either.parent)
    result = either.run("pull", "--write", str(either.folder / "edited"))
    assert result.exit_code == 1
    assert rf'new in Grafana: dashboard "Made \u001b[2J by hand" ({either.name}-made)' in result.stdout
    written = json.loads((either.folder / f"edited/dashboard/{either.name}-made.json").read_text())
    assert {key: value for key, value in made.items() if key != "version"} == written
    either.ask("DELETE", f"/api/dashboards/uid/{either.name}-made")


def test_no_key_leads_a_file_elsewhere(tmp_path: Path) -> None:
    """Keys are what somebody wrote into Grafana."""
    found = Found({"dashboard": {"title": "x"}, "folderUid": ""})
    edits = tuple(
        pull.Edit("new", "dashboard", key, "x", after={}, found=found) for key in ("../../x", "a/b", "..", "/etc/x")
    )
    written = pull.write(tmp_path / "edited", edits)
    assert len(set(written)) == len(edits)
    assert {path.parent for path in written} == {tmp_path / "edited/dashboard"}
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(written)


def test_two_owners_live_side_by_side(rig: Rig) -> None:
    """The one neither sees nor prunes what the other one has."""
    rig.applied()
    before = rig.snapshot()
    rig.configure(owner="second")
    content = files.everything("second")
    del content["grafana/provisioning/alerting/a.yaml"]["policies"]
    rig.write(content)
    rig.applied("--prune")
    assert rig.steps() == []
    after = rig.snapshot()
    lists = [path for path in before if path.rpartition("/")[2] in ("templates", "mute-timings", "contact-points")]
    for path in before:
        assert all(one in after[path] for one in before[path]) if path in lists else after[path] == before[path]


def test_what_we_have_lost_is_not_ours_when_others_make_it_anew(either: Rig) -> None:
    """Removed by hand and from the files: the list forgets it, and a later namesake is safe from --prune."""
    either.applied()
    name = either.name
    either.ask("DELETE", f"/api/dashboards/uid/{name}-calls")
    content = files.copied(either.content)
    del content["grafana/dashboards/calls.json"]
    either.write(content)
    assert either.steps("--prune") == []
    either.applied()
    either.save({"uid": f"{name}-calls", "title": "Of others", "panels": []})
    assert either.steps("--prune") == []
    either.applied("--prune")
    assert either.get(f"/api/dashboards/uid/{name}-calls")["dashboard"]["title"] == "Of others"
    either.ask("DELETE", f"/api/dashboards/uid/{name}-calls")
