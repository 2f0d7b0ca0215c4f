"""What Grafana's editor writes into every panel that it saves although nobody chose it: the defaults of each kind of panel.

Taken from dashboards saved by Grafana 11 and 12. A default that is missing here shows as a difference; none can hide one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LEGEND: Final = {"displayMode": "list", "placement": "bottom", "showLegend": True}
TOOLTIP: Final = {"hideZeros": False, "mode": "single", "sort": "none"}
REDUCE: Final = {"calcs": ["lastNotNull"], "values": False}
HIDDEN: Final = {"legend": False, "tooltip": False, "viz": False}
AXIS: Final = {
    "axisBorderShow": False, "axisCenteredZero": False, "axisColorMode": "text", "axisGridShow": True, "axisPlacement": "auto",
    "hideFrom": HIDDEN, "scaleDistribution": {"type": "linear"}, "thresholdsStyle": {"mode": "off"},
}  # fmt: skip
CUSTOM: Final[Mapping[str, Mapping[str, Any]]] = {
    "timeseries": {
        **AXIS, "barAlignment": 0, "barWidthFactor": 0.6, "drawStyle": "line", "fillOpacity": 0, "gradientMode": "none",
        "insertNulls": False, "lineInterpolation": "linear", "lineWidth": 1, "pointSize": 5, "showPoints": "auto",
        "showValues": False, "spanNulls": False, "stacking": {"group": "A", "mode": "none"}, "lineStyle": {"fill": "solid"},
    },
    "barchart": {**AXIS, "fillOpacity": 80, "gradientMode": "none", "lineWidth": 1},
    "histogram": {"fillOpacity": 80, "gradientMode": "none", "hideFrom": HIDDEN, "lineWidth": 1, "stacking": {"group": "A", "mode": "none"}},
    "piechart": {"hideFrom": HIDDEN},
    "heatmap": {"hideFrom": HIDDEN, "scaleDistribution": {"type": "linear"}},
    "geomap": {"hideFrom": HIDDEN},
    "state-timeline": {**AXIS, "fillOpacity": 70, "insertNulls": False, "lineWidth": 0, "spanNulls": False},
    "status-history": {**AXIS, "fillOpacity": 70, "lineWidth": 1},
    "table": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "footer": {"reducers": []}},
}  # fmt: skip
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "timeseries": {"legend": LEGEND, "tooltip": TOOLTIP},
    "barchart": {
        "legend": LEGEND, "tooltip": TOOLTIP, "barRadius": 0, "barWidth": 0.97, "fullHighlight": False, "groupWidth": 0.7,
        "orientation": "auto", "showValue": "auto", "stacking": "none", "xTickLabelRotation": 0, "xTickLabelSpacing": 0,
    },
    "histogram": {"legend": LEGEND, "tooltip": TOOLTIP, "bucketCount": 30, "bucketOffset": 0},
    "piechart": {"legend": LEGEND, "tooltip": TOOLTIP, "pieType": "pie", "reduceOptions": REDUCE, "sort": "desc"},
    "stat": {
        "colorMode": "value", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "percentChangeColorMode": "standard",
        "reduceOptions": REDUCE, "showPercentChange": False, "textMode": "auto", "wideLayout": True,
    },
    "gauge": {
        "minVizHeight": 75, "minVizWidth": 75, "orientation": "auto", "reduceOptions": REDUCE, "showThresholdLabels": False,
        "showThresholdMarkers": True, "sizing": "auto",
    },
    "bargauge": {
        "displayMode": "gradient", "legend": {**LEGEND, "showLegend": False}, "maxVizHeight": 300, "minVizHeight": 16, "minVizWidth": 8,
        "namePlacement": "auto", "orientation": "auto", "reduceOptions": REDUCE, "showUnfilled": True, "sizing": "auto", "valueMode": "color",
    },
    "table": {"cellHeight": "sm", "showHeader": True, "footer": {"countRows": False, "reducer": ["sum"], "show": False}},
    "text": {"code": {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False}, "mode": "markdown"},
    "state-timeline": {"legend": LEGEND, "tooltip": TOOLTIP, "alignValue": "left", "mergeValues": True, "rowHeight": 0.9, "showValue": "auto"},
    "status-history": {"legend": LEGEND, "tooltip": TOOLTIP, "colWidth": 0.9, "rowHeight": 0.9, "showValue": "auto"},
}  # fmt: skip
PALETTE: Final = frozenset({"timeseries", "barchart", "piechart", "histogram"})
"""Kinds whose colours come from the palette unless something else is chosen; those of all others come from thresholds."""
DASHBOARD: Final[Mapping[str, Any]] = {
    "editable": True, "fiscalYearStartMonth": 0, "graphTooltip": 0, "liveNow": False, "preload": False, "style": "dark",
    "timezone": "browser", "refresh": False, "hideControls": False,
}  # fmt: skip
VARIABLE: Final[Mapping[str, Any]] = {
    "allowCustomValue": True, "hide": 0, "includeAll": False, "multi": False, "skipUrlSync": False, "sort": 0, "useTags": False,
}  # fmt: skip
TARGET: Final[Mapping[str, Any]] = {
    "disableTextWrap": False, "exemplar": False, "format": "time_series", "fullMetaSearch": False, "hide": False,
    "includeNullMetadata": True, "instant": False, "intervalFactor": 1, "useBackend": False,
}  # fmt: skip
PANEL: Final[Mapping[str, Any]] = {
    "repeatDirection": "h",
    "transparent": False,
    "collapsed": False,
    "hideTimeOverride": False,
}
