"""The rules of the house, on every generated dashboard."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

import dashboards
from alerts import watchers
from dashboards.frame import PROMETHEUS
from exporter.metric import Distribution, Metric, Own, set_namespace
from exporter.metrics import CATALOGUE
from exporter.metrics import exporter as own
from exporter.settings import Settings
from tests.dashboards import promql
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


def is_counter(metric: Metric) -> bool:
    """Whether its value only grows."""
    return metric.exposition_type == "counter" if isinstance(metric, Own) else metric.type in ("counter", "histogram")


def test_every_query_parses(boards: Boards) -> None:
    """Prometheus can read every query once Grafana has put its variables in."""
    for where, expression in expressions(boards):
        try:
            promql.parse(expression)
        except ValueError as error:
            pytest.fail(f"{where}: {error}: {expression}")


def test_every_selector_is_known(boards: Boards) -> None:
    """Panels read metrics of the catalogue, of the exporter itself or of Prometheus, and compare labels that these have."""
    known = series()
    for where, expression in expressions(boards):
        for selector, above in promql.selectors(expression):
            for matcher in selector.matchers.matchers:
                assert not matcher.value.startswith(("=", "!", "~")), (
                    f"{where}: {matcher.name} is compared with {matcher.value}"
                )
            for name in promql.names(selector):
                if name in FOREIGN:
                    continue
                assert name in known, f"{where}: {name} is no metric"
                labels = {*known[name].label_names, *({"le"} if name.endswith("_bucket") else ())}
                wrong = promql.matched(selector) - labels
                assert not wrong, f"{where}: {name} has no label {wrong}"
                grouping = set().union(*(promql.grouped(node) for node in above))
                assert grouping <= labels, f"{where}: {name} has no label {grouping - labels}"


def test_counters_are_read_as_rates(boards: Boards) -> None:
    """A counter or histogram stands directly under rate, increase or resets; a gauge never does."""
    known = series()
    for where, expression in expressions(boards):
        if ": variable " in where:
            continue
        for selector, above in promql.selectors(expression):
            for name in promql.names(selector):
                nearest = promql.functions(above)[-1:]
                counted = nearest and nearest[0] in ("rate", "increase", "resets")
                counter = is_counter(known[name]) if name in known else name.endswith("_total")
                assert bool(counted) == counter, f"{where}: {name} under {nearest}"


def test_quantiles_keep_le(boards: Boards) -> None:
    """histogram_quantile gets buckets that are still apart."""
    seen = 0
    for where, expression in expressions(boards):
        for _, above in promql.selectors(expression):
            if "histogram_quantile" in promql.functions(above):
                seen += 1
                groupings = [grouping for node in above if (grouping := promql.grouped(node))]
                assert "le" in groupings[-1], where
    assert seen > 10


def test_nothing_invents_zero(boards: Boards) -> None:
    """No query fills in a constant where there is no data, and every panel says so when there is none."""
    for where, expression in expressions(boards):
        assert "vector(" not in expression, where
        assert "absent(" not in expression, where
    for where, panel in panels(boards):
        if panel.get("targets"):
            assert panel["fieldConfig"]["defaults"]["noValue"] == "No data", where
            assert not panel["fieldConfig"]["defaults"].get("custom", {}).get("spanNulls"), where


def test_every_metric_is_charted(boards: Boards) -> None:
    """Every metric is in a panel or excused with a reason."""
    read = {name for where, expression in expressions(boards) if ": variable " not in where
            for selector, _ in promql.selectors(expression) for name in promql.names(selector)}  # fmt: skip
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
                for selector, _ in promql.selectors(target["expr"]):
                    if selector.name in FOREIGN:
                        continue
                    has = set(known[selector.name].label_names) & filters
                    assert has <= promql.matched(selector), f"{where}: {selector.name} ignores some of {has}"
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
        for selector, _ in promql.selectors(expression):
            for name in promql.names(selector):
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
