"""Tables: one row for each value of a label, a column for each question; and matrices of two labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Unpack

from dashboards import panels
from dashboards.panels import Json, Look, Step
from dashboards.query import table as query
from exporter.labels import Label
from provisioning.promql import quote

SCALES: Final = {
    "short": (1, ""),
    "none": (1, ""),
    "percentunit": (100, " %"),
    "s": (1, " s"),
    "currencyUSD": (1, " $"),
}
"""A column's unit stands in its title: the columns of one table share their field settings."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its unit, what is asked, and the limits that colour it. A count is rounded."""

    name: str
    unit: str
    expr: str
    thresholds: Sequence[Step] = ()

    @property
    def title(self) -> str:
        """The heading with the unit."""
        return self.name + SCALES[self.unit][1]

    @property
    def scaled(self) -> str:
        """What is asked, in the unit of the heading."""
        factor, _ = SCALES[self.unit]
        if self.unit == "short":
            return self.expr if self.expr.startswith("round(") else f"round({self.expr})"
        return f"{factor} * ({self.expr})" if factor != 1 else self.expr

    @property
    def steps(self) -> list[Json]:
        """Thresholds in the unit of the heading."""
        factor, _ = SCALES[self.unit]
        return [{"value": None if at is None else at * factor, "color": color} for at, color in self.thresholds]


def override(name: str, **properties: Json) -> Json:
    """Field settings of the column of this name; `__` in a key stands for a dot.

    The published schema allows objects only, so columns are matched by a list of names and settings that are
    no objects (unit, links) belong to the whole table.
    """
    return {
        "matcher": {"id": "byNames", "options": {"mode": "include", "names": [name]}},
        "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()],
    }


def summary(title: str, description: str, by: Sequence[Label], columns: Sequence[Column], **look: Unpack[Look]) -> Any:
    """A table with a row for each combination of labels; the first column of values sorts it."""
    look["transformations"] = _joined(by, [column.title for column in columns])
    look["overrides"] = [
        override(
            column.title,
            thresholds={"mode": "absolute", "steps": column.steps},
            custom__cellOptions={"type": "color-text"},
        )
        for column in columns
        if column.thresholds
    ]
    return panels.table(
        title, description, "none", [query(column.scaled) for column in columns], sort=columns[0].title, **look
    )


def bars(
    title: str,
    description: str,
    unit: str,
    by: Label,
    asked: Mapping[str, str],
    *,
    stack: bool = False,
    **look: Unpack[Look],
) -> Any:
    """Bars for each value of a label, one for each question; `asked` are the queries by what their bars are called."""
    look["transformations"] = _joined((by,), list(asked))
    return panels.barchart(
        title, description, unit, [query(expr) for expr in asked.values()], x=by.name, stack=stack, **look
    )


def matrix(
    title: str, description: str, expr: str, *, rows: Label, columns: Label, names: dict[str, str], **look: Unpack[Look]
) -> Any:
    """A table with one label down and one across, coloured by value; `names` are the words for the rows."""
    for value, name in names.items():
        expr = f"label_replace({expr}, {quote(rows.name)}, {quote(name)}, {quote(rows.name)}, {quote(value)})"
    look["transformations"] = _pivot(rows.name, columns.name)
    look["overrides"] = [override(rows.name, custom__cellOptions={"type": "auto"})]
    look.setdefault("decimals", 0)
    panel = panels.table(title, description, "short", [query(expr)], **look)
    defaults = panel.extraJson["fieldConfig"]["defaults"]
    defaults["color"] = {"mode": "continuous-BlPu"}
    defaults["custom"] = {
        "cellOptions": {"type": "color-background", "mode": "basic"},
        "minWidth": 40,
        "filterable": False,
    }
    return panel


def _joined(by: Sequence[Label], titles: Sequence[str]) -> list[Json]:
    """The answers of several queries as one table: its labels first, then a column of this title for each query."""
    rename = {f"Value #{letter}": title for letter, title in zip("ABCDEFGHIJ", titles, strict=False)}
    if len(titles) == 1:
        rename["Value"] = titles[0]
    order = {label.name: index for index, label in enumerate(by)}
    order |= {name: index + len(by) for index, name in enumerate(rename)}
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": rename}},
    ]


def _pivot(rows: str, columns: str) -> list[Json]:
    """Long form to a matrix, sorted both ways, its corner named after the rows."""
    corner = f"{rows}\\{columns}"
    grouping = {"columnField": columns, "rowField": rows, "valueField": "Value", "emptyValue": "null"}
    return [
        {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": columns}]}},
        {"id": "groupingToMatrix", "options": grouping},
        {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": corner}]}},
        {"id": "organize", "options": {"excludeByName": {}, "indexByName": {}, "renameByName": {corner: rows}}},
    ]
