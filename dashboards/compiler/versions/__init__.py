"""Dashboards of older schema versions, brought to the last one step by step; each step changes what its version changed.

What each version changed was read from documentation and from dashboards of the time. Steps only touch what has the shape
they know, so that a dashboard without a version passes through all of them unharmed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dashboards.compiler.read import number
from dashboards.compiler.versions import early, links, middle, queries, recent, rows, variables

Step = Callable[[dict[str, Any]], None]

STEPS: Final[tuple[tuple[int, Step], ...]] = (
    (2, early.services), (2, early.old_axes), (4, early.alias_axis), (6, early.pulldowns), (6, variables.types),
    (7, early.time_picker), (8, queries.influx), (9, early.stat_thresholds), (10, early.style_thresholds),
    (12, variables.flags), (12, early.axes), (16, rows.grid), (17, middle.per_row),
    (18, middle.gauge), (19, links.upgrade), (20, links.variables), (21, links.labels),
    (23, variables.multi), (24, middle.old_table), (26, middle.words), (27, middle.copies), (27, variables.constants),
    (28, variables.tags), (29, variables.refresh), (30, recent.mappings_step), (30, recent.tooltip), (31, recent.merge),
    (34, queries.cloudwatch), (35, recent.time_axis), (36, recent.source), (37, recent.legend), (38, recent.cells), (39, recent.time_series_table),
    (42, recent.hidden),
)  # fmt: skip
"""The version that a step leads to, and the step."""


def upgrade(data: dict[str, Any]) -> int:
    """Bring a dashboard to the last version in place; its version before is returned, 0 when it names none."""
    version = int(number(data.get("schemaVersion")) or 0)
    for target, step in STEPS:
        if version < target:
            step(data)
    return version
