"""Dashboards: every question that the catalogue answers, as panels. Nothing heavy is imported until `build`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from exporter.metric import Metric

if TYPE_CHECKING:
    from exporter.settings import Settings

Builder = Callable[["Settings"], Any]

UNCHARTED: Final[tuple[tuple[Metric, str], ...]] = ()
"""Metrics that are in no panel, each with the reason."""


def builders() -> dict[str, Builder]:
    """Every dashboard by name, the first one first."""
    from dashboards import calls, conversations, cost, exporter, health, overview, pipeline, reconciliation

    return {
        "overview": overview.build,
        "calls": calls.build,
        "conversations": conversations.build,
        "pipeline": pipeline.build,
        "cost": cost.build,
        "health": health.build,
        "exporter": exporter.build,
        "reconciliation": reconciliation.build,
    }


def build(settings: Settings) -> dict[str, bytes]:
    """The dashboard files by name, such as `calls.json`; the same settings give the same bytes."""
    from dashboards.compiler import compile_dashboard

    return {f"{name}.json": compile_dashboard(builder(settings)) for name, builder in builders().items()}
