"""For each rule a file that breaks it; the sound files beside it break none.

A case changes the sound dashboard, rules or configuration, and says in which words the finding must speak.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def variable(name: str) -> Json:
    """A filter by a label."""
    return {
        "name": name, "type": "query", "label": name.capitalize(), "datasource": SOURCE, "query": f"label_values(up, {name})", "refresh": 2,
        "multi": True, "includeAll": True, "allValue": ".+",
    }  # fmt: skip


def panel(number: int, expr: str, **more: Any) -> Json:
    """A graph of one query."""
    target = {"refId": "A", "expr": expr, "datasource": SOURCE, "range": True}
    return {
        "id": number, "type": "timeseries", "title": f"Panel {number}", "description": "Is it well?", "datasource": SOURCE, "targets": [target],
        "gridPos": {"x": 0, "y": 8 * number, "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": "short", "custom": {"thresholdsStyle": {"mode": "line"}}}}, **more,
    }  # fmt: skip


FILTER: Final = 'job=~"$job", instance=~"$instance"'
BOARD: Final[Json] = {
    "uid": "sound", "title": "Sound", "schemaVersion": 42, "editable": False,
    "templating": {"list": [
        {"name": "datasource", "type": "datasource", "label": "Data source", "query": "prometheus"}, variable("job"), variable("instance"),
    ]},
    "panels": [
        panel(1, f"sum by (tenant) (rate(calls_initiated_total{{{FILTER}}}[$__rate_interval]))"),
        panel(2, f"sum(active_calls{{{FILTER}}})"),
        panel(3, f"histogram_quantile(0.9, sum by (le) (rate(turn_latency_seconds_bucket{{{FILTER}}}[$__rate_interval])))"),
        {
            "id": 4, "type": "table", "title": "Panel 4", "description": "Who?", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8},
            "fieldConfig": {"defaults": {"unit": "short"}}, "datasource": {"type": "grafana-postgresql-datasource", "uid": "watchfloor-postgres"},
            "targets": [{"refId": "A", "rawSql": "SELECT a, count(*) FROM t WHERE $__timeFilter(at) AND a IN ($job) GROUP BY a ORDER BY 2 LIMIT 5",
                         "datasource": {"type": "grafana-postgresql-datasource", "uid": "watchfloor-postgres"}}],
        },
    ],
    "links": [{"type": "link", "title": "Itself", "url": "/d/sound/x"}],
}  # fmt: skip
LOKI: Final = {"type": "loki", "uid": "${loki_datasource}"}
RULES: Final[Json] = {"groups": [{"name": "sound", "interval": "1m", "rules": [
    {"record": "tenant:active_calls:sum", "expr": "sum by (tenant) (active_calls)"},
    {"alert": "TooManyCalls", "expr": "sum by (tenant) (active_calls) > 50", "for": "5m", "labels": {"severity": "warning"},
     "annotations": {"summary": "There are too many calls.", "description": "Tenant {{ $labels.tenant }} has {{ $value }}.",
                     "runbook_url": "https://runbooks.example/calls"}},
]}]}  # fmt: skip
MANAGER: Final[Json] = {"route": {"receiver": "desk"}, "receivers": [{"name": "desk"}]}

Change = Callable[[Json], object]


@dataclass(frozen=True, slots=True)
class Case:
    """A change that breaks a rule, of which kind of file, and a part of what is said."""

    kind: str
    change: Change
    said: str

    def broken(self) -> Json:
        """The sound file with the change."""
        data = copy.deepcopy({"dashboard": BOARD, "rules": RULES, "alertmanager": MANAGER}[self.kind])
        self.change(data)
        return data


def board(change: Change, said: str) -> Case:
    """A case of a dashboard."""
    return Case("dashboard", change, said)


def expr(query: str, said: str, index: int = 0) -> Case:
    """A case of a dashboard with another query."""
    return board(lambda data: data["panels"][index]["targets"][0].update(expr=query), said)


def sql(statement: str, said: str) -> Case:
    """A case of a dashboard with another statement."""
    return board(lambda data: data["panels"][3]["targets"][0].update(rawSql=statement), said)


def alert(said: str, **changes: Any) -> Case:
    """A case of an alert with other keys; None takes one away."""
    return Case("rules", lambda data: _update(data["groups"][0]["rules"][1], changes), said)


def note(said: str, **changes: Any) -> Case:
    """A case of an alert with other annotations."""
    return Case("rules", lambda data: _update(data["groups"][0]["rules"][1]["annotations"], changes), said)


def group(said: str, **changes: Any) -> Case:
    """A case of a group with other keys."""
    return Case("rules", lambda data: _update(data["groups"][0], changes), said)


def _update(data: Json, changes: Json) -> None:
    for key, value in changes.items():
        if value is None:
            data.pop(key)
        else:
            data[key] = value


def _variables(data: Json) -> list[Json]:
    found: list[Json] = data["templating"]["list"]
    return found


def logs(query: str, said: str) -> Case:
    """A case of a panel that asks Loki."""

    def change(data: Json) -> None:
        _variables(data).append(
            {"name": "loki_datasource", "type": "datasource", "label": "Loki data source", "query": "loki"}
        )
        data["panels"].append(
            {**panel(9, query), "datasource": LOKI, "targets": [{"refId": "A", "expr": query, "datasource": LOKI}]}
        )

    return board(change, said)


CASES: Final[dict[str, list[Case]]] = {
    "template-datasource-rule": [
        board(lambda data: _variables(data)[0].update(label="Prometheus"), "its label is 'Prometheus'"),
        board(lambda data: _variables(data)[0].update(name="ds"), "it is called 'ds'"),
        board(lambda data: _variables(data).pop(0), "it has no variable of the data source"),
    ],
    "template-job-rule": [
        board(lambda data: _variables(data).pop(1), "no variable job"),
        board(lambda data: _variables(data)[1].update(multi=False), "its multi is False"),
    ],
    "template-instance-rule": [board(lambda data: _variables(data).pop(2), "no variable instance")],
    "template-label-promql-rule": [
        board(lambda data: _variables(data)[1].update(query="label_values(up{, job)"), "no PromQL"),
        board(lambda data: _variables(data)[1].update(query="label_values(up"), "cannot be read"),
    ],
    "template-on-time-change-reload-rule": [board(lambda data: _variables(data)[1].update(refresh=1), "not asked again")],
    "uneditable-dashboard": [board(lambda data: data.update(editable=True), "can be edited"), board(lambda data: data.pop("editable"), "can be edited")],
    "panel-datasource-rule": [
        board(lambda data: data["panels"][0]["targets"][0].update(datasource={"type": "prometheus", "uid": "watchfloor-prometheus"}), "watchfloor-prometheus"),
        board(lambda data: data["panels"][0]["targets"][0].update(datasource={"type": "prometheus", "uid": "$job"}), "$job"),
    ],
    "panel-title-description-rule": [
        board(lambda data: data["panels"][0].update(description=" "), "no description"),
        board(lambda data: data["panels"][0].pop("title"), "no title"),
    ],
    "panel-units-rule": [
        board(lambda data: data["panels"][0]["fieldConfig"]["defaults"].update(unit="calls per day"), "'calls per day'"),
        board(lambda data: data["panels"][0].pop("fieldConfig"), "no unit"),
    ],
    "panel-no-targets-rule": [board(lambda data: data["panels"][0].update(targets=[]), "asks nothing")],
    "target-promql-rule": [
        expr("sum(", "no PromQL"),
        expr("a + " * 500 + "a", "400 operators"),
        alert("no PromQL", expr="sum by tenant active_calls > 1"),
    ],
    "target-logql-rule": [logs('{app="x" |= "y"', "{ and } do not match"), logs("count_over_time(app[$__auto])", "selects no stream")],
    "target-logql-auto-rule": [logs('sum(count_over_time({app="x"}[5m]))', "[5m]")],
    "target-rate-interval-rule": [expr(f"sum(rate(calls_initiated_total{{{FILTER}}}[5m]))", "fixed window of 300 s")],
    "target-job-rule": [expr('sum(active_calls{instance=~"$instance"})', "does not compare job")],
    "target-instance-rule": [expr('sum(active_calls{job=~"$job"})', "does not compare instance")],
    "target-counter-agg-rule": [
        expr(f"sum(calls_initiated_total{{{FILTER}}})", "calls_initiated_total is a counter"),
        expr(f"sum(rate(active_calls{{{FILTER}}}[$__rate_interval]))", "active_calls is no counter"),
        expr(f"sum(others_total{{{FILTER}}})", "others_total is a counter"),
        alert("is a counter", expr="sum by (tenant) (calls_initiated_total) > 5"),
    ],
    "metric-unknown": [
        expr(f"sum(active_call{{{FILTER}}})", "active_calls is meant"),
        alert("nothing_like_it is not in the catalogue", expr="sum by (tenant) (nothing_like_it) > 5"),
    ],
    "label-unknown": [
        expr(f'sum(active_calls{{{FILTER}, colour="red"}})', "no label colour"),
        expr(f"sum by (colour) (active_calls{{{FILTER}}})", "no label colour"),
    ],
    "matcher-operator": [expr(f'sum(active_calls{{{FILTER}, tenant="=~a.*"}})', "'=~a.*'")],
    "promql-regexp": [
        expr(f'sum(active_calls{{{FILTER}, tenant=~"acme"}})', "no pattern"),
        expr(f'sum(active_calls{{{FILTER}, tenant=~"^a.*"}})', "anchored already"),
    ],
    "quantile-buckets": [expr(f"histogram_quantile(0.9, sum by (tenant) (rate(turn_latency_seconds_bucket{{{FILTER}}}[$__rate_interval])))", "added up over le")],
    "invented-zero": [expr(f"sum(active_calls{{{FILTER}}}) or vector( 0 )", "vector(0)")],
    "promql-rate": [alert("looks at 20 s", expr="sum by (tenant) (rate(calls_initiated_total[20s])) > 5")],
    "promql-impossible": [
        alert("different labels (tenant; none)", expr="sum by (tenant) (active_calls) / sum(active_calls) > 0.5"),
        alert("which its aggregation drops", expr="sum by (tenant) (active_calls) > on (agent) sum by (agent) (active_calls)"),
        alert("1 > 2 is the same", expr="1 > bool 2"),
        alert("stands on both sides", expr="active_calls > active_calls"),
    ],
    "dashboard-address": [
        board(lambda data: data.pop("uid"), "no uid"), board(lambda data: data.update(uid="a b"), "'a b'"), board(lambda data: data.update(title=""), "no title"),
    ],
    "panel-id-duplicate": [board(lambda data: data["panels"][1].update(id=1), "has the id 1, too")],
    "target-letter-duplicate": [board(lambda data: data["panels"][1]["targets"].append(data["panels"][1]["targets"][0]), "called A")],
    "panel-overlap": [
        board(lambda data: data["panels"][1].update(gridPos={"x": 2, "y": 10, "w": 4, "h": 4}), "lies on panel 'Panel 1'"),
        board(lambda data: data["panels"][1]["gridPos"].update(x=20), "column 32 of 24"),
    ],
    "variable-undefined": [
        expr(f'sum(active_calls{{{FILTER}, tenant=~"$tenant"}})', "$tenant"),
        board(lambda data: _variables(data)[1].update(query='label_values(up{a=~"${gone:regex}"}, job)'), "$gone"),
        board(lambda data: data["panels"][0].update(repeat="gone"), "$gone"),
    ],
    "variable-unused": [board(lambda data: _variables(data).append({"name": "spare", "type": "custom", "query": "a,b"}), "nothing uses it")],
    "datasource-unknown": [
        board(lambda data: data["panels"][3].update(datasource={"type": "mysql", "uid": "elsewhere"}), "'elsewhere'"),
        board(lambda data: data["panels"][0].update(datasource="${DS_GONE}"), "$DS_GONE"),
    ],
    "link-unknown": [board(lambda data: data["links"][0].update(url="/d/gone?a=b"), "'gone'")],
    "sql-syntax": [sql("SELECT a FROM", "cannot be read"), sql("SELECT * FROM a " + "JOIN b " * 30, "too many steps"), sql("SELECT " + "(" * 60, "brackets deep")],
    "sql-read-only": [
        sql("DELETE FROM t WHERE $__timeFilter(at)", "it is DELETE"),
        sql("WITH gone AS (DELETE FROM t RETURNING a) SELECT a FROM gone", "it holds DELETE"),
        sql("SELECT a INTO b FROM t", "SELECT INTO"),
        sql("SELECT a FROM t FOR UPDATE", "FOR UPDATE"),
        sql("SELECT pg_terminate_backend(1)", "pg_terminate_backend"),
        sql("SELECT pg_catalog.pg_sleep(5)", "pg_sleep"),
        sql("SELECT 1; DROP TABLE t", "2 statements"),
        sql("CALL clean_up()", "no query"),
        sql("TRUNCATE t", "no query"),
        sql("COPY t TO '/tmp/x'", "no query"),
        sql("EXPLAIN ANALYZE DELETE FROM t", "no query"),
        sql("SET ROLE admin", "no query"),
        sql("VACUUM", "no query"),
        sql("DO $x$ BEGIN DELETE FROM t; END $x$", "no query"),
    ],
    "alert-group-rule-count": [
        Case("rules", lambda data: data["groups"][0]["rules"].extend({"record": f"a:b:c{n}", "expr": "sum(active_calls)"} for n in range(19)), "21 rules"),
    ],
    "alert-group-name-length": [group("41 letters", name="a" * 41)],
    "alert-name-camelcase": [alert("not CamelCase", alert="too_many_calls")],
    "alert-name-length": [alert("41 letters", alert="A" + "b" * 40)],
    "alert-severity-rule": [alert("no severity", labels={"team": "x"}), alert("'page'", labels={"severity": "page"})],
    "alert-description-missing": [note("no description", description=None)],
    "alert-description-templating": [note("the same of every series", description="There are too many.")],
    "alert-summary-missing": [note("no summary", summary=None)],
    "alert-summary-templating": [note("a template in it", summary="Tenant {{ $labels.tenant }} has too many.")],
    "alert-summary-style": [note("no sentence", summary="too many calls."), note("no sentence", summary="Too many calls")],
    "alert-runbook-link": [note("no runbook_url", runbook_url=None)],
    "alerts-comparison": [alert("compares nothing", expr="sum by (tenant) (active_calls)"), alert("compares nothing", expr="sum by (tenant) (active_calls) > bool 5")],
    "alerts-for": [alert("its for is 0m", **{"for": "0m"})],
    "alerts-template": [
        note("the label agent", description="{{ $labels.agent }}"),
        alert("label load holds the value", labels={"severity": "warning", "load": "{{ $value }}"}),
    ],
    "group-interval": [group("its interval is 10m", interval="10m")],
    "rules-invalid": [group("intervall", intervall="1m"), alert("for", **{"for": "soon"})],
    "alertmanager-invalid": [
        Case("alertmanager", lambda data: data["route"].update(receiver="nobody"), "nobody"),
        Case("alertmanager", lambda data: data.update(routes=[]), "routes"),
    ],
}  # fmt: skip
