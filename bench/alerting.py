"""How long alerts take: real crossings at random moments, through Prometheus and Alertmanager to three receivers.

`python -m bench.alerting [--crossings 50] [--spread 240] [--json FILE] [--directory DIR]`. Exit code 1 when one comes late or not at all.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from alerts.rule import CRITICAL_FOR
from exporter.settings import Settings, duration
from provisioning import timing
from provisioning.routing import ROUTES
from tests.delivery.chain import Chain, chain, rule
from tests.delivery.receivers import Target

WAITS: Final = {"critical": CRITICAL_FOR, "warning": 30.0, "info": 0.0}
"""The longest `for` of critical alerts, a common one of warnings, and none of news."""
KINDS: Final = ("new", "joined")
"""An alert that opens a group of its own, and one that joins a group which has been notified already."""
RECEIVERS: Final = ("slack", "hook", "mail")
SHARDS: Final = 10
"""Targets and rule groups, each with its own phase between scrape and evaluation."""
JOINED: Final = 10
"""Alerts of a group that is joined; Slack's message names the first twenty."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A gauge that will cross its limit at a moment."""

    severity: str
    kind: str
    number: int
    at: float

    @property
    def case(self) -> str:
        """Its name in messages; no name is the beginning of another."""
        return f"{self.severity}-{self.kind}-{self.number:03d}"

    @property
    def series(self) -> str:
        """Its series on the target."""
        return f'crossing{{case="{self.case}",group="{self.group}"}}'

    @property
    def group(self) -> str:
        """The alert name, by which messages are grouped."""
        number = self.number if self.kind == "new" else self.number // JOINED
        return f"{self.kind.title()}{self.severity.title()}{number:03d}"

    @property
    def shard(self) -> int:
        """Its target."""
        return self.number % SHARDS


def plan(count: int, spread: float, seed: int) -> list[Crossing]:
    """Crossings at random moments, sorted by them."""
    chosen = random.Random(seed)
    made = [
        Crossing(severity, kind, number, chosen.uniform(0, spread))
        for severity in WAITS
        for kind in KINDS
        for number in range(count)
    ]
    return sorted(made, key=lambda item: item.at)


def rules(crossings: Iterable[Crossing]) -> dict[str, list[dict[str, Any]]]:
    """A rule for each alert name, in groups with phases of their own; those to be joined fire from the start."""
    names = {item.group: item.severity for item in crossings}
    groups: dict[str, list[dict[str, Any]]] = {f"shard{number}": [] for number in range(SHARDS)}
    for index, (name, severity) in enumerate(sorted(names.items())):
        wait = WAITS[severity]
        expr = f'crossing{{group="{name}"}} == 1'
        groups[f"shard{index % SHARDS}"].append(rule(name, severity, expr, wait=duration(wait) if wait else ""))
    return groups


def jobs(target: Target) -> list[dict[str, Any]]:
    """Ten targets of one server."""
    made = [
        {"targets": [f"127.0.0.1:{target.port}"], "labels": {"__metrics_path__": f"/{number}", "instance": str(number)}}
        for number in range(SHARDS)
    ]
    return [{"job_name": "crossings", "static_configs": made}]


def measure(running: Chain, crossings: list[Crossing]) -> dict[str, float]:
    """Let every gauge cross at its moment; returns when each really did."""
    openers = {item.group: item for item in crossings if item.kind == "joined"}
    for item in crossings:
        running.target.set(item.series, 0, str(item.shard))
    for name in openers:
        running.target.set(f'crossing{{case="opener",group="{name}"}}', 1, "0")
    for receiver in RECEIVERS:
        for name in openers:
            running.wait_for(receiver, name, 120)
    start, times = time.time() + 30, {}
    for item in crossings:
        time.sleep(max(0.0, start + item.at - time.time()))
        times[item.case] = running.target.set(item.series, 1, str(item.shard))
    limit = max(timing.bound(running.settings, severity, wait).total for severity, wait in WAITS.items())
    time.sleep(limit + 15)
    return times


def delays(running: Chain, crossings: list[Crossing], times: dict[str, float]) -> Iterator[dict[str, Any]]:
    """A row for each severity, kind and receiver."""
    for severity, wait in WAITS.items():
        bound = timing.bound(running.settings, severity, wait).total
        for kind in KINDS:
            for receiver in RECEIVERS:
                chosen = [item for item in crossings if (item.severity, item.kind) == (severity, kind)]
                found = [_first(running, receiver, item, times[item.case]) for item in chosen]
                came = [delay for delay in found if delay is not None]
                yield {
                    "severity": severity, "for": wait, "group": kind, "receiver": receiver, "crossings": len(chosen),
                    "lost": len(found) - len(came),
                    "min": round(min(came), 2), "median": round(median(came), 2), "max": round(max(came), 2),
                    "bound": bound, "limit": timing.LIMITS[severity],
                    "kept": len(came) == len(found) and max(came) <= min(bound, timing.LIMITS[severity]),
                }  # fmt: skip


def _first(running: Chain, receiver: str, item: Crossing, since: float) -> float | None:
    found = [message.time for message in running.messages(receiver, item.case, since)]
    return min(found) - since if found else None


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The rows for people."""
    lines = [
        "| severity | for | group | receiver | crossings | lost | min s | median s | max s | bound s | limit s | |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['severity']} | {row['for']:g} | {row['group']} | {row['receiver']} | {row['crossings']} | {row['lost']} | "
        f"{row['min']:.1f} | {row['median']:.1f} | {row['max']:.1f} | {row['bound']:g} | {row['limit']:g} | "
        f"{'kept' if row['kept'] else 'MISSED'} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--crossings", type=int, default=50)
    parser.add_argument("--spread", type=float, default=240.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--directory", type=Path)
    given = parser.parse_args()
    crossings = plan(given.crossings, given.spread, given.seed)
    folder = given.directory or Path(tempfile.mkdtemp(prefix="watchfloor-bench-"))
    with chain(folder, rules(crossings), jobs=jobs) as running:
        times = measure(running, crossings)
        rows = list(delays(running, crossings, times))
    print(table(rows))
    if given.json:
        intervals = Settings().stack.model_dump(include={"scrape_interval", "scrape_timeout", "evaluation_interval"})
        routes = {route.severity: asdict(route) for route in ROUTES}
        given.json.write_text(json.dumps({"intervals": intervals, "routes": routes, "rows": rows}, indent=1) + "\n")
    return 0 if all(row["kept"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
