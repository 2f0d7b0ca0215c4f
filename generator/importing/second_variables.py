"""Variables of schema v2 in the classic schema."""

from __future__ import annotations

from typing import Final

from dashboards.compiler.read import mapping, mappings, text
from generator.importing.record import Json, Refusal

KINDS: Final = {
    "QueryVariable": "query", "DatasourceVariable": "datasource", "CustomVariable": "custom", "TextVariable": "textbox",
    "ConstantVariable": "constant", "IntervalVariable": "interval", "AdhocVariable": "adhoc", "GroupByVariable": "groupby",
    "SwitchVariable": "switch",
}  # fmt: skip
HIDE: Final = {"dontHide": 0, "hideLabel": 1, "hideVariable": 2, "inControlsMenu": 3}
REFRESH: Final = {"never": 0, "onDashboardLoad": 1, "onTimeRangeChanged": 2}
SORT: Final = {
    "disabled": 0, "alphabeticalAsc": 1, "alphabeticalDesc": 2, "numericalAsc": 3, "numericalDesc": 4,
    "alphabeticalCaseInsensitiveAsc": 5, "alphabeticalCaseInsensitiveDesc": 6, "naturalAsc": 7, "naturalDesc": 8,
}  # fmt: skip
SAME: Final = (
    "name", "label", "description", "skipUrlSync", "current", "multi", "includeAll", "allValue", "allowCustomValue", "regex", "options",
    "baseFilters", "filters", "defaultKeys", "defaultValue", "auto", "auto_min", "auto_count", "definition", "staticOptions", "staticOptionsOrder",
    "enabledValue", "disabledValue",
)  # fmt: skip


def variable(value: Json) -> Json:
    """One variable."""
    from generator.importing.second import reference

    kind, spec = text(value.get("kind")), mapping(value.get("spec"))
    if kind not in KINDS:
        raise Refusal(f"variable {text(spec.get('name'))!r} is a {kind or 'thing without a kind'}, which is not known")
    if not text(spec.get("name")):
        raise Refusal(f"a {kind} has no name")
    found: Json = {"type": KINDS[kind], **{key: spec[key] for key in SAME if spec.get(key) is not None}}
    found["hide"] = HIDE.get(text(spec.get("hide")), 0)
    for key, words in (("refresh", REFRESH), ("sort", SORT)):
        if key in spec:
            found[key] = words.get(text(spec[key]), 0)
    group = text(spec.get("group")) or text(value.get("group"))
    if kind == "QueryVariable":
        query = mapping(spec.get("query"))
        group = text(query.get("group")) if query.get("kind") == "DataQuery" else text(query.get("kind"))
        found["query"] = _query(mapping(query.get("spec")))
        source = reference(group, query.get("datasource") or spec.get("datasource"))
    elif kind == "DatasourceVariable":
        found["query"] = spec.get("pluginId") or ""
        source = None
    else:
        if kind != "GroupByVariable" or "query" in spec:
            found["query"] = spec.get("query", "")
        source = (
            reference(group, value.get("datasource") or spec.get("datasource"))
            if kind.startswith(("Adhoc", "Group"))
            else None
        )
    if source:
        found["datasource"] = source
    if kind == "IntervalVariable":
        found["query"] = text(spec.get("query")) or ",".join(
            text(one.get("value")) for one in mappings(spec.get("options"))
        )
    return found


def _query(spec: Json) -> object:
    """The text of a query that is nothing else, as older plugins write it."""
    return spec["__legacyStringValue"] if set(spec) == {"__legacyStringValue"} else spec
