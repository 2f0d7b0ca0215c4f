"""The one form in which both sides are compared, the differences between two of them, and what files mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.settings import Settings
from generator import files as generated
from generator.apply import desired
from generator.apply.desired import read
from generator.apply.difference import differences
from generator.apply.error import ApplyError
from generator.apply.interpolate import expand
from generator.apply.normal import alerting, dashboard
from generator.apply.normal.value import matchers, pruned, seconds
from generator.generate import build
from tests.apply import files
from tests.apply.rig import Rig

SAME: dict[str, tuple[Any, Any]] = {
    "durations": (seconds("1h30m"), seconds("90m")),
    "a duration in days": (seconds("1d12h"), 36 * 3600.0),
    "a duration of Go": (seconds("5m0s"), seconds(300)),
    "no duration": (seconds("soon"), "soon"),
    "a list is no duration": (seconds([1]), [1]),
    "matchers of two kinds": (
        matchers({"matchers": ["severity = critical", 'tenant=~"a|b"']}),
        matchers({"object_matchers": [["tenant", "=~", "a|b"], ["severity", "=", "critical"]]}),
    ),
    "matchers in braces": (matchers({"matchers": ['{a="x\\"y", "b c"!~d}']}), [["a", "=", 'x"y'], ["b c", "!~", "d"]]),
    "matchers of old": (matchers({"match": {"a": "b"}, "match_re": {"c": "d"}}), [["a", "=", "b"], ["c", "=~", "d"]]),
    "absent and empty": (pruned({"a": None, "b": [], "c": {"d": ""}, "e": False, "f": 0}), {"e": False, "f": 0}),
    "routes": (
        alerting.route({"receiver": "a", "group_by": ["b", "a"], "group_wait": "60s", "routes": [], "provenance": "api"}),
        alerting.route({"receiver": "a", "group_by": ["a", "b"], "group_wait": "1m", "continue": False}),
    ),
    "mute timings": (
        alerting.timing({"name": "a", "time_intervals": [{"months": ["January:march"], "weekdays": ["Monday"], "location": "UTC"}]}),
        alerting.timing({"name": "a", "time_intervals": [{"months": ["1:3"], "weekdays": ["monday:monday"], "times": []}]}),
    ),
    "rules": (
        alerting.group({"title": "g", "interval": 60, "rules": [{"uid": "a", "for": "0s", "id": 7, "provenance": "api", "isPaused": False,
            "noDataState": "NoData", "data": [{"refId": "A", "model": {"intervalMs": 1000, "maxDataPoints": 43200, "refId": "A"}}]}]}),
        alerting.group({"title": "g", "interval": "1m", "rules": [{"uid": "a", "labels": {}, "data": [{"refId": "A", "queryType": ""}]}]}),
    ),
    "targets": (
        dashboard.panel({"type": "x", "targets": [{"refId": "A", "range": True, "instant": False, "editorMode": "code"}]}),
        dashboard.panel({"type": "x", "targets": [{"refId": "A", "range": False}]}),
    ),
    "library panels": (
        dashboard.panel({"id": 1, "libraryPanel": {"uid": "a", "name": "old"}, "type": "stat", "options": {"x": 1}}),
        dashboard.panel({"id": 1, "libraryPanel": {"uid": "a", "name": "new"}}),
    ),
}  # fmt: skip
OTHER: dict[str, tuple[Any, Any]] = {
    "a truth and a number": ({"a": True}, {"a": 1}),
    "truths and numbers": ({"a": [False, True]}, {"a": [False, 1]}),
    "the order of routes": (
        alerting.route({"routes": [{"receiver": "a"}, {"receiver": "b"}]}), alerting.route({"routes": [{"receiver": "b"}, {"receiver": "a"}]}),
    ),
    "an instant query": (
        dashboard.panel({"targets": [{"refId": "A", "instant": True, "range": True}]}), dashboard.panel({"targets": [{"refId": "A", "instant": True}]}),
    ),
    "another month": (alerting.timing({"time_intervals": [{"months": ["1:3"]}]}), alerting.timing({"time_intervals": [{"months": ["1:4"]}]})),
    "the order of panels": ([{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}]),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_one_thing_written_in_two_ways(one: Any, other: Any) -> None:
    """No false difference."""
    assert list(differences({"": one}, {"": other})) == []


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER.keys())
def test_two_things_stay_two(one: Any, other: Any) -> None:
    """No difference is lost."""
    assert list(differences(one, other))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab\x1b\n\x9b\u202e", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "uid", "name", "a", "title", "\x1b[2J"]), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


def _exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(VALUES, VALUES)
def test_there_are_differences_exactly_when_values_differ(one: Any, other: Any) -> None:
    """And each is told on one line that a terminal does not obey."""
    found = list(differences(one, other))
    assert bool(found) == (_exact(one) != _exact(other))
    assert all(line.isprintable() for line in map(str, found))


@given(VALUES)
def test_bringing_into_form_twice_changes_nothing(value: Any) -> None:
    """The form of a form is that form."""
    once = pruned(value)
    assert pruned(once) == once


def test_every_dashboard_of_the_product_is_steady() -> None:
    """The form of what is generated loses no panel, query or title, and is the same a second time."""
    for path, content in build(Settings(), "native", {}).items():
        if path.startswith("grafana/dashboards/"):
            board = json.loads(content)
            form = dashboard.dashboard(board)
            assert dashboard.dashboard(form) == form
            assert [panel.get("title") for panel in form["panels"]] == [panel.get("title") for panel in board["panels"]]
            expressions = [target.get("expr") for panel in board["panels"] for target in panel.get("targets", ())]
            assert expressions == [
                target.get("expr") for panel in form["panels"] for target in panel.get("targets", ())
            ]


def test_the_product_is_applied_whole(rig: Rig) -> None:
    """Everything that `generate` writes for a database with a viewer; the second plan is empty."""
    viewer = rig.folder / "viewer"
    viewer.write_text("postgresql://reader:pass@db.example.org:5433/app?sslmode=require")
    settings = {
        "stack": {"directory": str(rig.folder / "stack"), "output": str(rig.folder / "product")},
        "grafana": {"url": rig.url},
    }
    rig.config.write_text(yaml.safe_dump({**settings, "database": {"viewer_url_file": str(viewer)}}))
    assert rig.run("generate").exit_code == 0
    rig.applied()
    assert rig.steps() == []
    source = rig.get("/api/datasources/uid/watchfloor-postgres")
    assert (source["url"], source["user"], source["secureJsonFields"]) == (
        "db.example.org:5433",
        "reader",
        {"password": True},
    )
    made = [path for path in build(Settings(), "native", {}) if path.startswith("grafana/dashboards/")]
    assert len(rig.get("/api/search?type=dash-db")) == len(made) + 1


EXPANDED = {
    "plain": ("a$X.b", "a1.b"),
    "in braces": ("${X}${Y_2}", "12"),
    "Grafana's own form": ("$__env{X}", "1"),
    "a literal": ("5$$X $$", "5$X $"),
    "a lone sign": ("5$ $)", "5$ $)"),
    "what is filled in is not read again": ("$Z", "$X"),
}


@pytest.mark.parametrize(("text", "wanted"), EXPANDED.values(), ids=EXPANDED.keys())
def test_variables(text: str, wanted: str) -> None:
    """As Grafana's file loader fills them in."""
    assert expand({"a": [text]}, {"X": "1", "Y_2": "2", "Z": "$X"}) == {"a": [wanted]}


def test_secret_files_and_what_is_not_set(tmp_path: Path) -> None:
    """A file is read; a variable that is not set is an error and not nothing."""
    (tmp_path / "secret").write_text("hidden\n")
    assert expand(f"$__file{{{tmp_path}/secret}}", {}) == "hidden"
    for text, words in (
        ("$NOPE", "the variable NOPE is not set"),
        ("a$1", "the variable 1 is not set"),
        ("$__file{/nowhere}", "cannot read /nowhere: No such file"),
        ("$__vault{x}", "cannot be filled in here"),
    ):
        with pytest.raises(ApplyError, match=words.replace("$", r"\$")):
            expand(text, {})


def _read(tmp_path: Path, content: dict[str, Any]) -> desired.Desired:
    return read(files.write(tmp_path / "out", content), {"WF_ADDRESS": "x", "WF_PASSWORD": "y", "WF_SLACK": "z"}, "wf")


def _mistake(path: str, **change: Any) -> dict[str, Any]:
    content = files.everything("wf")
    content[path] = {**content[path], **change}
    return content


ALERTING = "grafana/provisioning/alerting/a.yaml"
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no uid of a dashboard": (_mistake("grafana/dashboards/calls.json", uid=""), "calls.json: a dashboard needs a uid and a title"),
    "a dashboard twice": (_mistake("grafana/dashboards/calls.json", uid="wf-cost"), "the dashboard wf-cost is given twice"),
    "a dashboard of another schema": (_mistake("grafana/dashboards/calls.json", elements={}), "this is no classic dashboard"),
    "no interval": (_mistake(ALERTING, groups=[{"name": "g", "folder": "f", "rules": [{}]}]), "the group g has no interval; write one such as 1m"),
    "no folder of rules": (_mistake(ALERTING, groups=[{"name": "g", "folder": "/", "interval": "1m", "rules": [{}]}]), "the group g is in no folder"),
    "no uid of a receiver": (
        _mistake(ALERTING, contactPoints=[{"name": "c", "receivers": [{"type": "email"}]}]), "a receiver of the contact point c has no uid"
    ),
    "two organisations": (_mistake(ALERTING, templates=[{"orgId": 2, "name": "t", "template": "x"}]), "files for 2 organisations"),
    "no model of a library panel": (_mistake("grafana/library/shared.json", model=None), "a library panel needs a uid, a name and a model"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_files_that_cannot_be_applied(content: dict[str, Any], words: str, tmp_path: Path) -> None:
    """One sentence with the file in it."""
    with pytest.raises(ApplyError, match=words):
        _read(tmp_path, content)


def test_nothing_generated_yet(rig: Rig) -> None:
    """The remedy is told."""
    result = rig.run("plan", "--out", str(rig.folder / "none"))
    assert result.exit_code == 3
    assert "holds no generated files; run `watchfloor generate` first" in result.stderr
    assert rig.run("plan", "--nope").exit_code == 2


def test_names_of_the_files_become_names_of_the_interface(tmp_path: Path) -> None:
    """Of rules, whose names differ most; a template without a definition gets the one that Grafana would give it."""
    content = files.everything("wf")
    rule = {
        **files.rule("wf-x", "X"),
        "keepFiringFor": "1m",
        "dashboardUid": "wf-calls",
        "panelId": 2,
        "missing_series_evals_to_resolve": 3,
    }
    recording = {**files.rule("wf-y", "Y"), "record": {"metric": "m", "from": "C", "targetDatasourceUid": "p"}}
    content[ALERTING]["groups"] = [{"name": "g$$1", "folder": "A\\/B/C", "interval": "1m", "rules": [rule, recording]}]
    content[ALERTING]["templates"] = [{"name": "t", "template": "a\nb"}]
    made = _read(tmp_path, content).items
    group = next(iter(made["rule group"].values()))
    first, second = group.content["rules"]
    assert group.title == "A/B/C: g$1"
    assert [item.title for item in made["folder"].values()] == ["A/B", "Folder wf", "A/B/C"]
    assert (first["keep_firing_for"], first["missingSeriesEvalsToResolve"]) == ("1m", 3)
    assert first["annotations"] == {
        "summary": "Costs $5 {{ $value }}",
        "__dashboardUid__": "wf-calls",
        "__panelId__": "2",
    }
    assert second["record"] == {"metric": "m", "from": "C", "target_datasource_uid": "p"}
    assert made["template"]["t"].content["template"] == '{{ define "t" }}\n  a\n  b\n{{ end }}'


def test_folders_of_different_titles_never_meet(tmp_path: Path) -> None:
    """Titles that look alike when they are simplified have folders of their own."""
    titles = ["Acme", "acme", "ACME", "A/cme", "A\\/cme", "Äcme", "Acme " + "x" * 60, "Acme " + "x" * 61]
    groups = [
        {"name": "g", "folder": title, "interval": "1m", "rules": [files.rule(f"u{n}", "T")]}
        for n, title in enumerate(titles)
    ]
    made = read(files.write(tmp_path, {ALERTING: {"groups": groups}}), {}, "wf").items["folder"]
    assert len(made) == len(titles) + 1  # One has a parent.
    assert all(len(uid) <= 40 for uid in made)
    assert len({generated.MANIFEST, *made}) == len(made) + 1
