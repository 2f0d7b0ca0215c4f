"""Inputs, data sources and library panels of other origin."""

from __future__ import annotations

from typing import Any

from tests.importing.conftest import Board, Bring

PLACE = {"gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}}


def query(source: object, expr: str = "up") -> dict[str, Any]:
    """A panel that asks a source."""
    return {
        "type": "timeseries",
        **PLACE,
        "datasource": source,
        "targets": [{"refId": "A", "expr": expr, "datasource": source}],
    }


def dashboard(*panels: dict[str, Any], **content: Any) -> dict[str, Any]:
    """A dashboard of these panels."""
    return {"title": "T", "uid": "u", "schemaVersion": 42, "panels": list(panels), **content}


def uids(data: dict[str, Any]) -> list[str]:
    """What panels and their queries refer to."""
    return [holder["datasource"]["uid"] for panel in data["panels"] for holder in (panel, *panel["targets"])]


def inputs(*names: str, kind: str = "prometheus") -> list[dict[str, str]]:
    """Inputs for data sources."""
    return [{"name": name, "type": "datasource", "pluginId": kind, "label": name} for name in names]


def test_an_input_becomes_a_variable_with_our_source(board: Board) -> None:
    """As a bare name, and as a reference, in panels, queries, variables and annotations."""
    for source in ("${DS_PROM-1}", {"type": "prometheus", "uid": "${DS_PROM-1}"}):
        data = board(
            dashboard(
                query(source), __inputs=inputs("DS_PROM-1"), __requires=[], templating={"list": [{"name": "job", "type": "query", "query": "label_values(job)", "datasource": source}]},
                annotations={"list": [{"name": "a", "datasource": source, "expr": "x"}]},
            )
        )  # fmt: skip
        first, job = data["templating"]["list"]
        assert uids(data) == ["${datasource}", "${datasource}"]
        assert (first["name"], first["type"], first["query"], first["current"]["value"]) == (
            "datasource",
            "datasource",
            "prometheus",
            "watchfloor-prometheus",
        )
        assert (
            job["datasource"]
            == data["annotations"]["list"][1]["datasource"]
            == {"type": "prometheus", "uid": "${datasource}"}
        )
        assert "__inputs" not in data


def test_a_variable_that_is_there_is_used(board: Board) -> None:
    """Ours is its first choice, whatever the dashboard had chosen."""
    variable = {"name": "ds", "type": "datasource", "query": "prometheus", "current": {"text": "X", "value": "x"}}
    data = board(dashboard(query("$ds"), query({"type": "prometheus", "uid": "abc"}), templating={"list": [variable]}))
    assert uids(data) == ["${ds}"] * 4
    (found,) = data["templating"]["list"]
    assert found["current"]["value"] == "watchfloor-prometheus"


def test_two_sources_stay_two(board: Board) -> None:
    """Two of one type become two variables, so that what was apart stays apart."""
    data = board(dashboard(query("${DS_A}"), query("${DS_B}"), __inputs=inputs("DS_A", "DS_B")))
    assert uids(data) == ["${datasource}"] * 2 + ["${datasource_ds_b}"] * 2
    assert len(data["templating"]["list"]) == 2


def test_the_default_source_is_prometheus_when_queries_show_it(bring: Bring, board: Board) -> None:
    """Queries of PromQL without a source ask ours; those of another kind are named for a person to see to."""
    assert uids(board(dashboard(query(None)))) == ["${datasource}"] * 2
    sql = {"type": "table", **PLACE, "targets": [{"refId": "A", "rawSql": "SELECT 1"}]}
    record = bring(dashboard(sql))
    assert "1 place needs the default data source to answer queries of SQL" in record.attention


def test_other_sources_are_named(bring: Bring) -> None:
    """A data source that we do not have stays and is reported; an input for one becomes a variable."""
    record = bring(dashboard(query({"type": "loki", "uid": "logs"}, '{a="b"}')))
    assert "2 places need a data source 'logs' of type loki" in record.attention
    record = bring(dashboard(query("${DS_LOKI}"), __inputs=inputs("DS_LOKI", kind="loki")))
    assert "it needs a data source of type loki; choose it in the variable $loki_datasource" in record.attention


def test_settings_say_what_a_source_is_here(board: Board) -> None:
    """By name or uid."""
    assert uids(board(dashboard(query({"type": "loki", "uid": "logs"})), logs="my-loki")) == ["my-loki"] * 2


def test_sources_of_grafana_itself_stay(board: Board) -> None:
    """Mixed, expressions and Grafana's own; a query of a mixed panel has its own."""
    panel = {
        "type": "timeseries", **PLACE, "datasource": {"uid": "-- Mixed --"},
        "targets": [{"refId": "A", "expr": "up", "datasource": {"type": "prometheus", "uid": "p"}}, {"refId": "B", "type": "math", "datasource": {"type": "__expr__", "uid": "__expr__"}}],
    }  # fmt: skip
    assert uids(board(dashboard(panel))) == ["-- Mixed --", "${datasource}", "__expr__"]


def test_constants_are_filled_in(bring: Bring, board: Board) -> None:
    """Everywhere; one without a value is reported, and one that the envelope gives wins."""
    constant = {"name": "VAR_X", "type": "constant", "value": "prod"}
    value = dashboard(query("p", 'up{env="${VAR_X}"}'), __inputs=[constant])
    assert board(value)["panels"][0]["targets"][0]["expr"] == 'up{env="prod"}'
    given = {"dashboard": value, "inputs": [{"name": "VAR_X", "type": "constant", "value": "test"}]}
    assert board(given)["panels"][0]["targets"][0]["expr"] == 'up{env="test"}'
    record = bring(dashboard(query("p", "${VAR_X}"), __inputs=[{"name": "VAR_X", "type": "constant"}]))
    assert "input VAR_X has no value; write one where ${VAR_X} stands" in record.attention


def test_library_panels_stand_in_the_dashboard(bring: Bring, board: Board) -> None:
    """Those that came with it, as a mapping and as a list; one that did not is reported and kept."""
    model = {
        "type": "stat",
        "title": "Lib",
        "targets": [{"refId": "A", "expr": "up"}],
        "gridPos": {"x": 9, "y": 9, "w": 9, "h": 9},
    }
    reference = {"id": 3, **PLACE, "libraryPanel": {"uid": "l", "name": "L"}}
    for elements in ({"l": {"uid": "l", "name": "L", "kind": 1, "model": model}}, [{"uid": "l", "model": model}]):
        (panel,) = board(dashboard(reference, __elements=elements))["panels"]
        assert (panel["type"], panel["title"], panel["id"], panel["gridPos"]["w"]) == ("stat", "Lib", 3, 12)
        assert "libraryPanel" not in panel
    record = bring(dashboard(reference))
    assert (
        record.attention[0]
        == "library panel 'L' is not in the file; the panel shows it only where a library has it as 'l'"
    )


def test_what_is_gone_is_reported(bring: Bring) -> None:
    """Alerts of old graphs, thresholds of the oldest, plugins that Grafana does not have, differences from the schema."""
    graph = {"type": "graph", "title": "G", **PLACE, "alert": {"name": "x"}, "grid": {"threshold1": 5}}
    record = bring(dashboard(graph, {"type": "grafana-clock-panel", "title": "C", **PLACE}, mine=1))
    assert "panel 'G' had an alert of before Grafana 9, which is gone; write a rule for it" in record.attention
    assert "panel 'G' had thresholds of before version 13, which no Grafana reads any more" in record.attention
    assert (
        "1 of its panels need the plugin grafana-clock-panel, which Grafana does not have built in" in record.attention
    )
    assert any("('mine' was unexpected)" in line for line in record.attention)
    assert "1 graph panel became today's kind" in record.changes


def test_an_identity_is_given_and_kept(bring: Bring) -> None:
    """A dashboard without a uid gets the same one each time; one that cannot be a uid is replaced."""
    value = {"title": "T", "panels": []}
    (one,), (same,), (other,) = bring(value).made, bring(value).made, bring(value, "other.json").made
    assert one.uid == same.uid
    assert one.uid != other.uid
    (long,) = bring({**value, "uid": "a b/" + "x" * 50}).made
    assert long.uid.startswith("import-")
    (nameless,) = bring({"panels": []}, "node-full.json").made
    assert nameless.title == "node-full"
