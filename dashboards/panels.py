"""Panels in the house style, written with grafanalib; the only module that imports it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict, Unpack

from grafanalib import core

from dashboards.query import Query, Sql

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
POSTGRES: Final = {"type": "grafana-postgresql-datasource", "uid": "watchfloor-postgres"}
NO_DATA: Final = "No data"
POINTS: Final = 88
"""Most points of a graph. Grafana makes steps of it: 5 m for six hours, 15 m for a day, 2 h for a week, 6 h for a month, a day
for a year. These are the steps that history has (exporter/history/section.py), and Prometheus works for every point."""

Step = tuple[float | None, str]
Json = dict[str, Any]


class Look(TypedDict, total=False):
    """What every panel may set: its size, its limits and how its values are shown."""

    width: int
    height: int
    thresholds: Sequence[Step]
    links: Sequence[Json]
    interval: str
    time_from: str
    overrides: Sequence[Json]
    transformations: Sequence[Json]
    mappings: Sequence[Json]
    decimals: int
    minimum: float
    maximum: float


class PrometheusTarget(core.Target):  # type: ignore[misc]
    """A Prometheus query without grafanalib's dead keys."""

    read: str = "range"

    def to_json_data(self) -> Json:
        """The query as Grafana's own editor writes it."""
        at_once = self.read in ("instant", "table")
        return {
            "datasource": self.datasource, "editorMode": "code", "expr": self.expr, "legendFormat": self.legendFormat,
            "format": {"table": "table", "heatmap": "heatmap"}.get(self.read, "time_series"), "instant": at_once, "range": not at_once,
        }  # fmt: skip


class PostgresTarget(core.Target):  # type: ignore[misc]
    """A statement for Grafana's PostgreSQL data source."""

    read: str = "table"

    def to_json_data(self) -> Json:
        """The query as Grafana's own editor writes it."""
        return {
            "datasource": self.datasource, "editorMode": "code", "format": self.read, "rawQuery": True, "rawSql": self.expr,
        }  # fmt: skip


class Heatmap(core.Panel):  # type: ignore[misc]
    """The heatmap of Grafana 9 and later, over buckets of a histogram."""

    unit: str = "short"

    def to_json_data(self) -> Json:
        """Buckets on the vertical axis, colour by how many values fall into one."""
        return dict(self.panel_json({
            "type": "heatmap",
            "fieldConfig": {"defaults": {"custom": {"scaleDistribution": {"type": "linear"}}}},
            "options": {
                "calculate": False, "cellGap": 1, "showValue": "never", "rowsFrame": {"layout": "auto"},
                "filterValues": {"le": 1e-9}, "legend": {"show": True}, "exemplars": {"color": "rgba(255,0,255,0.7)"},
                "color": {
                    "mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "scale": "exponential", "reverse": False,
                    "fill": "dark-orange",
                },
                "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": True},
                "yAxis": {"axisPlacement": "left", "reverse": False, "unit": self.unit},
            },
        }))  # fmt: skip


class Geomap(core.Panel):  # type: ignore[misc]
    """Circles on a map; Grafana looks countries up in the list that it ships."""

    label: str = "country"

    def to_json_data(self) -> Json:
        """Size and colour by value."""
        style = {
            "size": {"field": "Value", "fixed": 5, "min": 5, "max": 30}, "color": {"field": "Value", "fixed": "dark-blue"},
            "opacity": 0.6, "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        }  # fmt: skip
        layer = {
            "type": "markers", "name": "Countries", "tooltip": True, "config": {"showLegend": True, "style": style},
            "location": {"mode": "lookup", "lookup": self.label, "gazetteer": "public/gazetteer/countries.json"},
        }  # fmt: skip
        return dict(self.panel_json({
            "type": "geomap",
            "options": {
                "view": {"id": "zero", "lat": 20, "lon": 0, "zoom": 1}, "layers": [layer], "tooltip": {"mode": "details"},
                "basemap": {"type": "default", "name": "Base", "config": {}},
                "controls": {
                    "showZoom": True, "mouseWheelZoom": False, "showAttribution": True, "showScale": False, "showMeasure": False,
                    "showDebug": False,
                },
            },
        }))  # fmt: skip


class AlertList(core.AlertList):  # type: ignore[misc]
    """grafanalib's list reads no size but its own and shows alerts of Grafana only; this one reads Prometheus' too."""

    size: Json

    def to_json_data(self) -> Json:
        data = dict(super().to_json_data())
        return {**data, "gridPos": self.size, "options": {
            "viewMode": "list", "groupMode": "default", "groupBy": [], "maxItems": 20, "sortOrder": 3, "dashboardAlerts": False,
            "stateFilter": {"firing": True, "pending": True, "error": True, "noData": False, "normal": False},
        }}  # fmt: skip


def timeseries(
    title: str,
    description: str,
    unit: str,
    queries: Iterable[Query | Sql],
    *,
    stack: bool = False,
    bars: bool = False,
    **look: Unpack[Look],
) -> core.Panel:
    """Lines over time, or bars of one value each; gaps stay gaps."""
    look.setdefault("minimum", 0)
    return core.TimeSeries(
        drawStyle="bars" if bars else "line", fillOpacity=80 if bars else 30 if stack else 10, lineWidth=1,
        stacking={"mode": "normal" if stack else "none", "group": "A"}, showPoints="auto", spanNulls=False,
        tooltipMode="multi", tooltipSort="desc", legendCalcs=["lastNotNull", "max"] if not bars else ["sum"],
        legendDisplayMode="table", thresholdsStyleMode="dashed" if look.get("thresholds") else "off",
        **_shared(title, description, unit, queries, look, width=12, height=8),
    )  # fmt: skip


def stat(title: str, description: str, unit: str, queries: Iterable[Query | Sql], **look: Unpack[Look]) -> core.Panel:
    """One number, coloured by its thresholds; asked at one instant, for of a range an old value would stand for now."""
    return core.Stat(
        reduceCalc="lastNotNull", colorMode="value", graphMode="none", noValue=NO_DATA, format=unit,
        **_shared(title, description, unit, queries, look, width=4, height=4),
    )  # fmt: skip


def gauge(title: str, description: str, unit: str, queries: Iterable[Query | Sql], **look: Unpack[Look]) -> core.Panel:
    """One number between its limits."""
    look.setdefault("minimum", 0)
    look.setdefault("maximum", 1)
    return core.GaugePanel(
        calc="lastNotNull", format=unit, min=look["minimum"], max=look["maximum"],
        **_shared(title, description, unit, queries, look, width=6, height=6),
    )  # fmt: skip


def bargauge(
    title: str, description: str, unit: str, queries: Iterable[Query | Sql], **look: Unpack[Look]
) -> core.Panel:
    """A bar for each series, longest first if the query sorts."""
    look.setdefault("minimum", 0)
    return core.BarGauge(
        calc="lastNotNull", format=unit, displayMode="gradient", max=look.get("maximum"), min=look["minimum"],
        **_shared(title, description, unit, queries, look, width=8, height=8),
    )  # fmt: skip


def barchart(
    title: str,
    description: str,
    unit: str,
    queries: Iterable[Query | Sql],
    *,
    x: str,
    stack: bool = False,
    **look: Unpack[Look],
) -> core.Panel:
    """Bars over the values of one column, a bar for each column of numbers."""
    shared = _shared(title, description, unit, queries, look, width=12, height=8)
    shared["extraJson"]["options"] = {"xField": x, "xTickLabelMaxLength": 20}
    return core.BarChart(
        tooltipMode="multi", legendCalcs=[], showLegend=True, orientation="auto",
        stacking="normal" if stack else "none", **shared,
    )  # fmt: skip


def pie(title: str, description: str, unit: str, queries: Iterable[Query | Sql], **look: Unpack[Look]) -> core.Panel:
    """Parts of a whole."""
    return core.PieChartv2(
        pieType="donut", reduceOptionsCalcs=["lastNotNull"], legendDisplayMode="table", legendPlacement="right",
        legendValues=["value", "percent"], tooltipMode="single",
        **_shared(title, description, unit, queries, look, width=8, height=8),
    )  # fmt: skip


def table(
    title: str, description: str, unit: str, queries: Iterable[Query | Sql], *, sort: str = "", **look: Unpack[Look]
) -> core.Panel:
    """Rows and columns; `sort` is the column that comes first in falling order."""
    return core.Table(
        filterable=True, sortBy=[core.TableSortByField(displayName=sort, desc=True)] if sort else [],
        **_shared(title, description, unit, queries, look, width=24, height=9),
    )  # fmt: skip


def heatmap(
    title: str, description: str, unit: str, queries: Iterable[Query | Sql], **look: Unpack[Look]
) -> core.Panel:
    """How values are spread, over time."""
    panel = Heatmap(**_shared(title, description, unit, queries, look, width=12, height=8))
    panel.unit = unit
    return panel


def geomap(
    title: str, description: str, unit: str, queries: Iterable[Query | Sql], *, label: str, **look: Unpack[Look]
) -> core.Panel:
    """A map of the world with a circle for each country; `label` is the column with its two letters."""
    panel = Geomap(**_shared(title, description, unit, queries, look, width=12, height=8))
    panel.label = label
    return panel


def timeline(
    title: str, description: str, unit: str, queries: Iterable[Query | Sql], **look: Unpack[Look]
) -> core.Panel:
    """States over time, a line for each series."""
    return core.StateTimeline(
        showValue="never", lineWidth=0, fillOpacity=80, colorMode="thresholds",
        **_shared(title, description, unit, queries, look, width=12, height=8),
    )  # fmt: skip


def text(title: str, description: str, content: str, *, width: int = 24, height: int = 4) -> core.Panel:
    """Words in Markdown."""
    return core.Text(
        title=title, description=description, content=content, maxDataPoints=None, gridPos={"w": width, "h": height}
    )


def alertlist(title: str, description: str, *, width: int = 8, height: int = 8) -> core.Panel:
    """Alerts that fire or are about to."""
    panel = AlertList(title=title, description=description, onlyAlertsOnDashboard=False)
    panel.size = {"w": width, "h": height}
    return panel


def row(title: str, panels: Sequence[core.Panel], *, folded: bool = False) -> list[core.Panel]:
    """A heading and its panels; a folded one asks nothing until it is opened."""
    if folded:
        return [core.RowPanel(title=title, collapsed=True, panels=list(panels))]
    return [core.RowPanel(title=title), *panels]


def board(
    *,
    uid: str,
    title: str,
    description: str,
    panels: Sequence[core.Panel],
    variables: Sequence[Json],
    annotations: Sequence[Json],
    links: Sequence[Json],
    tags: Sequence[str],
    time_from: str,
    time_zone: str,
) -> core.Dashboard:
    """A dashboard that cannot be edited in place: its source is here."""
    return core.Dashboard(
        uid=uid, title=title, description=description, panels=list(panels), tags=list(tags), editable=False,
        templating=core.Templating(list=list(variables)), annotations=core.Annotations(list=list(annotations)),
        links=list(links), time=core.Time(time_from, "now"), timezone=time_zone, refresh="30s", sharedCrosshair=True, version=1,
    )  # fmt: skip


def variable(name: str, label: str, query: str, **settings: Any) -> core.Template:
    """A variable of a dashboard."""
    return core.Template(name=name, label=label, query=query, **settings)


def _target(query: Query | Sql) -> core.Target:
    if isinstance(query, Sql):
        statement = PostgresTarget(expr=query.statement, datasource=POSTGRES)
        statement.read = query.read
        return statement
    target = PrometheusTarget(expr=query.expr, legendFormat=query.legend, datasource=DATASOURCE)
    target.read = query.read
    return target


def _shared(
    title: str, description: str, unit: str, queries: Iterable[Query | Sql], look: Look, *, width: int, height: int
) -> dict[str, Any]:
    """Arguments that grafanalib's panels have in common; what it lacks goes into extraJson."""
    defaults: Json = {"unit": unit, "noValue": NO_DATA}
    names: Mapping[str, str] = {"minimum": "min", "maximum": "max", "decimals": "decimals"}
    defaults |= {name: look[key] for key, name in names.items() if key in look}  # type: ignore[literal-required]
    defaults |= {"mappings": list(look.get("mappings", ())), "links": list(look.get("links", ()))}
    asked = list(queries)
    source = POSTGRES if asked and all(isinstance(query, Sql) for query in asked) else DATASOURCE
    drawn = any(isinstance(query, Query) and query.read in ("range", "heatmap") for query in asked)
    steps = look.get("thresholds") or ((None, "green" if "mappings" in look else "blue"),)
    defaults["thresholds"] = {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in steps]}
    return {
        "title": title, "description": description, "dataSource": source, "maxDataPoints": POINTS if drawn else None,
        "targets": [_target(query) for query in asked],
        "gridPos": {"w": look.get("width", width), "h": look.get("height", height)},
        "interval": look.get("interval"), "timeFrom": look.get("time_from"),
        "transformations": list(look.get("transformations", ())),
        "extraJson": {"fieldConfig": {"defaults": defaults, "overrides": list(look.get("overrides", ()))}},
    }  # fmt: skip
