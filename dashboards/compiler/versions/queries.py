"""Queries that had another form: InfluxDB's fields (version 8) and CloudWatch's lists of statistics (version 34)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from dashboards.compiler.identity import letters
from dashboards.compiler.read import Json, annotation_queries, mapping, mappings, panels, text

METRIC: Final = ("dimensions", "namespace", "region", "metricName")
ANNOTATION: Final = ("dimensions", "namespace", "region", "prefixMatching", "statistics")


def influx(data: Json) -> None:
    """Version 8: the fields of a query became a list of parts for each field."""
    for panel in panels(data):
        for target in mappings(panel.get("targets")):
            if isinstance(target.get("fields"), list) and "tags" in target and "groupBy" in target:
                fields = mappings(target.pop("fields"))
                fill = target.pop("fill", None)
                if target.get("rawQuery"):
                    continue
                target["select"] = [list(_parts(field)) for field in fields]
                target["groupBy"] = [_group(part) for part in mappings(target["groupBy"])]
                if fill:
                    target["groupBy"].append({"type": "fill", "params": [fill]})


def _parts(field: Json) -> Iterator[Json]:
    yield {"type": "field", "params": [text(field.get("name"))]}
    yield {"type": text(field.get("func")), "params": []}
    for key, kind in (("mathExpr", "math"), ("asExpr", "alias")):
        if field.get(key):
            yield {"type": kind, "params": [field[key]]}


def _group(part: Json) -> Json:
    key = "interval" if part.get("type") == "time" else "key"
    return {"type": part.get("type"), "params": [part[key]]} if key in part else part


def cloudwatch(data: Json) -> None:
    """Version 34: a query has one statistic; one with several became several."""
    for panel in panels(data):
        targets = mappings(panel.get("targets"))
        found = [target for target in targets if all(key in target for key in METRIC)]
        for target in found:
            more = _split(target)
            for one in (target, *more):
                one.setdefault("metricQueryType", 0)
                code = one["metricQueryType"] == 1 or bool(one.get("expression"))
                one.setdefault("metricEditorMode", int(code))
            targets += more
        if found:
            _letter(targets)
            panel["targets"] = targets
    asked = annotation_queries(data)
    for annotation in list(asked):
        if all(key in annotation for key in ANNOTATION):
            asked += _annotation(annotation)
    if asked:
        data["annotations"] = {**mapping(data.get("annotations")), "list": asked}


def _split(query: Json) -> list[Json]:
    """One copy for each statistic but the first, which stays with the query."""
    statistics = query.pop("statistics", None)
    if not isinstance(statistics, list) or not statistics:
        return []
    base = {key: value for key, value in query.items() if key != "refId"}
    query.update(_statistic(statistics[0]))
    return [{**base, **_statistic(value)} for value in statistics[1:]]


def _statistic(value: Any) -> Json:
    return {} if value is None else {"statistic": value}


def _annotation(annotation: Json) -> list[Json]:
    statistics, name = annotation.get("statistics"), text(annotation.get("name"))
    copies = _split(annotation)
    if isinstance(statistics, list) and len(statistics) > 1:
        for one, value in zip((annotation, *copies), statistics, strict=True):
            one["name"] = f"{name} - {value if isinstance(value, str) else json.dumps(value)}"
    return copies


def _letter(targets: list[Json]) -> None:
    taken = {target.get("refId") for target in targets if isinstance(target.get("refId"), str)}
    free = (letter for letter in letters() if letter not in taken)
    for target in targets:
        if not target.get("refId"):
            target["refId"] = next(free)
