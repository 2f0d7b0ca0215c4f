"""Numbers of agents on panels against plain SQL and Python over the raw rows."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.kpi.rig import RANGES, TENANTS, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def tasks(demo: Place, tenant: str, since: datetime, until: datetime | None = None) -> list[tuple[Any, ...]]:
    """Agent, kind, status, duration and tokens of the tasks that ended in a time."""
    return demo.rows(
        "SELECT agent, task, status, duration_seconds, tokens FROM agent_executions WHERE tenant = %s AND ended_at > %s AND ended_at <= %s",
        tenant, since, until or demo.end,
    )  # fmt: skip


def share(rows: list[tuple[Any, ...]], *words: str) -> float | None:
    """Share of tasks with these statuses."""
    known = [row for row in rows if row[2]]
    return sum(row[2] in words for row in known) / len(known) if known else None


def mean(values: list[float]) -> float | None:
    """Mean, if there is anything."""
    return math.fsum(values) / len(values) if values else None


def execution_time(rows: list[tuple[Any, ...]]) -> float | None:
    """Mean duration of completed tasks."""
    return mean([row[3] for row in rows if row[2] == "completed"])


@pytest.mark.parametrize("tenant", TENANTS)
def test_task_error_rate(demo: Place, tenant: str) -> None:
    """Failed or timed out by ended."""
    for days, since in windows(demo.end):
        expected = share(tasks(demo, tenant, since), "failed", "timeout")
        assert expected is not None
        assert close(demo.value("agents", "Task error rate", days=days, tenant=tenant), expected)


@pytest.mark.parametrize("tenant", TENANTS)
def test_execution_time(demo: Place, tenant: str) -> None:
    """Mean of completed tasks."""
    for days, since in windows(demo.end):
        expected = execution_time(tasks(demo, tenant, since))
        assert close(demo.value("agents", "Execution time", days=days, tenant=tenant), expected, within=1e-6)


@pytest.mark.parametrize("tenant", TENANTS)
def test_tasks_ended_and_growth(demo: Place, tenant: str) -> None:
    """To the unit; growth is of the last 7 days against the 7 before, whatever the range."""
    for days, since in windows(demo.end):
        now = len(tasks(demo, tenant, since))
        assert demo.value("agents", "Tasks ended", days=days, tenant=tenant) == now > 0
        week, fortnight = demo.end - timedelta(days=7), demo.end - timedelta(days=14)
        growth = len(tasks(demo, tenant, week)) / len(tasks(demo, tenant, fortnight, week)) - 1
        assert close(demo.value("agents", "Growth of tasks", days=days, tenant=tenant), growth)


@pytest.mark.parametrize("tenant", TENANTS)
def test_agents_compared(demo: Place, tenant: str) -> None:
    """Each agent's row: tasks, errors and timeouts in percent, execution time, tokens by task."""
    for days, since in windows(demo.end):
        rows = tasks(demo, tenant, since)
        for agent in {row[0] for row in rows}:
            mine = [row for row in rows if row[0] == agent]
            shown = {
                ref: demo.value("agents", "Agents compared", ref=ref, days=days, tenant=tenant, agent=agent)
                for ref in "ABCDF"
            }
            errors, late = share(mine, "failed", "timeout"), share(mine, "timeout")
            assert errors is not None
            assert late is not None
            assert shown["A"] == len(mine)
            assert close(shown["B"], 100 * errors)
            assert close(shown["C"], 100 * late)
            assert close(shown["D"], execution_time(mine), within=1e-6)
            assert shown["F"] == math.floor(sum(row[4] for row in mine) / len(mine) + 0.5)


@pytest.mark.parametrize("tenant", TENANTS)
def test_tasks_by_kind(demo: Place, tenant: str) -> None:
    """Each kind's row."""
    for days, since in windows(demo.end):
        rows = tasks(demo, tenant, since)
        shown = {
            dict(key)["task"]: value
            for key, value in demo.values("agents", "Tasks by kind", ref="B", days=days, tenant=tenant).items()
        }
        assert set(shown) == {row[1] for row in rows}
        for kind, value in shown.items():
            errors = share([row for row in rows if row[1] == kind], "failed", "timeout")
            assert errors is not None
            assert close(value, 100 * errors)


@pytest.mark.parametrize("tenant", TENANTS)
def test_agents_in_service(demo: Place, tenant: str) -> None:
    """At the end of the range, whatever its length."""
    ((count,),) = demo.rows(
        "SELECT count(*) FROM agents WHERE tenant = %s AND created_at <= %s AND (retired_at IS NULL OR retired_at > %s)",
        tenant, demo.end, demo.end,
    )  # fmt: skip
    for days in RANGES:
        assert demo.value("agents", "Agents in service", days=days, tenant=tenant) == count > 0


@pytest.mark.parametrize("tenant", TENANTS)
def test_configuration_completeness(demo: Place, tenant: str) -> None:
    """Mean over agents in service, now."""
    rows = demo.rows("SELECT configured_ratio FROM agents WHERE tenant = %s AND retired_at IS NULL", tenant)
    expected = mean([row[0] for row in rows])
    for days in RANGES:
        assert close(demo.value("agents", "Configuration completeness", days=days, now=True, tenant=tenant), expected)


@pytest.mark.parametrize("tenant", TENANTS)
def test_recommendations(demo: Place, tenant: str) -> None:
    """The table has as many rows as there are agents with something to do, by a count of the rows with plain SQL."""
    ((short,),) = demo.rows(
        "SELECT count(*) FROM agents WHERE tenant = %s AND retired_at IS NULL AND configured_ratio < 0.8", tenant
    )
    for days in RANGES:
        shown = demo.values("agents", "Recommendations", days=days, now=True, tenant=tenant)
        mine = [dict(key) for key in shown if dict(key)["rule"] == "incomplete_configuration"]
        assert len(mine) == short
        assert all(one["title"] and one["issue"] and one["action"] and one["impact"] for one in mine)
        assert all(0 < value <= 100 for value in shown.values())
        by_priority = demo.values("agents", "Recommendations by priority", days=days, now=True, tenant=tenant)
        assert sum(by_priority.values()) == len(shown)


def test_agents_on_record(demo: Place) -> None:
    """The table has every agent, and follows the filters."""
    rows = demo.table("agents", "Agents on record")
    assert len(rows) == demo.rows("SELECT count(*) FROM agents")[0][0]
    (tenant, *_) = TENANTS
    mine = demo.table("agents", "Agents on record", tenant=tenant)
    assert {row["tenant"] for row in mine} == {tenant}
    assert sorted(row["agent"] for row in mine) == sorted(
        row[0] for row in demo.rows("SELECT id FROM agents WHERE tenant = %s", tenant)
    )


PANELS = (
    "Task error rate", "Execution time", "Tasks ended", "Growth of tasks", "Agents in service", "Inactive agents",
    "Configuration completeness", "Recommendations", "Recommendations by priority", "Agents compared", "Tasks by kind",
)  # fmt: skip


@pytest.mark.parametrize("title", PANELS)
def test_without_rows_nothing_is_known(nothing: Place, title: str) -> None:
    """No answer, neither 0 nor NaN."""
    for days in RANGES:
        assert nothing.values("agents", title, days=days, now=True) == {}
    assert nothing.table("agents", "Agents on record") == []
