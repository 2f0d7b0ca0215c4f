"""What an import keeps, finds again, generates, and where it never writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from generator.cli import cli
from generator.importing.record import ImportsError
from generator.importing.store import INDEX, Store


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, in which commands run."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(place: str, **content: Any) -> Path:
    """A dashboard file."""
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"title": "T", "uid": "u", "panels": [], **content}))
    return path


def call(*arguments: str, text: str | None = None) -> Result:
    """Run a command."""
    return CliRunner().invoke(
        cli, list(arguments), input=text, env={"SLACK_WEBHOOK_URL": "", "ALERT_EMAIL": ""}, catch_exceptions=False
    )


def kept() -> dict[str, Any]:
    """The dashboards that the project has, by file name."""
    return {place.name: json.loads(place.read_text()) for place in sorted(Path("imports/dashboards").glob("*.json"))}


def test_an_import_is_part_of_what_is_generated() -> None:
    """In a folder of its own, with a provider apart from ours; deleting the file takes it back."""
    write("in/My Board.json")
    assert call("import", "in", "--folder", "Team $A").exit_code == 0
    assert call("generate").exit_code == 0
    (made,) = Path("out/grafana/imported").rglob("*.json")
    provider = Path("out/grafana/provisioning/dashboards/imported.yaml").read_text()
    assert made.read_bytes() == Path("imports/dashboards/my-board.json").read_bytes()
    assert "folder: Team $$A" in provider
    assert f"path: $WATCHFLOOR_DASHBOARDS/../imported/{made.parent.name}" in provider
    assert call("generate", "--check").exit_code == 0
    Path("imports/dashboards/my-board.json").unlink()
    assert call("generate").exit_code == 0
    assert not Path("out/grafana/imported").exists()


def test_importing_again_changes_nothing_or_the_same_file() -> None:
    """The identity of a dashboard stays when its source changes."""
    source = write("in/a.json", uid=None)
    call("import", "in/a.json")
    before, index = kept(), Path("imports", INDEX).read_bytes()
    call("import", "in/a.json")
    assert (kept(), Path("imports", INDEX).read_bytes()) == (before, index)
    source.write_text(json.dumps({"title": "New", "panels": []}))
    call("import", "in/a.json")
    assert {name: (data["title"], data["uid"]) for name, data in kept().items()} == {
        "a.json": ("New", before["a.json"]["uid"])
    }


def test_what_a_source_gives_no_more_goes() -> None:
    """A file that held two dashboards and holds one keeps one."""
    place = Path("a.json")
    boards: list[dict[str, Any]] = [{"title": title, "uid": title.lower(), "panels": []} for title in ("A", "B")]
    place.write_text(json.dumps(boards))
    call("import", "a.json")
    assert len(kept()) == 2
    place.write_text(json.dumps(boards[:1]))
    call("import", "a.json")
    assert [data["title"] for data in kept().values()] == ["A"]


def test_dashboards_of_one_uid_or_title_are_told_apart() -> None:
    """Two sources with the same uid and title both stay, and the report says what was changed."""
    write("in/a.json")
    write("in/b.json")
    done = call("import", "in", "--json")
    first, second = json.loads(done.stdout)
    assert [one["outputs"][0]["title"] for one in (first, second)] == ["T", "T (2)"]
    assert len({data["uid"] for data in kept().values()}) == 2
    assert [line.partition(" ")[0] for line in second["changes"] if "taken" in line] == ["uid", "title"]
    call("import", "in")
    assert [data["title"] for data in kept().values()] == ["T", "T (2)"]


def test_the_uids_of_our_own_dashboards_are_not_given_away() -> None:
    """Nor is our folder."""
    write("a.json", uid="watchfloor-calls")
    call("import", "a.json")
    assert kept()["a.json"]["uid"].startswith("import-")
    done = call("import", "a.json", "--folder", "watchfloor")
    assert (done.exit_code, "holds our own dashboards" in done.output) == (1, True)


def test_a_dry_run_writes_nothing() -> None:
    """But says where things would go."""
    write("a.json")
    done = call("import", "a.json", "--dry-run", "--json")
    assert json.loads(done.stdout)[0]["outputs"][0]["path"] == "dashboards/a.json"
    assert not Path("imports").exists()


def test_records_for_programs() -> None:
    """One for each file: file, status, reason, changes, what to look at, what was made. A refusal is exit code 1."""
    write("in/a.json", schemaVersion=30)
    Path("in/b.json").write_text("{")
    done = call("import", "in", "--json")
    good, bad = json.loads(done.stdout)
    assert (done.exit_code, good["file"], good["status"], good["reason"]) == (1, "in/a.json", "imported", None)
    assert "schema version 30 became 42" in good["changes"]
    assert (bad["file"], bad["status"], bad["outputs"]) == ("in/b.json", "refused", [])
    assert bad["reason"].startswith("it is no JSON")
    assert "1 of 2 files imported, 1 refused." in done.stderr


def test_standard_input_is_read() -> None:
    """As JSON or YAML."""
    assert call("import", "-", text='{"title": "T", "uid": "u", "panels": []}').exit_code == 0
    assert call("import", "-", text="title: Y\nuid: y\npanels: []\n").exit_code == 0
    assert [data["title"] for data in kept().values()] == ["Y"]


def test_folders_of_other_code_are_left_out() -> None:
    """Libraries of Jsonnet, hidden folders and lists of packages are no sources."""
    for place in ("in/vendor/a.json", "in/.git/b.json", "in/node_modules/c.json", "in/jsonnetfile.json", "in/d.json"):
        write(place)
    assert [one["file"] for one in json.loads(call("import", "in", "--json").stdout)] == ["in/d.json"]


def test_links_that_lead_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    """A file that is named itself may be a link."""
    (tmp_path / "secret.json").write_text('{"title": "S", "panels": []}')
    Path("in").mkdir()
    Path("in/a.json").symlink_to(tmp_path / "secret.json")
    (record,) = json.loads(call("import", "in", "--json").stdout)
    assert record["reason"] == "it is a link that leads out of in"


@pytest.mark.parametrize(
    "place", ["imports/dashboards", "imports/rules", "imports/dashboards/a.json", "imports/index.json"]
)
def test_nothing_is_written_through_a_link(tmp_path: Path, place: str) -> None:
    """Neither a file nor a folder on the way."""
    target = tmp_path / "elsewhere"
    if place.endswith(".json"):
        target.write_text("[]" if "index" not in place else '{"imports": []}')
    else:
        target.mkdir()
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    Path(place).symlink_to(target)
    before = target.read_text() if target.is_file() else sorted(target.iterdir())
    write("a.json")
    Path("r.yml").write_text("groups: [{name: g, rules: [{record: a, expr: up}]}]")
    done = call("import", "a.json", "r.yml")
    assert (target.read_text() if target.is_file() else sorted(target.iterdir())) == before
    # A file that is in the way makes another name; anything else is an error.
    assert ("is a symbolic link" in done.output) is (place != "imports/dashboards/a.json")
    assert ("dashboards/a-2.json" in done.output) is (place == "imports/dashboards/a.json")


def test_hostile_names_come_out_quoted(project: Path) -> None:
    """Titles and names that would steer a terminal or lead elsewhere."""
    write("a.json", title="\x1b[2Jx\u202e", uid="../../x")
    done = call("import", "a.json")
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output
    assert "\\x1b[2Jx" in done.output
    assert {place.relative_to(project).as_posix() for place in project.rglob("*.json")} == {
        "a.json",
        "imports/index.json",
        "imports/dashboards/a.json",
    }


def test_an_index_that_leads_elsewhere_is_refused() -> None:
    """Paths in it are names of imports and nothing else."""
    entry = {"origin": "a", "kind": "dashboard", "title": "T", "uid": "u", "folder": "F"}
    for path in ("../x.json", "dashboards/../../x.json", "/etc/x.json", "dashboards/.x.json", "elsewhere/x.json"):
        Path("imports").mkdir(exist_ok=True)
        Path("imports", INDEX).write_text(json.dumps({"imports": [{**entry, "path": path}]}))
        with pytest.raises(ImportsError, match="is no index of imports"):
            Store(Path("imports"), frozenset())


def test_a_kept_file_that_was_broken_is_named() -> None:
    """Generating says which file is no dashboard any more."""
    write("a.json")
    call("import", "a.json")
    for text, message in (
        ("{", "is no JSON any more"),
        ("{}", "is no dashboard with a uid and a title; import it again"),
    ):
        Path("imports/dashboards/a.json").write_text(text)
        done = call("generate")
        assert (done.exit_code, message in done.output) == (1, True)


def test_what_does_not_exist_is_named() -> None:
    """A missing place is an error of the call."""
    done = call("import", "nowhere")
    assert (done.exit_code, "nowhere does not exist; name a file or a folder" in done.output) == (1, True)


def test_kept_files_of_one_uid_or_title_are_named() -> None:
    """A file that somebody copied would stop Grafana from writing the folder."""
    write("a.json")
    call("import", "a.json")
    first = json.loads(Path("imports/dashboards/a.json").read_text())
    for change, message in (({"title": "X"}, "has the uid 'u' of"), ({"uid": "x"}, "has the title 'T' of")):
        Path("imports/dashboards/b.json").write_text(json.dumps({**first, **change}))
        done = call("generate")
        assert (done.exit_code, message in done.output) == (1, True)
