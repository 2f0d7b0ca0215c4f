"""Dashboards of schema v2 (elements and a layout) in the classic schema: what has no counterpart there is refused by name."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler.read import mapping, mappings, text
from generator.importing import second_layout, second_variables
from generator.importing.record import Json, Refusal

SYNC: Final = {"Off": 0, "Crosshair": 1, "Tooltip": 2}
QUERY_OPTIONS: Final = (
    "maxDataPoints",
    "interval",
    "cacheTimeout",
    "queryCachingTTL",
    "timeFrom",
    "timeShift",
    "hideTimeOverride",
    "timeCompare",
)


def classic(spec: Json) -> tuple[Json, list[str]]:
    """The dashboard in the classic schema, before it is compiled, and what it could not take with it."""
    notes: list[str] = []
    elements = {name: _element(name, value) for name, value in spec["elements"].items()}
    layout = spec.get("layout")
    if not isinstance(layout, dict):
        raise Refusal("it is a dashboard of schema v2 without a layout")
    panels = second_layout.Layout(elements, notes).panels(layout)
    if not panels:
        raise Refusal("it is a dashboard of schema v2 that shows nothing: its layout has no element")
    data: Json = {
        "title": spec.get("title"), "description": spec.get("description"), "tags": spec.get("tags"), "editable": spec.get("editable"),
        "graphTooltip": SYNC.get(text(spec.get("cursorSync")), 0), "preload": spec.get("preload"), "liveNow": spec.get("liveNow"),
        "links": spec.get("links"), "panels": panels, "schemaVersion": 42, "revision": spec.get("revision"),
        "templating": {"list": [second_variables.variable(one) for one in mappings(spec.get("variables"))]},
        "annotations": {"list": [_annotation(one) for one in mappings(spec.get("annotations"))]},
        **_time(mapping(spec.get("timeSettings"))),
    }  # fmt: skip
    return {key: value for key, value in data.items() if value is not None}, notes


def _time(settings: Json) -> Json:
    picker = {
        "hidden": settings.get("hideTimepicker"), "refresh_intervals": settings.get("autoRefreshIntervals"),
        "quick_ranges": settings.get("quickRanges"), "nowDelay": settings.get("nowDelay"),
    }  # fmt: skip
    return {
        "time": {"from": text(settings.get("from")) or "now-6h", "to": text(settings.get("to")) or "now"},
        "timezone": settings.get("timezone"), "refresh": settings.get("autoRefresh"), "weekStart": settings.get("weekStart"),
        "fiscalYearStartMonth": settings.get("fiscalYearStartMonth"),
        "timepicker": {key: value for key, value in picker.items() if value not in (None, False, [])},
    }  # fmt: skip


def _element(name: str, value: Any) -> Json:
    kind, spec = text(mapping(value).get("kind")), mapping(mapping(value).get("spec"))
    if kind == "LibraryPanel":
        library = mapping(spec.get("libraryPanel"))
        return {"id": spec.get("id"), "title": spec.get("title"), "libraryPanel": library}
    if kind != "Panel":
        raise Refusal(f"element {name!r} is a {kind or 'thing without a kind'}, which the classic schema does not have")
    viz = mapping(spec.get("vizConfig"))
    config = mapping(viz.get("spec"))
    plugin = text(viz.get("group")) or text(viz.get("kind"))
    if not plugin or plugin == "VizConfig":
        raise Refusal(f"element {name!r} does not say how it is drawn (vizConfig)")
    data = mapping(mapping(spec.get("data")).get("spec"))
    queries = [_query(name, one) for one in mappings(data.get("queries"))]
    panel = {
        "id": spec.get("id"), "type": plugin, "title": spec.get("title"), "description": spec.get("description"), "links": spec.get("links"),
        "transparent": spec.get("transparent"), "options": config.get("options"), "fieldConfig": config.get("fieldConfig"),
        "pluginVersion": text(viz.get("version")) or config.get("pluginVersion"),
        "targets": queries, "datasource": _common(queries),
        "transformations": [_transformation(one) for one in mappings(data.get("transformations"))],
        **{key: mapping(data.get("queryOptions")).get(key) for key in QUERY_OPTIONS},
    }  # fmt: skip
    return {key: value for key, value in panel.items() if value is not None and value != []}


def _query(element: str, value: Json) -> Json:
    spec = mapping(value.get("spec"))
    query = mapping(spec.get("query"))
    kind = text(query.get("group")) if query.get("kind") == "DataQuery" else text(query.get("kind"))
    if not query:
        raise Refusal(f"element {element!r} has a query without content")
    target = {**mapping(query.get("spec")), "refId": text(spec.get("refId"))}
    if spec.get("hidden"):
        target["hide"] = True
    source = reference(kind, query.get("datasource") or spec.get("datasource"))
    return {**target, "datasource": source} if source else target


def reference(kind: str, value: Any) -> Json | None:
    """A reference to a data source of this type, by its name or uid."""
    told = mapping(value)
    uid = text(told.get("name")) or text(told.get("uid"))
    kind = kind or text(told.get("type"))
    if kind == "__expr__":
        uid = uid or "__expr__"
    found = {"type": kind, "uid": uid}
    return {key: one for key, one in found.items() if one} or None


def _common(targets: list[Json]) -> Json | None:
    """The source of all queries; the mixed one when they differ."""
    found = {str(one.get("datasource")): one.get("datasource") for one in targets}
    plain = {key: one for key, one in found.items() if mapping(one).get("type") != "__expr__"}
    if len(plain) > 1:
        return {"type": "datasource", "uid": "-- Mixed --"}
    return next(iter(plain.values()), None)


def _transformation(value: Json) -> Json:
    spec = mapping(value.get("spec"))
    found = {
        "id": text(value.get("group")) or text(spec.get("id")) or text(value.get("kind")), "options": mapping(spec.get("options")),
        "disabled": spec.get("disabled"), "filter": spec.get("filter"), "topic": spec.get("topic"),
    }  # fmt: skip
    return {key: one for key, one in found.items() if one is not None}


def _annotation(value: Json) -> Json:
    spec = mapping(value.get("spec"))
    query = mapping(spec.get("query"))
    kind = text(query.get("group")) if query.get("kind") == "DataQuery" else text(query.get("kind"))
    content = mapping(query.get("spec"))
    found: Json = {**mapping(spec.get("legacyOptions"))}
    for key in ("name", "enable", "hide", "iconColor", "filter", "mappings"):
        if spec.get(key) is not None:
            found[key] = spec[key]
    source = reference(kind, query.get("datasource") or spec.get("datasource"))
    if source:
        found["datasource"] = source
    if content:
        found["target"] = content
    if spec.get("builtIn"):
        found.update(builtIn=1, type="dashboard", datasource={"type": "grafana", "uid": "-- Grafana --"})
    return found
