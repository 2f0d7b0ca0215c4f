"""Numbers of health on panels against plain SQL and Python."""

from __future__ import annotations

import pytest

from tests.kpi.rig import RANGES, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PARTS = ("database", "llm", "api")
WINDOW = "checked_at > %s AND checked_at <= %s"
SAMPLED = "sampled_at > %s AND sampled_at <= %s"


@pytest.mark.parametrize("part", PARTS)
def test_uptime(demo: Place, part: str) -> None:
    """Answered probes by probes, for three parts and three ranges."""
    for days, since in windows(demo.end):
        found = [status for (status,) in demo.rows(
            f"SELECT status FROM health_checks WHERE component = %s AND {WINDOW}", part, since, demo.end
        )]  # fmt: skip
        assert close(demo.value("health", "Uptime", days=days, part=part), found.count("up") / len(found))


@pytest.mark.parametrize(("title", "column"), [("Processor use", "cpu_ratio"), ("Memory use", "memory_ratio")])
def test_load(demo: Place, title: str, column: str) -> None:
    """The mean of the host that is busiest."""
    for days, since in windows(demo.end):
        rows = demo.rows(f"SELECT host, {column} FROM system_samples WHERE {SAMPLED}", since, demo.end)
        hosts = {host for host, _ in rows}
        means = [
            sum(value for name, value in rows if name == host) / sum(name == host for name, _ in rows) for host in hosts
        ]
        assert len(means) == 2
        assert close(demo.value("health", title, days=days), max(means))


def test_cache_hit_rate(demo: Place) -> None:
    """Hits by reads."""
    for days, since in windows(demo.end):
        ((hits, misses),) = demo.rows(
            f"SELECT sum(cache_hits), sum(cache_misses) FROM system_samples WHERE {SAMPLED}", since, demo.end
        )
        assert close(demo.value("health", "Cache hit rate", days=days), float(hits / (hits + misses)))


def test_tables_are_the_rows(demo: Place) -> None:
    """Incidents and releases of the range, newest first."""
    for days, since in windows(demo.end):
        for title, table, column in (
            ("Incidents", "incidents", "started_at"),
            ("Releases", "deployments", "deployed_at"),
        ):
            wanted = [at for (at,) in demo.rows(
                f"SELECT {column} FROM {table} WHERE {column} BETWEEN %s AND %s ORDER BY 1 DESC", since, demo.end
            )]  # fmt: skip
            assert [row[column] for row in demo.table("health", title, days=days)] == wanted


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    for days in RANGES:
        for title in ("Uptime", "Cache hit rate", "Open incidents", "Slowest part, p95"):
            assert nothing.value("health", title, days=days, now=True) is None
        assert nothing.table("health", "Incidents", days=days) == []
