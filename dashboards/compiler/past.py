"""Keys at the root of panels that nobody reads any more once the panel has been rewritten."""

from __future__ import annotations

from typing import Final

ALWAYS: Final = frozenset({
    "editable", "error", "span", "minSpan", "height", "renderer", "isNew", "scopedVars", "repeatIteration", "repeatPanelId",
    "repeatByRow", "repeatedByRow", "autoMigrateFrom", "pluginVersion",
})  # fmt: skip

_ANGULAR: Final = frozenset(
    {
        "legend",
        "tooltip",
        "thresholds",
        "nullPointMode",
        "format",
        "decimals",
        "links",
        "cacheTimeout",
        "hideTimeOverride",
    }
)

KEYS: Final = {
    "graph": _ANGULAR | {
        "aliasColors", "bars", "dashLength", "dashes", "fill", "fillGradient", "grid", "hiddenSeries", "leftYAxisLabel", "lines",
        "linewidth", "percentage", "pointradius", "points", "seriesOverrides", "spaceLength", "stack", "steppedLine", "timeRegions",
        "xaxis", "yaxes", "yaxis", "yAxes", "x-axis", "y-axis", "y_formats", "rightYAxisLabel", "dataLinks", "resolution", "annotate", "zerofill", "interactive",
        "scale", "queries", "lineWidth", "legendSideLastValue", "spyable", "xAxis", "alert",
    },
    "singlestat": _ANGULAR | {
        "colorBackground", "colorPostfix", "colorPrefix", "colorValue", "colors", "gauge", "mappingType", "mappingTypes", "maxDataPoints_",
        "nullText", "postfix", "postfixFontSize", "prefix", "prefixFontSize", "rangeMaps", "sparkline", "tableColumn", "valueFontSize",
        "valueMaps", "valueName", "hideTimeOverride", "colorize",
    },
    "table-old": _ANGULAR | {"columns", "fontSize", "pageSize", "scroll", "showHeader", "sort", "styles", "transform", "filterNull"},
    "heatmap": _ANGULAR | {
        "cards", "color", "dataFormat", "heatmap", "hideZeroBuckets", "highlightCards", "reverseYBuckets", "tooltipDecimals",
        "xAxis", "xBucketNumber", "xBucketSize", "yAxis", "yBucketBound", "yBucketNumber", "yBucketSize",
    },
    "alertlist": frozenset({"limit", "onlyAlertsOnDashboard", "show", "sortOrder", "stateFilter", "nameFilter", "dashboardFilter", "folderId"}),
    "dashlist": frozenset({"headings", "limit", "query", "recent", "search", "starred", "tags", "folderId"}),
    "text": frozenset({"content", "mode", "style"}),
    "grafana-piechart-panel": _ANGULAR | {
        "aliasColors", "breakPoint", "combine", "fontSize", "legendType", "pieType", "strokeWidth", "valueName", "hideTimeOverride", "unit",
    },
    "grafana-worldmap-panel": _ANGULAR | {
        "circleMaxSize", "circleMinSize", "colors", "esGeoPoint", "esLocationName", "esMetric", "hideEmpty", "hideZero", "initialZoom", "jsonUrl",
        "jsonpCallback", "locationData", "mapCenter", "mapCenterLatitude", "mapCenterLongitude", "mouseWheelZoom", "showLegend", "stickyLabels",
        "tableQueryOptions", "unitPlural", "unitSingle", "valueName", "geohashField", "latitudeField", "longitudeField",
    },
    "natel-discrete-panel": _ANGULAR | {
        "backgroundColor", "colorMaps", "crosshairColor", "display", "expandFromQueryS", "extendLastValue", "highlightOnMouseover", "legendSortBy",
        "lineColor", "metricNameColor", "rangeMaps", "rowHeight", "showDistinctCount", "showLegend", "showLegendNames", "showLegendPercent",
        "showLegendValues", "showTimeAxis", "showTransitionCount", "textSize", "textSizeTime", "timeOptions", "timePrecision", "timeTextColor", "units", "use12HourClock",
        "useTimePrecision", "valueMaps", "valueTextColor", "writeAllValues", "writeLastValue", "writeMetricNames",
    },
}  # fmt: skip
"""By the type that a panel had."""

SAME: Final = frozenset({"heatmap", "alertlist", "dashlist", "text"})
"""Types that kept their name."""
