"""What all domains cost on a running stack: `python -m bench.domains --exporter URL --prometheus URL [--viewer URL]`.

Every query of every panel is asked as Grafana asks it for the last 30 days with all filters at All: one number at the end
of the range, or a graph with a point for each pixel of a panel 1000 pixels wide. Time on the clock and processor time are
told: of Prometheus, and of the connection to PostgreSQL with its parallel workers. What a person waits for is told beside: all
queries for Prometheus six at a time, as many as a browser sends. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests

import dashboards
from bench.macros import filled, macros
from bench.processor import Backend, Scraped, listener
from bench.server import cpu_seconds
from dashboards.compiler.identity import walk
from exporter.series import BUDGET
from exporter.settings import Settings

DAYS: Final = 30
POINTS: Final = 1000
STEPS: Final = (10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Steps that Grafana rounds to, in seconds."""
AT_ONCE: Final = 6
"""Connections that browsers make to one server."""

SCRAPE: Final = 10
SCRAPE_LIMIT: Final = 0.5
DASHBOARD_LIMIT: Final = 2.0
STATEMENT_LIMIT: Final = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel and how long its answers took: the median on the clock, the longest, the median of the processor."""

    dashboard: str
    panel: str
    ref: str
    source: str
    seconds: float
    slowest: float
    processor: float
    answers: int


@dataclass(frozen=True, slots=True)
class Took:
    """What one answer took: seconds on the clock and of the processor, and how many series or rows came."""

    seconds: float
    processor: float
    answers: int


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one scrape took: seconds on the clock, of the exporter's processor time and of its connections' to PostgreSQL."""

    seconds: float
    exporter: float
    database: float


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
    parts = Scraped(listener(stack.exporter))
    scrapes = [scrape(stack, parts) for _ in range(options.scrapes)]
    series = domains(stack)
    asked = [one for name in boards() for one in dashboard(stack, name, options.rounds)]
    pages = {name: page(stack, name, options.rounds) for name in boards()}
    print("\n".join(report(scrapes, series, asked, pages)))
    if options.json is not None:
        found = {
            "scrapes": [asdict(one) for one in scrapes],
            "series": series,
            "queries": [asdict(one) for one in asked],
            "pages": pages,
        }
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    totals = by_dashboard(asked, "prometheus")
    kept = max(one.seconds for one in scrapes) < SCRAPE_LIMIT and max(totals.values()) < DASHBOARD_LIMIT
    kept &= all(one.seconds < STATEMENT_LIMIT for one in asked if one.source == "postgresql")
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


def scrape(stack: Stack, parts: Scraped) -> Scrape:
    """From the request to the last byte; apart by more than what one run serves again."""
    time.sleep(0.2)
    before = parts.seconds()
    begun = time.perf_counter()
    answer = requests.get(stack.exporter, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=60)
    answer.raw.read()
    seconds = time.perf_counter() - begun
    exporter, database = (after - old for after, old in zip(parts.seconds(), before, strict=True))
    return Scrape(seconds, exporter, database)


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
    times: list[list[Took]] = [[] for _ in targets]
    for _ in range(rounds):
        for place, (panel, target) in enumerate(targets):
            times[place].append(ask(stack, board, panel, target))
    for (panel, target), taken in zip(targets, times, strict=True):
        source = "prometheus" if "expr" in target else "postgresql"
        seconds = [one.seconds for one in taken]
        processor = statistics.median(one.processor for one in taken)
        answers, where = taken[-1].answers, (name, panel["title"], target["refId"], source)
        yield Asked(*where, statistics.median(seconds), max(seconds), processor, answers)


def page(stack: Stack, name: str, rounds: int) -> float:
    """Seconds until all queries for Prometheus are answered, the median of some rounds."""
    board, times = boards()[name], list[float]()
    asked = [
        (panel, target) for panel in walk(board["panels"]) for target in panel.get("targets", ()) if "expr" in target
    ]
    for _ in range(rounds):
        prepared = [given(board, panel, target) for panel, target in asked]
        begun = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as browser:
            answers = list(
                browser.map(
                    lambda one: requests.post(f"{stack.prometheus}/api/v1/{one[0]}", data=one[1], timeout=120), prepared
                )
            )
        times.append(time.perf_counter() - begun)
        for answer in answers:
            answer.raise_for_status()
    return statistics.median(times)


def given(board: Mapping[str, Any], panel: Mapping[str, Any], target: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The endpoint of Prometheus for a query of the last days, and what it is given."""
    end, step = datetime.now(UTC), step_of(panel)
    query = {"query": filled(target["expr"], board, DAYS, step, SCRAPE)}
    if target.get("instant"):
        return "query", query | {"time": repr(end.timestamp())}
    start = end - timedelta(days=DAYS)
    return "query_range", query | {"start": repr(start.timestamp()), "end": repr(end.timestamp()), "step": str(step)}


def ask(stack: Stack, board: Mapping[str, Any], panel: Mapping[str, Any], target: Mapping[str, Any]) -> Took:
    """Ask one query. Grafana keeps its connections to PostgreSQL, so making one is not counted."""
    if "rawSql" in target:
        end, text = datetime.now(UTC), filled(target["rawSql"], board, DAYS, step_of(panel), SCRAPE)
        return statement(stack, macros(text, end - timedelta(days=DAYS), end))
    what, data = given(board, panel, target)
    server = listener(stack.prometheus)
    used, begun = cpu_seconds(server), time.perf_counter()
    answer = requests.post(f"{stack.prometheus}/api/v1/{what}", data=data, timeout=120)
    seconds, processor = time.perf_counter() - begun, cpu_seconds(server) - used
    body = answer.json()
    if body["status"] != "success":
        raise SystemExit(f"{board['title']}, {panel['title']}: {body.get('error')}: {data['query']}")
    return Took(seconds, processor, len(body["data"]["result"]))


def statement(stack: Stack, text: str) -> Took:
    """Ask PostgreSQL."""
    import psycopg

    assert stack.viewer is not None
    with psycopg.connect(stack.viewer) as connection:
        backend = Backend(connection, listener(stack.viewer))
        used, begun = backend.seconds(), time.perf_counter()
        rows = connection.execute(text.encode()).fetchall()
        return Took(time.perf_counter() - begun, backend.seconds() - used, len(rows))


def step_of(panel: Mapping[str, Any]) -> int:
    """Seconds between two points: the width of a pixel, rounded as Grafana does, and the panel's own least."""
    least = {"1d": 86400, "1h": 3600, "1m": 60}.get(str(panel.get("interval") or ""), 1)
    width = DAYS * 86400 / min(POINTS, panel.get("maxDataPoints", POINTS))
    return max(least, min(STEPS, key=lambda step: abs(step - width)))


def by_dashboard(asked: list[Asked], source: str, what: str = "seconds") -> dict[str, float]:
    """Seconds of all queries of each dashboard, one after the other."""
    found: dict[str, float] = {}
    for one in asked:
        found[one.dashboard] = found.get(one.dashboard, 0.0) + (getattr(one, what) if one.source == source else 0.0)
    return found


def report(
    scrapes: list[Scrape], series: Mapping[str, int], asked: list[Asked], pages: Mapping[str, float]
) -> Iterator[str]:
    """The tables of bench/README.md."""
    seconds = [one.seconds * 1e3 for one in scrapes]
    yield (
        f"one scrape: {statistics.median(seconds):.0f} ms ({min(seconds):.0f}-{max(seconds):.0f}), limit {SCRAPE_LIMIT * 1e3:.0f} ms; "
        f"processor time of the exporter {statistics.median(one.exporter for one in scrapes) * 1e3:.0f} ms, "
        f"of PostgreSQL {statistics.median(one.database for one in scrapes) * 1e3:.0f} ms\n"
    )
    yield (
        "| dashboard | queries | as a page s | Prometheus, all s | processor s | slowest query s "
        "| PostgreSQL, all s | processor s | slowest query s |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    metrics = by_dashboard(asked, "prometheus")
    for name in sorted(metrics, key=lambda one: -metrics[one]):
        mine = [one for one in asked if one.dashboard == name]
        words = [word for source in ("prometheus", "postgresql") for word in _words(mine, source)]
        yield f"| {name} | {len(mine)} | {pages[name]:.2f} | {' | '.join(words)} |"
    yield from _heaviest(asked, max(metrics, key=lambda one: metrics[one]))
    slow = sorted((one for one in asked if one.source == "postgresql"), key=lambda one: -one.seconds)[:8]
    yield "\n| slowest statements of PostgreSQL | dashboard | s | longest s | processor s |\n|---|---|---|---|---|"
    yield from (
        f"| {one.panel} | {one.dashboard} | {one.seconds:.2f} | {one.slowest:.2f} | {one.processor:.2f} |"
        for one in slow
    )
    yield "\n| domain | series | budget |\n|---|---|---|"
    yield from (f"| {name} | {count:,} | {BUDGET.get(name, 0):,} |" for name, count in sorted(series.items()))
    yield f"| all | {sum(series.values()):,} | {sum(BUDGET.values()):,} |"


def _words(asked: list[Asked], source: str) -> Iterator[str]:
    """Cells of a dashboard about one of the two sources; empty without a query of it."""
    mine = [one for one in asked if one.source == source]
    if not mine:
        yield from ("", "", "")
        return
    slowest = max(mine, key=lambda one: one.seconds)
    yield f"{sum(one.seconds for one in mine):.2f}"
    yield f"{sum(one.processor for one in mine):.2f}"
    yield f"{slowest.seconds:.2f} ({slowest.panel})"


def _heaviest(asked: list[Asked], dashboard: str) -> Iterator[str]:
    yield f"\n| panel of {dashboard} | s | processor s |\n|---|---|---|"
    panels: dict[str, tuple[float, float]] = {}
    for one in asked:
        if one.dashboard == dashboard and one.source == "prometheus":
            seconds, processor = panels.get(one.panel, (0.0, 0.0))
            panels[one.panel] = seconds + one.seconds, processor + one.processor
    for title, (seconds, processor) in sorted(panels.items(), key=lambda item: -item[1][0]):
        yield f"| {title} | {seconds:.3f} | {processor:.3f} |"


if __name__ == "__main__":
    sys.exit(main())
