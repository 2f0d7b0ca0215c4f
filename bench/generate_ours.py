"""The dashboard of the comparison, in our house style and written out by our compiler."""

from __future__ import annotations

from bench.generate_shape import PANELS, expression, title
from dashboards import panels
from dashboards.compiler import compile_dashboard
from dashboards.query import Query


def build(number: int) -> bytes:
    """One dashboard."""
    body = [
        panels.timeseries(title(index), "Which?", "s", [Query(expression(number, index), "{{agent}}")])
        for index in range(PANELS)
    ]
    tenant = panels.variable(
        "tenant", "Tenant", "label_values(up, tenant)", dataSource=panels.DATASOURCE, multi=True, includeAll=True
    )
    return compile_dashboard(
        panels.board(
            uid=f"bench-{number}", title=f"Bench {number}", description="What?", panels=body, variables=[tenant], annotations=[],
            links=[], tags=["bench"], time_from="now-6h", time_zone="utc",
        )
    )  # fmt: skip
