"""The dashboard of the comparison, written with plain grafanalib and written out by its own encoder."""

from __future__ import annotations

import json

from grafanalib import _gen, core

from bench.generate_shape import PANELS, SOURCE, expression, title


def build(number: int) -> bytes:
    """One dashboard."""
    panels = [
        core.TimeSeries(
            title=title(index), description="Which?", dataSource=SOURCE, unit="s",
            gridPos=core.GridPos(h=8, w=12, x=12 * (index % 2), y=8 * (index // 2)),
            targets=[core.Target(expr=expression(number, index), legendFormat="{{agent}}", refId="A", datasource=SOURCE)],
        )
        for index in range(PANELS)
    ]  # fmt: skip
    tenant = core.Template(
        name="tenant", label="Tenant", query="label_values(up, tenant)", dataSource=SOURCE, includeAll=True, multi=True
    )
    board = core.Dashboard(
        title=f"Bench {number}", uid=f"bench-{number}", panels=panels, templating=core.Templating(list=[tenant]), refresh="30s",
    ).auto_panel_ids()  # fmt: skip
    return json.dumps(board.to_json_data(), sort_keys=True, indent=2, cls=_gen.DashboardEncoder).encode()
