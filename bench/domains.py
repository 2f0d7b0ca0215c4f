"""What all domains cost on a running stack: `python -m bench.domains --exporter URL --prometheus URL [--viewer URL]`.

Every query of every panel is asked as Grafana asks it for the last 30 days with all filters at All: one number at the end
of the range, or a graph with a point for each pixel of a panel 1000 pixels wide. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests

import dashboards
from bench.macros import filled, macros
from dashboards.compiler.identity import walk
from exporter.series import BUDGET
from exporter.settings import Settings

DAYS: Final = 30
POINTS: Final = 1000
STEPS: Final = (10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Steps that Grafana rounds to, in seconds."""
SCRAPE: Final = 10
SCRAPE_LIMIT: Final = 0.5
DASHBOARD_LIMIT: Final = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel and how long its answers took."""

    dashboard: str
    panel: str
    ref: str
    source: str
    seconds: float
    slowest: float
    answers: int


@dataclass(frozen=True, slots=True)
class Stack:
    """Where to ask."""

    exporter: str
    prometheus: str
    viewer: str | None


def main() -> int:
    """Measure, print the tables, write the JSON."""
    options = _options()
    stack = Stack(options.exporter, options.prometheus, options.viewer)
    scrapes = [scrape(stack) for _ in range(options.scrapes)]
    series = domains(stack)
    asked = [one for name in boards() for one in dashboard(stack, name, options.rounds)]
    print("\n".join(report(scrapes, series, asked)))
    if options.json is not None:
        found = {"scrapes": scrapes, "series": series, "queries": [asdict(one) for one in asked]}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    totals = by_dashboard(asked, "prometheus")
    kept = max(scrapes) < SCRAPE_LIMIT and max(totals.values()) < DASHBOARD_LIMIT
    return 0 if kept and all(count <= BUDGET.get(name, 0) for name, count in series.items()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.domains", description=__doc__)
    parser.add_argument("--exporter", default="http://127.0.0.1:9877/metrics", help="the exporter's metrics")
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090", help="the Prometheus that scrapes it")
    parser.add_argument("--viewer", help="the role that reads the views; without it tables of rows are not asked")
    parser.add_argument("--rounds", type=int, default=3, help="times that each dashboard is asked")
    parser.add_argument("--scrapes", type=int, default=15, help="scrapes")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    return parser.parse_args()


def boards() -> dict[str, dict[str, Any]]:
    """Every dashboard by name."""
    return {file.removesuffix(".json"): json.loads(data) for file, data in dashboards.build(Settings()).items()}


def scrape(stack: Stack) -> float:
    """Seconds from the request to the last byte; apart by more than what one run serves again."""
    time.sleep(0.2)
    begun = time.perf_counter()
    answer = requests.get(stack.exporter, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=60)
    answer.raw.read()
    return time.perf_counter() - begun


def domains(stack: Stack) -> dict[str, int]:
    """Series of each domain, as the exporter counts them."""
    text = requests.get(stack.exporter, timeout=60).text
    found = re.findall(r'^exporter_series\{domain="([^"]+)"\} (\d+)$', text, re.MULTILINE)
    return {name: int(count) for name, count in found}


def dashboard(stack: Stack, name: str, rounds: int) -> Iterator[Asked]:
    """Every query of a dashboard; the median of some rounds, each over all panels as when the page is loaded."""
    board = boards()[name]
    targets = [
        (panel, target)
        for panel in walk(board["panels"])
        for target in panel.get("targets", ())
        if "expr" in target or stack.viewer is not None
    ]
    times: list[list[float]] = [[] for _ in targets]
    counts = [0] * len(targets)
    for _ in range(rounds):
        for place, (panel, target) in enumerate(targets):
            begun = time.perf_counter()
            counts[place] = ask(stack, board, panel, target)
            times[place].append(time.perf_counter() - begun)
    for (panel, target), taken, count in zip(targets, times, counts, strict=True):
        source = "prometheus" if "expr" in target else "postgresql"
        yield Asked(name, panel["title"], target["refId"], source, statistics.median(taken), max(taken), count)


def ask(stack: Stack, board: Mapping[str, Any], panel: Mapping[str, Any], target: Mapping[str, Any]) -> int:
    """Ask one query; gives how many series or rows came."""
    end = datetime.now(UTC)
    start = end - timedelta(days=DAYS)
    step = step_of(panel)
    if "rawSql" in target:
        import psycopg

        assert stack.viewer is not None
        with psycopg.connect(stack.viewer) as connection:
            text = macros(filled(target["rawSql"], board, DAYS, step, SCRAPE), start, end)
            return len(connection.execute(text.encode()).fetchall())
    given = {"query": filled(target["expr"], board, DAYS, step, SCRAPE)}
    if target.get("instant"):
        given["time"] = repr(end.timestamp())
    else:
        given |= {"start": repr(start.timestamp()), "end": repr(end.timestamp()), "step": str(step)}
    what = "query" if target.get("instant") else "query_range"
    answer = requests.post(f"{stack.prometheus}/api/v1/{what}", data=given, timeout=120)
    body = answer.json()
    if body["status"] != "success":
        raise SystemExit(f"{board['title']}, {panel['title']}: {body.get('error')}: {given['query']}")
    return len(body["data"]["result"])


def step_of(panel: Mapping[str, Any]) -> int:
    """Seconds between two points: the width of a pixel, rounded as Grafana does, and the panel's own least."""
    least = {"1d": 86400, "1h": 3600, "1m": 60}.get(str(panel.get("interval") or ""), 1)
    width = DAYS * 86400 / POINTS
    return max(least, min(STEPS, key=lambda step: abs(step - width)))


def by_dashboard(asked: list[Asked], source: str) -> dict[str, float]:
    """Seconds of all queries of each dashboard, one after the other."""
    found: dict[str, float] = {}
    for one in asked:
        found[one.dashboard] = found.get(one.dashboard, 0.0) + (one.seconds if one.source == source else 0.0)
    return found


def report(scrapes: list[float], series: Mapping[str, int], asked: list[Asked]) -> Iterator[str]:
    """The tables of bench/README.md."""
    low, middle, high = min(scrapes), statistics.median(scrapes), max(scrapes)
    yield f"one scrape: {middle * 1e3:.0f} ms ({low * 1e3:.0f}-{high * 1e3:.0f}), limit {SCRAPE_LIMIT * 1e3:.0f} ms\n"
    yield "| dashboard | queries | Prometheus, all s | slowest query s | PostgreSQL, all s | slowest query s |"
    yield "|---|---|---|---|---|---|"
    metrics, rows = by_dashboard(asked, "prometheus"), by_dashboard(asked, "postgresql")
    for name in sorted(metrics, key=lambda one: -metrics[one]):
        mine = [one for one in asked if one.dashboard == name]
        slowest = {
            source: max((one for one in mine if one.source == source), key=lambda one: one.seconds, default=None)
            for source in ("prometheus", "postgresql")
        }
        words = [f"{one.seconds:.2f} ({one.panel})" if one is not None else "" for one in slowest.values()]
        yield f"| {name} | {len(mine)} | {metrics[name]:.2f} | {words[0]} | {rows[name]:.2f} | {words[1]} |"
    heaviest = max(metrics, key=lambda one: metrics[one])
    yield f"\n| panel of {heaviest} | seconds |\n|---|---|"
    panels: dict[str, float] = {}
    for one in asked:
        if one.dashboard == heaviest and one.source == "prometheus":
            panels[one.panel] = panels.get(one.panel, 0.0) + one.seconds
    yield from (f"| {title} | {seconds:.3f} |" for title, seconds in sorted(panels.items(), key=lambda item: -item[1]))
    yield "\n| domain | series | budget |\n|---|---|---|"
    yield from (f"| {name} | {count:,} | {BUDGET.get(name, 0):,} |" for name, count in sorted(series.items()))
    yield f"| all | {sum(series.values()):,} | {sum(BUDGET.values()):,} |"


if __name__ == "__main__":
    sys.exit(main())
