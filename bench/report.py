"""The result: a table for people, the same as JSON, and what the targets say."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

from bench.subjects import Subject


@dataclass(frozen=True, slots=True)
class Target:
    """One promise, what was measured, and whether it is kept."""

    what: str
    measured: float
    limit: float
    at_least: bool

    @property
    def kept(self) -> bool:
        """Whether the measured number is on the right side."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that one run measured. Times are in seconds."""

    subjects: Sequence[Subject]
    background: dict[str, float]
    start: list[float]
    herd: tuple[int, int]
    render: tuple[list[float], list[float], list[float]]
    help: list[float]


def middle(subject: Subject, what: str) -> float:
    """Median of one cost of a subject's scrapes."""
    return float(median(getattr(scrape, what) for scrape in subject.scrapes))


PEERS: Final = {"query-exporter": (200, 75), "postgres_exporter": (130, 50)}
"""How many times better our latency is, with 60 s and with 600 s of recent rows."""


def targets(numbers: Numbers) -> list[Target]:
    """What the exporter promises for the largest table."""
    most = max(subject.rows for subject in numbers.subjects)
    least = min(subject.rows for subject in numbers.subjects)
    by = {(subject.name, subject.rows): subject for subject in numbers.subjects}
    found = []
    for place, settle in enumerate((60, 600)):
        own = by[f"watchfloor settle {settle} s", most]
        for peer, factors in PEERS.items():
            times = middle(by[peer, most], "latency") / middle(own, "latency")
            found.append(
                Target(f"latency, settle {settle} s: times better than {peer}", times, factors[place], at_least=True)
            )
            cpu = middle(by[peer, most], "postgres_cpu") / middle(own, "postgres_cpu")
            found.append(Target(f"PostgreSQL CPU, settle {settle} s: times less than {peer}", cpu, 200, at_least=True))
        if least < most:
            growth = middle(own, "latency") / middle(by[own.name, least], "latency")
            found.append(
                Target(f"latency, settle {settle} s: {most:,} rows to {least:,} rows", growth, 1.1, at_least=False)
            )
        memory = max(scrape.memory for scrape in own.scrapes) / 1e6
        found.append(Target(f"memory, settle {settle} s: MB", memory, 100, at_least=False))
    one, many = numbers.herd
    whole, _, client = numbers.render
    return [
        *found,
        Target("start with state to first scrape: s", median(numbers.start), 1.0, at_least=False),
        Target("ten scrapers at once: sets of statements", many / one, 1.0, at_least=False),
        Target(
            "rendering 10,000 series: times faster than prometheus_client",
            median(client) / median(whole),
            25,
            at_least=True,
        ),
        Target("watchfloor --help: s", median(numbers.help), 0.2, at_least=False),
    ]


def table(numbers: Numbers) -> str:
    """Medians of every subject, with the least and the greatest latency."""
    rows = [
        (
            "exporter",
            "rows",
            "latency ms (min-max)",
            "exporter CPU ms",
            "PostgreSQL CPU ms",
            "memory MB",
            "wire kB",
            "series",
        )
    ]
    for subject in numbers.subjects:
        latencies = [scrape.latency * 1e3 for scrape in subject.scrapes]
        rows.append((
            subject.name, f"{subject.rows:,}", f"{median(latencies):.1f} ({min(latencies):.1f}-{max(latencies):.1f})",
            f"{middle(subject, 'exporter_cpu') * 1e3:.1f}", f"{middle(subject, 'postgres_cpu') * 1e3:.1f}",
            f"{max(scrape.memory for scrape in subject.scrapes) / 1e6:.1f}", f"{middle(subject, 'wire') / 1e3:.0f}",
            f"{middle(subject, 'series'):.0f}",
        ))  # fmt: skip
    whole, part, client = numbers.render
    lines = [
        _table(rows),
        "",
        f"start with state {_spread(numbers.start)}; statements of one scrape {numbers.herd[0]}, of ten at once {numbers.herd[1]}",
        f"rendering 10,000 series: all changed {_spread(whole)}, a fifth changed {_spread(part)}, prometheus_client {_spread(client)}",
        f"--help {_spread(numbers.help)}",
        "sealing in the background, PostgreSQL CPU ms per second: "
        + ", ".join(f"{name} {share * 1e3:.2f}" for name, share in numbers.background.items()),
        "",
        _table([("target", "measured", "limit", ""), *(_line(target) for target in targets(numbers))]),
    ]
    return "\n".join(lines)


def _line(target: Target) -> tuple[str, str, str, str]:
    sign = ">=" if target.at_least else "<="
    return target.what, f"{target.measured:.3g}", f"{sign} {target.limit:g}", "pass" if target.kept else "FAIL"


def _spread(values: list[float]) -> str:
    return f"{median(values) * 1e3:.1f} ms ({min(values) * 1e3:.1f}-{max(values) * 1e3:.1f})"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def document(numbers: Numbers, versions: dict[str, str]) -> dict[str, Any]:
    """The same as data, with the facts of the machine."""
    machine = {
        "processor": _processor(), "cores": os.cpu_count(), "memory_bytes": psutil.virtual_memory().total,
        "system": platform.platform(), "python": platform.python_version(), "load": os.getloadavg(), **versions,
    }  # fmt: skip
    return {
        "machine": machine,
        "subjects": [
            {"name": subject.name, "rows": subject.rows, "scrapes": [asdict(scrape) for scrape in subject.scrapes]}
            for subject in numbers.subjects
        ],
        "background_postgres_cpu_per_second": numbers.background,
        "start_with_state": numbers.start,
        "statements": {"one_scrape": numbers.herd[0], "ten_scrapers": numbers.herd[1]},
        "rendering": dict(zip(("all_changed", "fifth_changed", "prometheus_client"), numbers.render, strict=True)),
        "help": numbers.help,
        "targets": [{**asdict(target), "kept": target.kept} for target in targets(numbers)],
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def differences(found: Iterable[tuple[str, dict[str, float]]], say: Callable[[str], object]) -> bool:
    """Whether exporters disagree about what is in a table; sums of fractions may differ in their last places.

    query-exporter keeps the last value of a gauge whose row is gone, so its active calls are not compared.
    """
    named = list(found)
    first, expected = named[0]
    wrong = False
    for name, totals in named[1:]:
        for what, value in totals.items():
            stale = name == "query-exporter" and what == "active"
            if not stale and abs(value - expected[what]) > 1e-9 * max(1.0, abs(value)):
                say(f"{what}: {first} says {expected[what]!r}, {name} says {value!r}")
                wrong = True
    return wrong
