"""Panels of Angular plugins, which are gone, with every setting that their successors have."""

from __future__ import annotations

from typing import Any

from dashboards.compiler import imported


def panel(kind: str, **content: Any) -> dict[str, Any]:
    """One old panel as it is today."""
    data, _, _ = imported({"title": "T", "schemaVersion": 27, "panels": [{"type": kind, "id": 1, **content}]})
    return dict(data["panels"][0])


def properties(found: dict[str, Any], name: str) -> dict[str, Any]:
    """The settings of the series of a name."""
    (one,) = [item for item in found["fieldConfig"]["overrides"] if item["matcher"]["options"] == name]
    return {item["id"]: item["value"] for item in one["properties"]}


def test_series_of_a_graph_keep_their_settings() -> None:
    """Colours, the second axis, fills, dashes, stacks and mirrored series become overrides."""
    found = panel(
        "graph", aliasColors={"a": "#f00"}, yaxes=[{"format": "s"}, {"format": "bytes", "min": 0, "label": "Size", "logBase": 2}],
        seriesOverrides=[
            {"alias": "/rx.*/i", "yaxis": 2, "transform": "negative-Y", "stack": "B", "color": "blue"},
            {"alias": "limit", "dashes": True, "fill": 0, "linewidth": 3, "points": True, "legend": False, "nullPointMode": "connected"},
            {"alias": "off", "lines": False}, {"alias": "low", "fillBelowTo": "high", "steppedLine": True}, {"alias": "rest", "bars": True, "zindex": -1},
        ],
    )  # fmt: skip
    assert properties(found, "a") == {"color": {"mode": "fixed", "fixedColor": "#f00"}}
    assert properties(found, "/rx.*/i") == {
        "color": {"mode": "fixed", "fixedColor": "blue"}, "custom.stacking": {"group": "B", "mode": "normal"}, "custom.transform": "negative-Y",
        "unit": "bytes", "min": 0, "custom.axisPlacement": "right", "custom.axisLabel": "Size", "custom.scaleDistribution": {"type": "log", "log": 2},
    }  # fmt: skip
    assert properties(found, "limit") == {
        "custom.fillOpacity": 0, "custom.lineWidth": 3, "custom.showPoints": "always", "custom.spanNulls": True,
        "custom.lineStyle": {"fill": "dash", "dash": [10, 10]}, "custom.hideFrom": {"viz": False, "legend": True, "tooltip": False},
    }  # fmt: skip
    assert properties(found, "off")["custom.lineWidth"] == 0
    assert properties(found, "low") == {"custom.fillBelowTo": "high", "custom.lineInterpolation": "stepAfter"}
    assert properties(found, "rest") == {"custom.drawStyle": "bars"}
    assert [one["matcher"]["id"] for one in found["fieldConfig"]["overrides"]][:2] == ["byName", "byRegexp"]


def test_a_graph_keeps_its_own_settings() -> None:
    """Legend, tooltip, thresholds, gradients and a hidden axis."""
    found = panel(
        "graph", legend={"show": True, "values": True, "max": True, "alignAsTable": True, "rightSide": True, "sideWidth": 200}, tooltip={"shared": True, "sort": 2},
        thresholds=[{"value": 5, "colorMode": "warning", "op": "gt", "fill": False, "line": True}], fill=2, fillGradient=3, yaxes=[{"show": False}],
        dashes=True, dashLength=4,
    )  # fmt: skip
    custom = found["fieldConfig"]["defaults"]["custom"]
    assert found["options"] == {
        "legend": {"calcs": ["max"], "placement": "right", "displayMode": "table", "showLegend": True, "width": 200}, "tooltip": {"mode": "multi", "sort": "desc"},
    }  # fmt: skip
    assert [custom[key] for key in ("fillOpacity", "gradientMode", "axisPlacement", "thresholdsStyle", "lineStyle")] == [
        20, "opacity", "hidden", {"mode": "line"}, {"fill": "dash", "dash": [4, 10]},
    ]  # fmt: skip
    assert found["fieldConfig"]["defaults"]["thresholds"]["steps"][1] == {"color": "orange", "value": 5}
    assert set(found) == {"fieldConfig", "gridPos", "id", "links", "options", "type"}


def test_values_of_a_legend_show_only_when_they_did() -> None:
    """Angular kept which values a legend had even where it showed none."""
    assert panel("graph", legend={"values": False, "avg": True})["options"]["legend"]["calcs"] == []


def test_a_number_is_a_stat_or_a_gauge() -> None:
    """Thresholds with colours, mappings of the kind that was chosen, what stood behind the number, the ends of a gauge."""
    maps = {"valueMaps": [{"value": "1", "text": "up"}], "rangeMaps": [{"from": "2", "to": "3", "text": "x"}]}
    found = panel(
        "singlestat",
        thresholds="1, -2.5",
        colors=["a", "b", "c"],
        postfix=" users",
        colorValue=True,
        valueName="current",
        mappingType=2,
        **maps,
    )
    defaults = found["fieldConfig"]["defaults"]
    assert found["type"] == "stat"
    assert [(step["color"], step["value"]) for step in defaults["thresholds"]["steps"]] == [
        ("a", None),
        ("b", 1.0),
        ("c", -2.5),
    ]
    assert defaults["mappings"] == [{"type": "range", "options": {"from": 2, "to": 3, "result": {"text": "x"}}}]
    assert (defaults["unit"], found["options"]["colorMode"], found["options"]["reduceOptions"]["calcs"]) == (
        "suffix: users",
        "value",
        ["lastNotNull"],
    )
    gauge = panel("singlestat", gauge={"show": True, "minValue": 0, "maxValue": 50, "thresholdLabels": True}, **maps)
    assert (gauge["type"], gauge["fieldConfig"]["defaults"]["max"], gauge["options"]["showThresholdLabels"]) == (
        "gauge",
        50,
        True,
    )
    assert gauge["fieldConfig"]["defaults"]["mappings"] == [{"type": "value", "options": {"1": {"text": "up"}}}]


def test_an_old_table_keeps_its_columns() -> None:
    """Styles become settings of fields, the way to lay out series a transformation."""
    data, _, _ = imported({"title": "T", "schemaVersion": 20, "panels": [{
        "type": "table", "transform": "timeseries_aggregations", "columns": [{"value": "avg"}, {"value": "max"}], "showHeader": True,
        "styles": [
            {"pattern": "/.*/", "type": "number", "unit": "s", "decimals": 2},
            {"pattern": "Time", "type": "date", "dateFormat": "YYYY-MM-DD", "alias": "When"},
            {"pattern": "Value #A", "type": "number", "unit": "bytes", "colorMode": "cell", "thresholds": ["1", "5"], "colors": ["g", "o", "r"], "link": True,
             "linkUrl": "/d/x?var-a=$__cell_2", "linkTooltip": "Open", "linkTargetBlank": True},
            {"pattern": "/secret.*/", "type": "hidden"},
        ],
    }]})  # fmt: skip
    found = data["panels"][0]
    assert found["type"] == "table"
    assert found["transformations"] == [
        {"id": "reduce", "options": {"includeTimeField": False, "reducers": ["mean", "max"]}}
    ]
    assert (found["fieldConfig"]["defaults"]["unit"], found["fieldConfig"]["defaults"]["decimals"]) == ("s", 2)
    assert properties(found, "Time") == {"displayName": "When", "unit": "time: YYYY-MM-DD"}
    value = properties(found, "Value #A")
    assert (value["unit"], value["custom.cellOptions"]["type"]) == ("bytes", "color-background")
    assert [step["value"] for step in value["thresholds"]["steps"]] == [None, 1, 5]
    assert value["links"] == [{"title": "Open", "url": "/d/x?var-a=${__value.text}", "targetBlank": True}]
    assert properties(found, "/secret.*/") == {"custom.hidden": True}
    assert not {"styles", "columns", "transform", "showHeader"} & set(found)


def test_a_table_without_styles_was_never_the_old_one() -> None:
    """It stays as it is."""
    data, _, _ = imported(
        {"title": "T", "schemaVersion": 20, "panels": [{"type": "table", "options": {"showHeader": False}}]}
    )
    assert data["panels"][0]["options"] == {"showHeader": False}


def test_gauges_of_grafana_6_keep_their_limits() -> None:
    """Options of 6.0 and of 6.2 both become settings of fields and a way to reduce."""
    six = {
        "valueOptions": {"unit": "ms", "stat": "avg", "decimals": 1},
        "minValue": 1,
        "maxValue": 9,
        "thresholds": [{"value": None, "color": "red"}, {"value": 5, "color": "green"}],
    }
    later = {
        "fieldOptions": {
            "calcs": ["mean"],
            "defaults": {"unit": "ms", "min": 1, "max": 9, "decimals": 1, "title": "x"},
            "thresholds": [{"color": "red"}, {"value": 5, "color": "green"}],
        }
    }
    for options in (six, later):
        found = panel("gauge", options=options)
        defaults = found["fieldConfig"]["defaults"]
        assert [defaults[key] for key in ("unit", "min", "max", "decimals")] == ["ms", 1, 9, 1]
        assert defaults["thresholds"]["steps"] == [{"color": "red", "value": None}, {"color": "green", "value": 5}]
        assert found["options"]["reduceOptions"]["calcs"] == ["mean"]
        assert not {"fieldOptions", "valueOptions", "thresholds"} & set(found["options"])


def test_limits_that_nobody_set_are_left_to_grafana() -> None:
    """Without thresholds Grafana has its own; an import must not take them away."""
    assert "thresholds" not in panel("stat", fieldConfig={"defaults": {}, "overrides": []})["fieldConfig"]["defaults"]


def test_a_world_map_is_a_geomap() -> None:
    """View, circles, colours, and how places are told."""
    table = {"queryType": "coordinates", "latitudeField": "lat", "longitudeField": "lon"}
    found = panel(
        "grafana-worldmap-panel",
        mapCenter="Europe",
        initialZoom="3",
        locationData="table",
        tableQueryOptions=table,
        thresholds="0,10",
        colors=["a", "b", "c"],
        circleMaxSize="20",
    )
    layer = found["options"]["layers"][0]
    assert (found["type"], found["options"]["view"]) == ("geomap", {"id": "coords", "lat": 46, "lon": 14, "zoom": 3})
    assert layer["location"] == {"mode": "coords", "latitude": "lat", "longitude": "lon"}
    assert layer["config"]["style"]["size"] == {"fixed": 5, "min": 2, "max": 20}
    assert [step["value"] for step in found["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 0, 10]
    countries = panel("grafana-worldmap-panel", locationData="countries", valueName="current")
    assert countries["options"]["layers"][0]["location"]["mode"] == "lookup"
    assert countries["transformations"] == [{"id": "reduce", "options": {"reducers": ["lastNotNull"]}}]
    assert set(found) == {"fieldConfig", "gridPos", "id", "links", "options", "type"}


def test_a_pie_keeps_its_calculation_and_colours() -> None:
    """What each slice is, and which colour it has."""
    found = panel(
        "grafana-piechart-panel",
        valueName="total",
        aliasColors={"a": "red"},
        pieType="donut",
        legend={"show": True, "percentage": True},
    )
    assert (found["type"], found["options"]["pieType"], found["options"]["reduceOptions"]["calcs"]) == (
        "piechart",
        "donut",
        ["sum"],
    )
    assert found["options"]["legend"]["values"] == ["percent"]
    assert properties(found, "a") == {"color": {"mode": "fixed", "fixedColor": "red"}}


def test_no_limits_stay_none() -> None:
    """An empty list of them is a choice too."""
    found = panel("stat", fieldConfig={"defaults": {"thresholds": {"mode": "absolute", "steps": []}}, "overrides": []})
    assert found["fieldConfig"]["defaults"]["thresholds"] == {"mode": "absolute", "steps": []}
