"""Panels that show one value: the Angular one, and the options that gauges and numbers had before Grafana 7."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler.read import mapping, number, text
from dashboards.compiler.values import mappings, steps

Panel = dict[str, Any]
CALCS: Final = {"avg": "mean", "current": "lastNotNull", "total": "sum", "name": "lastNotNull"}
NO_UNIT: Final = ("none", "short", "")


def singlestat(panel: Panel) -> None:
    """The Angular number is a stat, or a gauge where it was drawn as one."""
    defaults: Panel = panel["fieldConfig"]["defaults"]
    defaults.setdefault("unit", _unit(panel))
    if "decimals" in panel:
        defaults.setdefault("decimals", panel["decimals"])
    if panel.get("nullText"):
        defaults.setdefault("noValue", panel["nullText"])
    limits = _limits(panel.get("thresholds", ""))
    colors = panel.get("colors") or ["green", "orange", "red"]
    if limits:
        defaults["thresholds"] = {"mode": "absolute", "steps": [
            {"color": color, "value": value} for color, value in zip(colors, [None, *limits], strict=False)
        ]}  # fmt: skip
    defaults.setdefault("mappings", []).extend(mappings(panel))
    name = text(panel.get("valueName")) or "avg"
    reduce = {"calcs": [CALCS.get(name, name)], "fields": text(panel.get("tableColumn")), "values": False}
    gauge = mapping(panel.get("gauge"))
    if gauge.get("show"):
        panel["type"] = "gauge"
        for key, old in (("min", "minValue"), ("max", "maxValue")):
            if number(gauge.get(old)) is not None:
                defaults.setdefault(key, number(gauge[old]))
        panel["options"] = {
            "orientation": "auto", "reduceOptions": reduce, "showThresholdLabels": bool(gauge.get("thresholdLabels")),
            "showThresholdMarkers": gauge.get("thresholdMarkers") is not False,
        }  # fmt: skip
        return
    panel["type"] = "stat"
    color = "background" if panel.get("colorBackground") else "value" if panel.get("colorValue") else "none"
    panel["options"] = {
        "colorMode": color, "graphMode": "area" if mapping(panel.get("sparkline")).get("show") else "none", "justifyMode": "auto",
        "orientation": "auto", "textMode": "name" if name == "name" else "auto", "reduceOptions": reduce,
    }  # fmt: skip


def _unit(panel: Panel) -> str:
    """The unit; where there is none, what stood before or behind the number."""
    unit = text(panel.get("format")) or "none"
    if unit in NO_UNIT and text(panel.get("postfix")).strip():
        return f"suffix:{panel['postfix']}"
    if unit in NO_UNIT and text(panel.get("prefix")).strip():
        return f"prefix:{panel['prefix']}"
    return unit


def _limits(said: object) -> list[float]:
    """Numbers in '10,20'."""
    parts = said.split(",") if isinstance(said, str) else []
    return [float(found) for part in parts if (found := number(part)) is not None]


def field_options(panel: Panel) -> None:
    """Options of Grafana 6 (`fieldOptions`, before that `valueOptions`) as field settings and a way to reduce."""
    options, defaults = panel["options"], panel["fieldConfig"]["defaults"]
    _value_options(options)
    old = options.pop("fieldOptions", None)
    if not isinstance(old, dict):
        return
    given = mapping(old.get("defaults"))
    for key, value in given.items():
        if key not in ("thresholds", "mappings"):
            defaults.setdefault("displayName" if key == "title" else key, value)
    said = given.get("mappings", old.get("mappings"))
    if said:
        defaults["mappings"] = [*defaults.get("mappings", []), *mappings({"mappings": said})]
    limits = old.get("thresholds") or given.get("thresholds")
    if limits and not mapping(defaults.get("thresholds")).get("steps"):
        defaults["thresholds"] = limits if isinstance(limits, dict) else {"mode": "absolute", "steps": steps(limits)}
    for override in old.get("overrides", []) if isinstance(old.get("overrides"), list) else []:
        if isinstance(override, dict) and "matcher" in override:
            panel["fieldConfig"]["overrides"].append(override)
    options.setdefault("reduceOptions", reduce(old))


def _value_options(options: Panel) -> None:
    """Grafana 6.0: unit, statistic and ends stood beside each other."""
    values = options.pop("valueOptions", None)
    if not isinstance(values, dict):
        return
    defaults = {key: values[key] for key in ("unit", "decimals") if values.get(key) is not None}
    for key, old in (("min", "minValue"), ("max", "maxValue")):
        if number(options.get(old)) is not None:
            defaults[key] = number(options.pop(old))
    stat = text(values.get("stat"))
    options["fieldOptions"] = {
        "defaults": defaults, "calcs": [CALCS.get(stat, stat)] if stat else ["mean"], "mappings": options.pop("valueMappings", []),
        "thresholds": options.pop("thresholds", None),
    }  # fmt: skip


def reduce(old: Panel) -> Panel:
    """How one value is made of many."""
    found = old.get("calcs")
    calcs = [CALCS.get(one, one) for one in found if isinstance(one, str)] if isinstance(found, list) else []
    result: Panel = {"calcs": calcs or ["lastNotNull"], "fields": "", "values": bool(old.get("values", False))}
    return {**result, "limit": old["limit"]} if "limit" in old else result
