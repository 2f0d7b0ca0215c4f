"""The rules of grafana/dashboard-linter on every generated dashboard; exceptions stand in dashboards/.lint with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import dashboards
from dashboards.panels import POSTGRES
from tests.dashboards import promql
from tests.dashboards.conftest import Boards

LINT = Path(dashboards.__file__).parent / ".lint"
UNITS = {"none", "short", "s", "m", "percentunit", "cpm", "cps", "reqps", "currencyUSD"}
"""Units used here, all of them in Grafana's list."""
WITH_UNIT = {"stat", "gauge", "bargauge", "timeseries", "table", "piechart", "heatmap", "barchart", "geomap"}
Board = dict[str, Any]
Finding = tuple[str, str]
"""The panel or variable at fault, and what is wrong."""


def _variables(board: Board, kind: str) -> list[dict[str, Any]]:
    return [one for one in board["templating"]["list"] if one["type"] == kind]


def _panels(board: Board) -> Iterator[dict[str, Any]]:
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", ())


def _targets(board: Board) -> Iterator[tuple[str, str]]:
    for panel in _panels(board):
        for target in panel.get("targets", ()):
            if "expr" in target:
                yield panel["title"], target["expr"]


def template_datasource_rule(board: Board) -> Iterator[Finding]:
    """There is a data source variable with the usual name and label."""
    found = _variables(board, "datasource")
    if [(one["name"], one["label"], one["query"]) for one in found] != [("datasource", "Data source", "prometheus")]:
        yield "datasource", "no variable 'datasource' labelled 'Data source'"


def template_job_rule(board: Board) -> Iterator[Finding]:
    """There is a variable job."""
    if not any(one["name"] == "job" for one in board["templating"]["list"]):
        yield "job", "no variable job"


def template_instance_rule(board: Board) -> Iterator[Finding]:
    """There is a variable instance."""
    if not any(one["name"] == "instance" for one in board["templating"]["list"]):
        yield "instance", "no variable instance"


def template_label_promql_rule(board: Board) -> Iterator[Finding]:
    """Variables ask for label values of a selector that parses."""
    for one in _variables(board, "query"):
        query = one["query"]
        if not (query.startswith("label_values(") and query.endswith(f", {one['name']})")):
            yield one["name"], "asks for no label values"
        promql.parse(query.removeprefix("label_values(").rpartition(",")[0])


def template_on_time_change_reload_rule(board: Board) -> Iterator[Finding]:
    """Variables are asked again when the time range changes."""
    for one in _variables(board, "query"):
        if one["refresh"] != 2:
            yield one["name"], "is not refreshed on a change of the time range"


def panel_datasource_rule(board: Board) -> Iterator[Finding]:
    """Panels ask the data source that is chosen."""
    for panel in _panels(board):
        sources = [panel.get("datasource"), *(target.get("datasource") for target in panel.get("targets", ()))]
        of = (
            POSTGRES
            if any("rawSql" in target for target in panel.get("targets", ()))
            else {"type": "prometheus", "uid": "${datasource}"}
        )
        if panel.get("targets") and any(one != of for one in sources):
            yield panel["title"], "does not use ${datasource}"


def panel_title_description_rule(board: Board) -> Iterator[Finding]:
    """Panels have a title and a description."""
    for panel in _panels(board):
        if not panel.get("title") or not panel.get("description"):
            yield panel.get("title", ""), "has no title or description"


def panel_units_rule(board: Board) -> Iterator[Finding]:
    """Panels have a unit that Grafana knows, or words for their values."""
    for panel in _panels(board):
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] in WITH_UNIT and defaults.get("unit") not in UNITS and not defaults.get("mappings"):
            yield panel["title"], f"has unit {defaults.get('unit')!r}"


def panel_no_targets_rule(board: Board) -> Iterator[Finding]:
    """Panels that show data ask for some."""
    for panel in _panels(board):
        if panel["type"] not in ("text", "alertlist") and not panel.get("targets"):
            yield panel["title"], "asks nothing"


def target_promql_rule(board: Board) -> Iterator[Finding]:
    """Queries parse."""
    for title, expression in _targets(board):
        try:
            promql.parse(expression)
        except ValueError as error:
            yield title, str(error)


def target_rate_interval_rule(board: Board) -> Iterator[Finding]:
    """Graphs take rates over $__rate_interval; a day's bar, the whole range and a number of now have windows of their own."""
    for panel in _panels(board):
        for target in panel.get("targets", ()):
            if "expr" not in target:
                continue
            fixed = any(f"[{window}]" in target["expr"] for window in ("1m", "5m", "10m", "1h"))
            if fixed and target["range"]:
                yield panel["title"], f"has a fixed window: {target['expr']}"


def _selectors_have(board: Board, label: str) -> Iterator[Finding]:
    for title, expression in _targets(board):
        if any(label not in promql.matched(selector) for selector, _ in promql.selectors(expression)):
            yield title, f"does not compare {label}"


def target_job_rule(board: Board) -> Iterator[Finding]:
    """Selectors compare job."""
    yield from _selectors_have(board, "job")


def target_instance_rule(board: Board) -> Iterator[Finding]:
    """Selectors compare instance."""
    yield from _selectors_have(board, "instance")


def target_counter_agg_rule(board: Board) -> Iterator[Finding]:
    """Counters stand under a rate or an increase."""
    for title, expression in _targets(board):
        for selector, above in promql.selectors(expression):
            names = promql.names(selector)
            if any(name.endswith("_total") for name in names) and not {"rate", "irate", "increase"} & {
                *promql.functions(above)
            }:
                yield title, f"reads {names} as it is"


def uneditable_dashboard(board: Board) -> Iterator[Finding]:
    """Dashboards cannot be edited where the next start would undo it."""
    if board["editable"]:
        yield board["title"], "is editable"


def target_logql_rule(board: Board) -> Iterator[Finding]:
    """LogQL parses; there is none here."""
    for panel in _panels(board):
        if any(target["datasource"]["type"] == "loki" for target in panel.get("targets", ())):
            yield panel["title"], "asks Loki, which nothing here checks"


def target_logql_auto_rule(board: Board) -> Iterator[Finding]:
    """LogQL uses $__auto; there is none here."""
    yield from target_logql_rule(board)


RULES: tuple[Callable[[Board], Iterator[Finding]], ...] = (
    template_datasource_rule, template_job_rule, template_instance_rule, template_label_promql_rule,
    template_on_time_change_reload_rule, panel_datasource_rule, panel_title_description_rule, panel_units_rule,
    panel_no_targets_rule, target_promql_rule, target_logql_rule, target_logql_auto_rule, target_rate_interval_rule,
    target_job_rule, target_instance_rule, target_counter_agg_rule, uneditable_dashboard,
)  # fmt: skip


def _name(rule: Callable[[Board], Iterator[Finding]]) -> str:
    return rule.__name__.replace("_", "-")


def _exclusions() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(LINT.read_text(encoding="utf-8"))["exclusions"])


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_rule_holds(rule: Callable[[Board], Iterator[Finding]], boards: Boards) -> None:
    """The rule has no finding beyond those excused, and every excuse is needed."""
    excuse = _exclusions().get(_name(rule))
    findings = [(board["title"], *finding) for board in boards.values() for finding in rule(board)]
    entries = (excuse or {}).get("entries")
    excused = {(entry["dashboard"], entry["panel"]) for entry in entries} if entries else set()
    if excuse and not entries:
        assert findings, "the exclusion is not needed any more"
        return
    assert [finding for finding in findings if finding[:2] not in excused] == []
    assert excused == {finding[:2] for finding in findings}


def test_exclusions_are_of_rules_and_have_reasons() -> None:
    """Nothing is excluded that is no rule, and nothing without a reason."""
    exclusions = _exclusions()
    assert set(exclusions) <= {_name(rule) for rule in RULES}
    assert all(one["reason"].endswith(".") for one in exclusions.values())
    assert len(RULES) == 17
