"""Rules of grafana/dashboard-linter on variables and on the dashboard itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.compiler.read import text, variables
from generator.checks.model import Fault, File, Project, Rule, on_board, on_variable, typed
from generator.checks.promql import read
from generator.checks.queries import LABEL_VALUES, OTHER, query_text

KINDS: Final = {"prometheus": "Prometheus", "loki": "Loki"}
ORIGIN: Final = "dashboard-linter"


def datasource(file: File, _: Project) -> Iterator[Fault]:
    """A variable of the data source with the usual name and label."""
    found = typed(file, "datasource")
    if not found:
        yield on_board(file, "it has no variable of the data source")
    for one in found:
        kind, name = text(one.get("query")), text(one.get("name"))
        if kind not in KINDS:
            continue
        if name not in ("datasource", f"{kind}_datasource"):
            yield on_variable(file, one, f"it is called {name!r} and not datasource or {kind}_datasource")
        labels = (
            {"Data source", f"{KINDS[kind]} data source"} if name == "datasource" else {f"{KINDS[kind]} data source"}
        )
        if text(one.get("label")) not in labels:
            yield on_variable(file, one, f"its label is {text(one.get('label'))!r} and not {min(labels)!r}")


def _filter(file: File, name: str) -> Iterator[Fault]:
    found = next((one for one in variables(file.data) if one.get("name") == name), None)
    if found is None:
        yield on_board(file, f"it has no variable {name}")
        return
    wanted = {"type": "query", "label": name.capitalize(), "multi": True, "allValue": ".+"}
    for key, value in wanted.items():
        if found.get(key) != value:
            yield on_variable(file, found, f"its {key} is {found.get(key)!r} and not {value!r}")


def job(file: File, _: Project) -> Iterator[Fault]:
    """A variable job."""
    yield from _filter(file, "job")


def instance(file: File, _: Project) -> Iterator[Fault]:
    """A variable instance."""
    yield from _filter(file, "instance")


def label_promql(file: File, _: Project) -> Iterator[Fault]:
    """Queries of variables that can be read."""
    for one in typed(file, "query"):
        query = query_text(one).strip()
        found, other = LABEL_VALUES.match(query), OTHER.match(query)
        if not query.startswith(("label_values(", "label_names(", "query_result(", "metrics(")):
            continue
        if found is None and other is None:
            yield on_variable(file, one, f"its query cannot be read: {query[:120]}")
            continue
        inner = found[1] if found else other[2] if other and other[1] == "query_result" else None
        error = read(inner).error if inner and not inner.strip().startswith("$") else ""
        if error:
            yield on_variable(file, one, f"the selector of its query is no PromQL: {error}")


def reload(file: File, _: Project) -> Iterator[Fault]:
    """Variables that are asked again with another time range."""
    for one in typed(file, "query"):
        if one.get("refresh") != 2:
            yield on_variable(file, one, "it is not asked again when the time range changes")


def uneditable(file: File, _: Project) -> Iterator[Fault]:
    """Dashboards that cannot be edited by hand."""
    if file.data.get("editable") is not False:
        yield on_board(file, "it can be edited, and the next start would undo that")


RULES: Final = (
    Rule(
        id="template-datasource-rule", title="A dashboard lets people choose the data source", kinds=("dashboard",),
        why="A dashboard that names one data source works in one Grafana only; with a variable of the usual name it works in any, and links between dashboards carry the choice along.",
        remedy="Add a variable of type datasource called datasource, labelled 'Data source' (or prometheus_datasource, 'Prometheus data source', beside others).",
        find=datasource, origin=ORIGIN,
    ),
    Rule(
        id="template-job-rule", title="A dashboard can be filtered by job", kinds=("dashboard",),
        why="Where several jobs expose the same metrics, a dashboard without the filter adds them up.",
        remedy="Add a query variable job, labelled Job, with several values and '.+' for all; or exclude the rule with the reason why one job is enough.",
        find=job, origin=ORIGIN,
    ),
    Rule(
        id="template-instance-rule", title="A dashboard can be filtered by instance", kinds=("dashboard",),
        why="Without it nobody can tell which of several processes is the slow one.",
        remedy="Add a query variable instance, labelled Instance, with several values and '.+' for all; or exclude the rule with the reason.",
        find=instance, origin=ORIGIN,
    ),
    Rule(
        id="template-label-promql-rule", title="Queries of variables can be read", kinds=("dashboard",),
        why="A variable whose query is wrong has no values, and every panel that uses it is empty without saying why.",
        remedy="Write label_values(selector, label) with a selector that Prometheus can read.",
        find=label_promql, origin=ORIGIN,
    ),
    Rule(
        id="template-on-time-change-reload-rule", title="Variables follow the time range", kinds=("dashboard",),
        why="A variable that is asked only when the dashboard opens does not offer what existed in another time range.",
        remedy="Set refresh of the variable to 2 (on time range change).",
        find=reload, origin=ORIGIN,
    ),
    Rule(
        id="uneditable-dashboard", title="A provisioned dashboard cannot be edited", kinds=("dashboard",),
        why="What people change in the browser is lost at the next start, because the file is the truth.",
        remedy="Set editable to false; changes are made in the file.",
        find=uneditable, origin=ORIGIN,
    ),
)  # fmt: skip
