"""The rules of the house, on every generated dashboard."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import orjson

import dashboards
from alerts import watchers
from dashboards.frame import PROMETHEUS
from exporter.metric import Distribution, Metric, set_namespace
from exporter.metrics import CATALOGUE
from exporter.metrics import exporter as own
from exporter.settings import Settings
from generator.checks.promql import read as asked
from provisioning.promql import lapped, span
from tests.dashboards.conftest import Boards, expressions, panels

EVERYTHING: tuple[Metric, ...] = (*CATALOGUE, *own.METRICS)
FOREIGN = frozenset(watchers.SHOWN)
"""Series of Prometheus and Alertmanager themselves."""


def series() -> dict[str, Metric]:
    """Every name that the exporter exposes, and whose it is."""
    found: dict[str, Metric] = {}
    for metric in EVERYTHING:
        found[metric.name] = metric
        if isinstance(metric, Distribution):
            found |= {metric.bucket: metric, metric.sum: metric, metric.count: metric}
    return found


def test_nothing_invents_zero(boards: Boards) -> None:
    """No query fills in a constant where there is no data, and every panel says so when there is none."""
    for where, expression in expressions(boards):
        assert "vector(" not in expression, where
        assert "absent(" not in expression, where
    for where, panel in panels(boards):
        if panel.get("targets"):
            assert panel["fieldConfig"]["defaults"]["noValue"] == "No data", where
            assert not panel["fieldConfig"]["defaults"].get("custom", {}).get("spanNulls"), where


def test_graphs_are_asked_over_time(boards: Boards) -> None:
    """A query for one instant would be a single point of a graph."""
    graphs = [
        (where, panel)
        for where, panel in panels(boards)
        if panel["type"] in ("timeseries", "heatmap", "state-timeline")
    ]
    assert len(graphs) > 70
    for where, panel in graphs:
        for target in panel.get("targets", ()):
            assert target.get("range") or not target.get("instant"), f"{where}, query {target['refId']}"


def test_windows_have_the_sample_at_their_beginning(boards: Boards) -> None:
    """What a counter grew by in a day or a time range is the same by Prometheus 2 and 3; see `promql.lapped`."""
    windows = [
        (where, window)
        for where, expression in expressions(boards)
        for window in re.findall(r"(?:increase|rate)\([^\[\]]*\[([^\]]*)\]", expression)
    ]
    assert len(windows) > 700
    for where, window in windows:
        assert span(window) + "1ms" == window.partition(":")[0] or window in ("$__rate_interval", "5m"), where


def test_windows_that_are_lapped_are_read() -> None:
    """The checker knows the variable of a window with a lap, and a span is what it was made of."""
    assert lapped("$__range") == "${__range}1ms"
    assert lapped("30d:1h") == "30d1ms:1h"
    assert [span(lapped(word)) for word in ("1d", "30d:1h", "$__range")] == ["1d", "30d", "${__range}"]
    (selector,) = asked(f"increase(calls_initiated_total[{lapped('$__range')}])").selectors
    assert selector.window == "$__range"


def test_every_metric_is_charted(boards: Boards) -> None:
    """Every metric is in a panel or excused with a reason."""
    read = {name for where, expression in expressions(boards) if ": variable " not in where
            for selector in asked(expression).selectors for name in selector.names}  # fmt: skip
    names = {name: metric.base for name, metric in series().items()}
    charted = {names[name] for name in read if name in names}
    excused = {metric.base for metric, _ in dashboards.UNCHARTED}
    assert {metric.base for metric in EVERYTHING} - charted == excused
    assert all(reason.endswith(".") for _, reason in dashboards.UNCHARTED)


def test_names_are_apart(boards: Boards) -> None:
    """No two dashboards share a uid or title, and no two panels of one share an id."""
    uids = [board["uid"] for board in boards.values()]
    assert uids == [f"watchfloor-{name.removesuffix('.json')}" for name in boards]
    assert len({board["title"] for board in boards.values()}) == len(boards)
    for name in boards:
        ids = [panel["id"] for where, panel in panels(boards) if where.startswith(f"{name}:")]
        assert len(set(ids)) == len(ids)


def test_every_panel_explains_itself(boards: Boards) -> None:
    """A panel has a title, a unit and a description that begins with the question it answers; none overlaps another."""
    for where, panel in panels(boards):
        assert panel["title"], where
        assert "?" in panel["description"], where
        if panel.get("targets"):
            assert panel["fieldConfig"]["defaults"]["unit"], where
    for name, board in boards.items():
        assert len([panel for where, panel in panels({name: board})]) <= 25, name
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & taken, f"{name}: {panel['title']}"
            assert at["x"] + at["w"] <= 24
            taken |= cells


def test_filters_reach_every_query(boards: Boards) -> None:
    """A query compares every filter that its metrics have; a panel that cannot follow a filter says so."""
    known = series()
    for name, board in boards.items():
        filters = {one["name"] for one in board["templating"]["list"] if one["type"] == "query"}
        for where, panel in panels({name: board}):
            for target in panel.get("targets", ()):
                if "rawSql" in target:
                    followed = {one for one in filters if f"${{{one}:regex}}" in target["rawSql"]}
                    for missing in filters - followed:
                        assert missing in panel["description"].partition("Not filtered by ")[2], f"{where}: {missing}"
                    continue
                followed = set()
                for selector in asked(target["expr"]).selectors:
                    (series_name,) = selector.names
                    if series_name in FOREIGN:
                        continue
                    has = set(known[series_name].label_names) & filters
                    assert has <= selector.matched, f"{where}: {series_name} ignores some of {has}"
                    followed |= has
                for missing in filters - followed:
                    assert missing in panel["description"].partition("Not filtered by ")[2], f"{where}: {missing}"


def test_variables_have_the_fixed_source_first(boards: Boards) -> None:
    """The first variable is the data source, set to the one that is provisioned; filters begin with everything."""
    for board in boards.values():
        first, *others = board["templating"]["list"]
        assert (first["name"], first["label"], first["current"]["value"]) == ("datasource", "Data source", PROMETHEUS)
        for one in others:
            if one["type"] == "query":
                assert (one["refresh"], one["multi"], one["includeAll"], one["allValue"]) == (2, True, True, ".*")
                assert one["current"]["value"] == "$__all"


def test_links_lead_to_dashboards_that_can_follow(boards: Boards) -> None:
    """A drill-down goes to a generated dashboard, keeps the time range and sets only filters that exist there."""
    targets = {board["uid"]: {one["name"] for one in board["templating"]["list"]} for board in boards.values()}
    seen = 0
    for where, panel in panels(boards):
        for link in panel["fieldConfig"]["defaults"].get("links", ()):
            seen += 1
            path, _, query = link["url"].partition("?")
            uid = path.removeprefix("/d/")
            assert uid in targets, where
            assert query.startswith("${__url_time_range}&"), where
            for part in query.split("&")[1:]:
                variable = part.removeprefix("var-").partition("=")[0] if "=" in part else part[2:].partition(":")[0]
                assert variable in targets[uid], f"{where}: {part}"
    assert seen > 10


def test_two_builds_are_the_same(boards: Boards) -> None:
    """The same settings give the same bytes, in another process with another hash seed too."""
    code = "import sys, dashboards; from exporter.settings import Settings\nfor n, b in dashboards.build(Settings()).items(): sys.stdout.buffer.write(b)"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] == b"".join(dashboards.build(Settings()).values())
    assert all(orjson.loads(data) == boards[name] for name, data in dashboards.build(Settings()).items())


def test_a_namespace_prefixes_every_name() -> None:
    """With a namespace, every series that a dashboard reads begins with it."""
    set_namespace("acme")
    try:
        boards = {name: orjson.loads(data) for name, data in dashboards.build(Settings(namespace="acme")).items()}
    finally:
        set_namespace("")
    for where, expression in expressions(boards):
        for selector in asked(expression).selectors:
            for name in selector.names:
                assert name in FOREIGN or name.startswith("acme_"), f"{where}: {name}"


def test_importing_is_light_and_building_fast() -> None:
    """grafanalib is imported only to build; all dashboards together take a fraction of the second for everything."""
    code = "import sys, dashboards; print('grafanalib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "False\n"
    times = []
    for _ in range(3):
        start = time.perf_counter()
        dashboards.build(Settings())
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3


def test_one_module_knows_grafanalib() -> None:
    """Only dashboards/panels.py imports grafanalib; everything else can be read without knowing it."""
    folder = Path(dashboards.__file__).parent
    importers = [
        path
        for path in folder.rglob("*.py")
        if re.search(r"^\s*(from|import) grafanalib", path.read_text(), re.MULTILINE)
    ]
    assert [path.name for path in importers] == ["panels.py"]


def test_no_name_is_written_as_text() -> None:
    """No module of dashboards spells the name of a metric; each comes from the catalogue."""
    names = {name for name in series() if "_" in name}
    for path in Path(dashboards.__file__).parent.rglob("*.py"):
        words = {word for text in re.findall(r'"[^"]*"', path.read_text()) for word in re.findall(r"[a-z0-9_]+", text)}
        assert not words & names, f"{path.name}: {words & names}"
