"""Jsonnet and grafanalib modules: run in a process of their own, confined to their project, limited in time and memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.importing import child, program
from generator.importing.record import Record
from generator.importing.run import Importer


def bring(folder: Path, name: str, **files: str) -> Record:
    """The record of a file among others; two underscores in a name stand for a slash, one pair of them for a dot."""
    for path, text in files.items():
        place = folder / path.replace("__", "/").replace("_dot_", ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return Importer("Imported", {}).file(folder / name, folder, name)


BOARD = "{title: 'T', uid: 'u', panels: [{type: 'stat', targets: [{expr: 'up'}]}]}"


def test_jsonnet_imports_what_is_in_its_project(tmp_path: Path) -> None:
    """Beside the file, from vendor and from lib; what an import imports too."""
    record = bring(
        tmp_path, "a.jsonnet", a_dot_jsonnet="(import 'g/board.libsonnet').new('T') + (import 'near.libsonnet') + (import 'l.libsonnet')",
        near_dot_libsonnet="{uid: 'u'}", lib__l_dot_libsonnet="{tags: ['lib']}",
        vendor__g__board_dot_libsonnet="{new(t):: {title: t, panels: [import 'panel.libsonnet']}}", vendor__g__panel_dot_libsonnet="{type: 'stat'}",
    )  # fmt: skip
    assert record.reason is None, record.reason
    data = json.loads(record.made[0].content)
    assert (data["title"], data["uid"], data["tags"], data["panels"][0]["type"]) == ("T", "u", ["lib"], "stat")


def test_a_mixin_gives_what_it_hides(tmp_path: Path) -> None:
    """Dashboards, alerts and recordings that are not visible in its own value."""
    text = "{_config:: {}, grafanaDashboards:: {'a.json': %s}, prometheusAlerts+:: {groups+: [{name: 'g', rules: [{alert: 'A', expr: 'up == 0'}]}]}}"
    record = bring(tmp_path, "mixin.jsonnet", mixin_dot_jsonnet=text % BOARD)
    assert [(made.kind, made.name) for made in record.made] == [("dashboard", "a"), ("rules", "mixin-alerts")]


@pytest.mark.parametrize(
    "target", ["../secret.libsonnet", "/etc/hostname", "link.libsonnet", "vendor/link/secret.libsonnet"]
)
@pytest.mark.parametrize("how", ["import", "importstr"])
def test_no_import_leaves_the_project(tmp_path: Path, target: str, how: str) -> None:
    """Neither by dots, nor by an absolute path, nor by a link."""
    (tmp_path / "secret.libsonnet").write_text("'s3cr3t'")
    project = tmp_path / "project"
    (project / "vendor").mkdir(parents=True)
    (project / "link.libsonnet").symlink_to(tmp_path / "secret.libsonnet")
    (project / "vendor" / "link").symlink_to(tmp_path)
    record = bring(project, "a.jsonnet", a_dot_jsonnet=f"{{title: {how} '{target}', panels: []}}")
    assert record.status == "refused"
    assert "is not in the project" in str(record.reason)
    assert "s3cr3t" not in str(record.reason)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{title: ", "its program failed"), ("error 'no: ' + 5", "no: 5"), ("{title: std.extVar('X'), panels: []}", "X"),
        ("local f(x) = f(x) + 1; f(1)", "its program failed"), ("{a: import 'a.jsonnet'}", "its program failed"), ("5", "it holds a number"),
        ("function(x) x", "its program failed"),
    ],
)  # fmt: skip
def test_a_program_that_fails_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With what Jsonnet said, on one line."""
    record = bring(tmp_path, "a.jsonnet", a_dot_jsonnet=text)
    assert record.status == "refused"
    assert message in str(record.reason)
    assert "\n" not in str(record.reason)


def test_a_program_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never ends is stopped; one that wants all memory ends without an answer."""
    monkeypatch.setattr(program, "SECONDS", 2)
    record = bring(
        tmp_path,
        "a.jsonnet",
        a_dot_jsonnet="local f(n) = if n == 0 then 0 else f(n - 1) tailstrict; std.foldl(function(a, b) a + f(400), std.range(1, 100000000), 0)",
    )
    assert record.status == "refused"
    record = bring(tmp_path, "b.dashboard.py", b_dot_dashboard_dot_py="while True: pass")
    assert "its program did not end within 2 s" in str(record.reason)
    record = bring(tmp_path, "c.dashboard.py", c_dot_dashboard_dot_py="x = bytearray(8 * 1024**3)")
    assert "MemoryError" in str(record.reason)


MODULE = """
from grafanalib.core import Dashboard, Graph, Target
print("words on standard output do no harm")
dashboard = Dashboard(title="T", uid="u", panels=[Graph(title="G", targets=[Target(expr="up")])])
"""


def test_a_module_of_grafanalib_gives_its_dashboard(tmp_path: Path) -> None:
    """It may import what lies beside it."""
    record = bring(tmp_path, "a.dashboard.py", a_dot_dashboard_dot_py="import beside\n" + MODULE, beside_dot_py="x = 1")
    assert record.reason is None, record.reason
    (panel,) = json.loads(record.made[0].content)["panels"]
    assert (panel["type"], panel["title"], panel["targets"][0]["expr"]) == ("timeseries", "G", "up")


def test_a_module_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment it has the path and the language."""
    monkeypatch.setenv("ANALYTICS_DATABASE_URL", "postgresql://u:s3cr3t@h/d")
    text = "import os\ndashboard = {'title': ','.join(sorted(os.environ)), 'panels': []}"
    record = bring(tmp_path, "a.dashboard.py", a_dot_dashboard_dot_py=text)
    assert not {"ANALYTICS_DATABASE_URL"} & set(record.made[0].title.split(","))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "it defines no variable called dashboard"), ("raise SystemExit(3)", "SystemExit: 3"), ("dashboard = object()", "cannot write object"),
        ("import os; os._exit(0)", "ended without an answer"), ("dashboard = (", "SyntaxError"),
    ],
)  # fmt: skip
def test_a_module_that_fails_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With what it raised."""
    record = bring(tmp_path, "a.dashboard.py", a_dot_dashboard_dot_py=text)
    assert record.status == "refused"
    assert message in str(record.reason)


def test_limits_are_set_before_a_program_runs() -> None:
    """Memory and time of the process are below what a machine has."""
    assert (child.MEMORY, child.SECONDS, program.SECONDS) == (2 * 1024**3, 60, 60)
