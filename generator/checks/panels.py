"""Rules of grafana/dashboard-linter on panels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dashboards.compiler.read import Json, mapping, mappings, text
from generator.checks.model import Fault, File, Project, Rule, on_panel, shown, typed
from generator.checks.queries import source_type, targets
from generator.checks.templates import ORIGIN
from generator.checks.units import is_unit

WITH_UNIT: Final = frozenset({
    "stat", "gauge", "bargauge", "timeseries", "table", "piechart", "heatmap", "barchart", "geomap", "graph", "singlestat", "table-old",
    "histogram", "trend",
})  # fmt: skip
"""Kinds that show numbers."""
NO_QUERY: Final = frozenset(
    {"text", "alertlist", "dashlist", "news", "annolist", "welcome", "gettingstarted", "row", "pluginlist"}
)
CHOSEN: Final = re.compile(r"\$\{?(\w+)\}?\Z")
BY_VARIABLE: Final = frozenset({"prometheus", "loki"})
OURS: Final = frozenset(
    {"-- Mixed --", "-- Dashboard --", "-- Grafana --", "-- Expression --", "__expr__", "grafana", "-1"}
)
"""Sources that are Grafana's own."""


def datasource(file: File, project: Project) -> Iterator[Fault]:
    """Panels that ask the data source that is chosen."""
    names = {text(one.get("name")) for one in typed(file, "datasource")}
    for panel in shown(file):
        told = set()
        for target in targets(panel):
            kind = source_type(file, panel, target)
            asked = target.get("datasource", panel.get("datasource"))
            uid = asked if isinstance(asked, str) else text(mapping(asked).get("uid"))
            if (
                uid in OURS
                or kind in ("__expr__", "datasource", "grafana")
                or (kind not in BY_VARIABLE and uid in project.datasources)
            ):
                continue
            found = CHOSEN.match(uid)
            if found is None or found[1] not in names:
                told.add(uid or "the default one")
        if told:
            yield on_panel(file, panel, f"it asks {', '.join(sorted(told))} and not the data source that is chosen")


def description(file: File, _: Project) -> Iterator[Fault]:
    """Panels with a title and a description."""
    for panel in shown(file):
        missing = [key for key in ("title", "description") if not text(panel.get(key)).strip()]
        if missing and text(panel.get("type")) not in NO_QUERY:
            yield on_panel(file, panel, f"it has no {' and no '.join(missing)}")


def units(file: File, _: Project) -> Iterator[Fault]:
    """Units that Grafana knows, or words for the values."""
    for panel in shown(file):
        if text(panel.get("type")) not in WITH_UNIT or _is_text(panel):
            continue
        defaults = mapping(mapping(panel.get("fieldConfig")).get("defaults"))
        unit = text(defaults.get("unit")) or text(panel.get("format")) or _axis(panel)
        if defaults.get("mappings") or (not unit and _overridden(panel)):
            continue
        if not unit:
            yield on_panel(file, panel, "it has no unit")
        elif not is_unit(unit):
            yield on_panel(file, panel, f"Grafana knows no unit {unit!r}")


def _axis(panel: Json) -> str:
    """The unit of a graph of old."""
    return next((text(axis.get("format")) for axis in mappings(panel.get("yaxes"))), "")


def _is_text(panel: Json) -> bool:
    """Whether a stat shows a text instead of a number."""
    return (
        bool(text(mapping(mapping(panel.get("options")).get("reduceOptions")).get("fields")).strip())
        and panel["type"] == "stat"
    )


def _overridden(panel: Json) -> bool:
    overrides = mappings(mapping(panel.get("fieldConfig")).get("overrides"))
    return any(one.get("id") == "unit" for override in overrides for one in mappings(override.get("properties")))


def no_targets(file: File, _: Project) -> Iterator[Fault]:
    """Panels that ask something."""
    for panel in shown(file):
        if text(panel.get("type")) not in NO_QUERY and not targets(panel) and not panel.get("libraryPanel"):
            yield on_panel(file, panel, "it asks nothing")


RULES: Final = (
    Rule(
        id="panel-datasource-rule", title="Panels ask the data source that is chosen", kinds=("dashboard",),
        why="A panel with a data source of its own shows other data than the rest of the dashboard, or none in another Grafana.",
        remedy="Set the panel's and its queries' data source to ${datasource}.",
        find=datasource, origin=ORIGIN,
    ),
    Rule(
        id="panel-title-description-rule", title="Panels say what they show", kinds=("dashboard",),
        why="Who reads a graph at night must not have to read its query to know what it means.",
        remedy="Give the panel a title and a description that begins with the question it answers.",
        find=description, origin=ORIGIN,
    ),
    Rule(
        id="panel-units-rule", title="Numbers have a unit", kinds=("dashboard",),
        why="A number without a unit is read wrongly: seconds as milliseconds, a share as a percentage.",
        remedy="Set fieldConfig.defaults.unit to a unit of Grafana's list (none, short, s, percentunit, bytes, ...), or give words for the values with mappings.",
        find=units, origin=ORIGIN,
    ),
    Rule(
        id="panel-no-targets-rule", title="Panels that show data ask for some", kinds=("dashboard",),
        why="A panel without a query is empty for ever.",
        remedy="Give the panel a query, or remove it.",
        find=no_targets, origin=ORIGIN,
    ),
)  # fmt: skip
