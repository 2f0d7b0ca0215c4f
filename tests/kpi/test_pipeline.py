"""Numbers of the pipeline on panels against plain SQL."""

from __future__ import annotations

from typing import Final

import pytest

from tests.kpi.rig import TENANTS, Place, close, windows
from tests.kpi.rows import Check, agree, unknown

pytestmark = [pytest.mark.stack, pytest.mark.slow]

FAILED: Final = "SELECT avg((status = 'error')::int) FROM {table} WHERE {{ended_at}}"
CHECKS: Final = {
    "model errors": Check("pipeline", "Model error rate", FAILED.format(table="llm_requests")),
    "interrupted turns": Check(
        "pipeline", "Interrupted turns", "SELECT avg(interrupted::int) FROM turns WHERE {ended_at}"
    ),
    "tokens each": Check(
        "pipeline",
        "Tokens per conversation",
        """SELECT sum(input_tokens + cached_input_tokens + output_tokens + reasoning_tokens)::float
           / (SELECT count(*) FROM agent_conversations WHERE {ended_at}) FROM llm_requests WHERE {ended_at}""",
    ),
    "unpriced": Check(
        "overview",
        "Unpriced requests",
        "SELECT avg((unpriced_reason IS NOT NULL)::int) FROM llm_requests WHERE {ended_at}",
    ),
    "slow": Check(
        "pipeline",
        "Slow responses",
        "SELECT avg((latency_seconds > 5)::int) FROM turns WHERE {ended_at} AND NOT interrupted AND latency_seconds IS NOT NULL",
    ),
}


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("name", CHECKS)
def test_numbers_are_those_of_the_rows(demo: Place, name: str, tenant: str) -> None:
    """Over each range."""
    agree(demo, CHECKS[name], tenant)


@pytest.mark.parametrize("tenant", TENANTS)
def test_errors_by_model(demo: Place, tenant: str) -> None:
    """Each model has its own share."""
    for days, since in windows(demo.end):
        rows = demo.rows(
            """SELECT model, 100.0 * avg((status = 'error')::int) FROM llm_requests
               WHERE tenant = %s AND ended_at > %s AND ended_at <= %s GROUP BY 1""",
            tenant, since, demo.end,
        )  # fmt: skip
        found = demo.values("pipeline", "Models", ref="C", days=days, tenant=tenant)
        shown = {dict(key)["model"]: value for key, value in found.items()}
        assert set(shown) == {model for model, _ in rows}
        assert all(close(shown[model], float(share)) for model, share in rows)


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    unknown(nothing, CHECKS)
    assert nothing.values("pipeline", "Models", ref="C", now=True) == {}
