"""Every query of a file, whatever language it is in, with where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dashboards.compiler.read import Json, annotation_queries, mapping, mappings, text, variables
from generator.checks.model import Fault, File, Level, panel_name, shown, title

LABEL_VALUES: Final = re.compile(r"\s*label_values\(\s*(?:(.+),\s*)?([a-zA-Z_$][\w$]*)\s*\)\s*\Z", re.DOTALL)
OTHER: Final = re.compile(r"\s*(label_names|metrics|query_result)\(\s*(.*)\s*\)\s*\Z", re.DOTALL)
PROMETHEUS: Final = "prometheus"


@dataclass(frozen=True, slots=True)
class Asked:
    """One query. `drawn` says that it is of a panel or a rule, so that its answer is a number that somebody sees."""

    expr: str
    place: str
    entry: tuple[str, str]
    drawn: bool
    ranged: bool = False

    def fault(self, reason: str, level: Level | None = None) -> Fault:
        """A fault of this query."""
        return Fault(self.place, reason, self.entry, level=level)


def targets(panel: Json) -> list[Json]:
    """The queries of a panel."""
    return mappings(panel.get("targets"))


def source_type(file: File, panel: Json, target: Json) -> str:
    """The type of the data source that a target asks, as far as the file tells."""
    for one in (target.get("datasource"), panel.get("datasource")):
        if isinstance(one, dict) and text(one.get("type")):
            return text(one.get("type"))
        name = re.fullmatch(r"\$\{?(\w+)\}?", one if isinstance(one, str) else text(mapping(one).get("uid")))
        for variable in variables(file.data) if name else ():
            if name and variable.get("name") == name[1] and variable.get("type") == "datasource":
                return text(variable.get("query"))
    return ""


def promql(file: File) -> Iterator[Asked]:
    """Every PromQL query of a dashboard or a file of rules."""
    yield from _of_dashboard(file) if file.kind == "dashboard" else _of_rules(file) if file.kind == "rules" else ()


def _of_dashboard(file: File) -> Iterator[Asked]:
    board = title(file)
    for panel in shown(file):
        for target in targets(panel):
            expr = target.get("expr")
            if isinstance(expr, str) and expr.strip() and source_type(file, panel, target) in (PROMETHEUS, ""):
                place = f"panel {panel_name(panel)!r}, query {text(target.get('refId')) or '?'}"
                ranged = target.get("range") is True or not target.get("instant")
                yield Asked(expr, place, (board, text(panel.get("title"))), drawn=True, ranged=ranged)
    for annotation in annotation_queries(file.data):
        expr = text(annotation.get("expr")) or text(mapping(annotation.get("target")).get("expr"))
        kind = mapping(annotation.get("datasource")).get("type", PROMETHEUS)
        if expr.strip() and kind == PROMETHEUS:
            name = text(annotation.get("name"))
            yield Asked(expr, f"annotation {name!r}", (board, name), drawn=False)
    for variable in variables(file.data):
        expr = selector(query_text(variable)) if variable.get("type") == "query" else ""
        if expr and not expr.startswith("$"):
            name = text(variable.get("name"))
            yield Asked(expr, f"variable {name!r}", (board, name), drawn=False)


def query_text(variable: Json) -> str:
    """The query of a variable, whichever form it has."""
    query = variable.get("query")
    return text(query) or text(mapping(query).get("query")) or text(variable.get("definition"))


def selector(query: str) -> str:
    """The PromQL inside of a variable's query; empty where there is none."""
    found = LABEL_VALUES.match(query)
    if found:
        return (found[1] or "").strip()
    other = OTHER.match(query)
    return other[2].strip() if other and other[1] == "query_result" else ""


def rules(file: File) -> Iterator[tuple[Json, Json]]:
    """Every rule with its group."""
    for group in mappings(file.data.get("groups")):
        for rule in mappings(group.get("rules")):
            yield group, rule


def rule_name(rule: Json) -> str:
    """What a rule is called."""
    return text(rule.get("alert")) or text(rule.get("record"))


def on_rule(group: Json, rule: Json, reason: str, level: Level | None = None) -> Fault:
    """A fault of a rule."""
    name = text(group.get("name"))
    return Fault(f"group {name!r}, rule {rule_name(rule)!r}", reason, (name, rule_name(rule)), level=level)


def _of_rules(file: File) -> Iterator[Asked]:
    for group, rule in rules(file):
        expr = rule.get("expr")
        if isinstance(expr, (str, int, float)) and not isinstance(expr, bool) and str(expr).strip():
            name = text(group.get("name"))
            yield Asked(str(expr), f"group {name!r}, rule {rule_name(rule)!r}", (name, rule_name(rule)), drawn=True)
