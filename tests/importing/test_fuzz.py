"""Damaged, hostile and random sources: never a crash, never out of the folder, always a record."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards.compiler import canonical, imported
from generator.importing.record import Record
from generator.importing.run import Importer
from generator.importing.store import Store
from tests.importing.pairs import differences

EXAMPLES = int(os.environ.get("WATCHFLOOR_FUZZ_EXAMPLES", "60"))
"""More for a long run by hand."""
IMPORTER = Importer("Imported", {})
KEYS = [
    "title",
    "uid",
    "panels",
    "rows",
    "templating",
    "list",
    "annotations",
    "links",
    "time",
    "timepicker",
    "refresh",
    "schemaVersion",
    "type",
    "id",
    "gridPos",
    "x",
    "y",
    "w",
    "h",
    "targets",
    "expr",
    "refId",
    "datasource",
    "options",
    "fieldConfig",
    "defaults",
    "overrides",
    "matcher",
    "properties",
    "value",
    "mappings",
    "thresholds",
    "steps",
    "color",
    "custom",
    "legend",
    "xaxis",
    "yaxes",
    "tooltip",
    "styles",
    "pattern",
    "columns",
    "seriesOverrides",
    "alias",
    "aliasColors",
    "gauge",
    "sparkline",
    "valueMaps",
    "rangeMaps",
    "from",
    "to",
    "text",
    "current",
    "multi",
    "query",
    "name",
    "repeat",
    "collapse",
    "span",
    "height",
    "libraryPanel",
    "__inputs",
    "__elements",
    "pluginId",
    "elements",
    "layout",
    "kind",
    "spec",
    "items",
    "element",
    "variables",
    "apiVersion",
    "metadata",
    "data",
    "json",
    "groups",
    "alert",
    "record",
    "for",
    "labels",
    "route",
    "receivers",
    "statistics",
    "dimensions",
    "namespace",
    "region",
    "metricName",
    "fields",
    "tags",
    "groupBy",
    "transformations",
    "fieldOptions",
    "calcs",
    "valueOptions",
    "options-gauge",
    "minSpan",
    "grid",
    "pulldowns",
    "nav",
    "services",
    "dashboard",
    "meta",
    "alert",
    "dataLinks",
    "url",
    "sort",
    "content",
    "mode",
]
KINDS = ["graph", "singlestat", "table", "table-old", "heatmap", "text", "row", "stat", "gauge", "bargauge", "timeseries", "alertlist", "dashlist", "grafana-piechart-panel", "natel-discrete-panel", "GridLayout", "RowsLayout", "TabsLayout", "AutoGridLayout", "Panel", "QueryVariable", "ConfigMap", "Dashboard", "GrafanaDashboard", "query", "constant", "interval", "datasource"]  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.sampled_from(KINDS), st.text(max_size=12),
    st.sampled_from(["${DS_X}", "$x", "../../etc/passwd", "/a/", "1e309", "-1", "null", "\x1b[2J", "{{x}}", "a" * 300, "${__x}", "250px"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=6), max_leaves=40
)  # fmt: skip

PANEL: dict[str, Any] = {
    "type": "graph", "title": "t", "id": 1, "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "datasource": "${DS_X}", "span": 6,
    "targets": [{"expr": "up", "refId": "A", "datasource": {"type": "prometheus", "uid": "x"}, "fields": [{"name": "v", "func": "mean"}], "tags": [], "groupBy": [{"type": "time", "interval": "1m"}], "statistics": ["A", "B"], "dimensions": {}, "namespace": "n", "region": "r", "metricName": "m"}],
    "fieldConfig": {"defaults": {"thresholds": {"mode": "absolute", "steps": [{"color": "red", "value": 1}]}, "mappings": [{"type": 1, "value": "1", "text": "a"}], "custom": {"displayMode": "basic", "axisPlacement": "hidden"}, "links": [{"url": "x"}]}, "overrides": [{"matcher": {"id": "byName", "options": "x"}, "properties": [{"id": "custom.hideFrom", "value": {"viz": True}}]}]},
    "options": {"legend": {"displayMode": "hidden"}, "fieldOptions": {"defaults": {"links": [{"url": "$__series_name"}]}, "thresholds": [{"value": 1, "color": "red"}]}, "dataLinks": [{"url": "a"}], "valueOptions": {"unit": "s", "stat": "avg"}},
    "legend": {"show": True, "avg": True}, "xaxis": {"mode": "time", "values": ["a"]}, "yaxes": [{"format": "s", "min": "0"}, {"format": "s"}], "tooltip": {"shared": True, "sort": 2},
    "seriesOverrides": [{"alias": "/x/", "yaxis": 2, "fill": 0, "dashes": True, "stack": "B", "transform": "negative-Y"}], "aliasColors": {"x": "red"},
    "styles": [{"pattern": "/.*/", "type": "number", "unit": "s", "colorMode": "cell", "thresholds": ["1", "2"], "colors": ["a", "b", "c"], "link": True, "linkUrl": "x"}, {"pattern": "Time", "type": "hidden"}],
    "columns": [{"value": "avg"}], "transform": "timeseries_aggregations", "thresholds": "1,2,3", "colors": ["a", "b", "c"], "gauge": {"show": True, "minValue": 1}, "sparkline": {"show": True},
    "valueMaps": [{"value": "null", "text": "N/A"}], "rangeMaps": [{"from": "1", "to": "2", "text": "x"}], "links": [{"dashUri": "x", "keepTime": True}], "minSpan": 4, "repeat": "x",
    "transformations": [{"id": "labelsToFields"}, {"id": "timeSeriesTable", "options": {"refIdToStat": {"A": "mean"}}}], "grid": {"threshold1": 1, "leftMin": 0}, "options-gauge": {"thresholds": []},
    "cards": {"cardPadding": 1}, "color": {"mode": "opacity"}, "yAxis": {"format": "s"}, "libraryPanel": {"uid": "u", "name": "n"}, "alert": {"name": "a"}, "stateFilter": ["ok"],
}  # fmt: skip
CLASSIC: dict[str, Any] = {
    "title": "T", "uid": "u", "schemaVersion": 1, "panels": [PANEL, {"type": "row", "panels": [PANEL]}], "rows": [{"title": "r", "height": "250px", "collapse": True, "panels": [PANEL]}],
    "templating": {"list": [{"name": "x", "type": "query", "query": "label_values(up, x)", "current": {"text": ["a"], "value": ["a"]}, "multi": False}, {"name": "c", "type": "constant", "query": "1"}, {"name": "ds", "type": "datasource", "query": "prometheus"}]},
    "annotations": {"list": [{"name": "a", "datasource": "x", "statistics": ["A"], "dimensions": {}, "namespace": "n", "region": "r", "prefixMatching": True}]}, "links": [{"title": "l"}],
    "time": {"from": "now-1h", "to": "now"}, "timepicker": {"time_options": []}, "refresh": False, "pulldowns": [{"type": "annotations", "annotations": []}], "nav": [{}], "services": {"filter": {"list": []}},
    "__inputs": [{"name": "DS_X", "type": "datasource", "pluginId": "prometheus"}, {"name": "V", "type": "constant", "value": "1"}], "__elements": {"u": {"uid": "u", "model": PANEL}},
}  # fmt: skip
SECOND: dict[str, Any] = {
    "apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "metadata": {"name": "n"}, "spec": {
        "title": "T", "elements": {"p": {"kind": "Panel", "spec": {"id": 1, "title": "t", "data": {"kind": "QueryGroup", "spec": {"queries": [{"kind": "PanelQuery", "spec": {"refId": "A", "query": {"kind": "DataQuery", "group": "prometheus", "datasource": {"name": "x"}, "spec": {"expr": "up"}}}}], "transformations": [{"kind": "reduce", "spec": {"options": {}}}], "queryOptions": {"interval": "1m"}}}, "vizConfig": {"kind": "VizConfig", "group": "stat", "spec": {"options": {}, "fieldConfig": {"defaults": {}, "overrides": []}}}}}},
        "layout": {"kind": "TabsLayout", "spec": {"tabs": [{"spec": {"title": "a", "layout": {"kind": "RowsLayout", "spec": {"rows": [{"spec": {"title": "b", "collapse": True, "repeat": {"value": "x"}, "layout": {"kind": "AutoGridLayout", "spec": {"maxColumnCount": 2, "items": [{"spec": {"element": {"name": "p"}}}]}}}}]}}}}, {"spec": {"layout": {"kind": "GridLayout", "spec": {"items": [{"spec": {"x": 0, "y": 0, "width": 5, "height": 5, "element": {"name": "p"}}}]}}}}]}},
        "variables": [{"kind": "QueryVariable", "spec": {"name": "q", "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"query": "up"}}, "refresh": "onDashboardLoad"}}], "annotations": [{"kind": "AnnotationQuery", "spec": {"name": "a", "builtIn": True}}],
        "timeSettings": {"from": "now-1h"}, "cursorSync": "Off"}}  # fmt: skip
RULES: dict[str, Any] = {
    "groups": [
        {
            "name": "g",
            "interval": "1m",
            "rules": [
                {"alert": "A", "expr": "up == 0", "for": "5m", "labels": {"severity": "x"}, "annotations": {"a": "b"}},
                {"record": "a:b", "expr": "sum(up)"},
            ],
        }
    ]
}
ROUTES: dict[str, Any] = {
    "global": {"smtp_smarthost": "a:25", "smtp_from": "b", "http_config": {}}, "time_intervals": [{"name": "n", "time_intervals": []}], "templates": ["x"],
    "route": {"receiver": "r", "group_by": ["a"], "routes": [{"matchers": ["a=b"], "match": {"a": "b"}, "receiver": "r", "mute_time_intervals": ["n"], "group_wait": "1m"}]},
    "inhibit_rules": [{"source_matchers": ["a=b"], "target_match": {"a": "b"}, "equal": ["x"]}],
    "receivers": [{"name": "r", "email_configs": [{"to": "x"}], "webhook_configs": [{"url": "http://x/"}], "pagerduty_configs": [{"details": {"a": "b"}}]}],
}  # fmt: skip
ENVELOPES: list[dict[str, Any]] = [
    {"dashboard": CLASSIC, "meta": {"folderTitle": "F"}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a.json": json.dumps({"title": "x", "panels": []}), "b.yml": "groups: []"}},
    {"apiVersion": "grafana.integreatly.org/v1beta1", "kind": "GrafanaDashboard", "metadata": {"name": "n"}, "spec": {"json": json.dumps({"title": "x", "panels": []}), "folder": "F"}},
    {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "data": {}}]},
]  # fmt: skip
QUIET = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 100, suppress_health_check=list(HealthCheck)
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A real source in which some places hold something else, are gone or stand twice."""
    value = copy.deepcopy(draw(st.sampled_from([CLASSIC, CLASSIC, CLASSIC, SECOND, SECOND, RULES, ROUTES, *ENVELOPES])))
    for _ in range(draw(st.integers(1, 6))):
        holder: Any = value
        for _ in range(draw(st.integers(0, 9))):
            inside = [
                one
                for one in (holder.values() if isinstance(holder, dict) else holder)
                if isinstance(one, (dict, list)) and one
            ]
            if not inside:
                break
            holder = draw(st.sampled_from(inside))
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            continue
        key = draw(st.sampled_from(keys))
        if draw(st.booleans()) and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = draw(VALUES)
    return value


def is_sound(record: Record) -> None:
    """A record says what came of it or why nothing did, in printable JSON, and each result is a dashboard that stays."""
    json.dumps(record.json()).encode("utf-8")
    assert record.made or record.reason
    for made in record.made:
        if made.kind == "dashboard":
            data = json.loads(made.content)
            assert data["uid"] == made.uid
            assert data["schemaVersion"] == 42
            assert "/" not in made.name
            again, _, left_out = imported(data)
            assert left_out == []
            assert [one.path for one in differences(again, data)] == []
            assert canonical(again) == made.content


@QUIET
@given(damaged())
def test_damaged_sources_give_a_record(value: Any) -> None:
    """Whatever is missing or of another kind."""
    is_sound(IMPORTER.text(json.dumps(value).encode("utf-8", "surrogatepass"), "fuzz.json"))


@QUIET
@given(VALUES)
def test_random_values_give_a_record(value: Any) -> None:
    """Values that only share words with a dashboard."""
    is_sound(IMPORTER.text(json.dumps(value).encode("utf-8", "surrogatepass"), "fuzz.json"))


@QUIET
@given(st.binary(max_size=300) | st.text("{}[]:,-&*!|>'\"ab<\n ", max_size=120).map(str.encode))
def test_random_bytes_give_a_record(data: bytes) -> None:
    """Texts that are nearly JSON or YAML, and bytes that are no text."""
    is_sound(IMPORTER.text(data, "fuzz"))


@settings(QUIET, max_examples=max(20, EXAMPLES // 3))
@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=60), st.text(max_size=40)), min_size=1, max_size=4))
def test_no_name_leads_out_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, names: list[tuple[str, str, str]]
) -> None:
    """Whatever sources, titles and uids are called, files are written to the folder and nowhere else."""
    base = tmp_path_factory.mktemp("fuzz")
    store = Store(base / "imports", frozenset())
    for origin, title, uid in names:
        value = {"title": title, "uid": uid, "panels": []}
        record = IMPORTER.text(json.dumps(value).encode("utf-8", "surrogatepass"), origin or "x")
        store.add(record)
    store.write()
    written = [place.relative_to(base) for place in base.rglob("*") if place.is_file()]
    assert all(place.parts[0] == "imports" for place in written)
    assert len([place for place in written if place.parent == Path("imports/dashboards")]) <= len(names)
