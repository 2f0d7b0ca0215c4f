"""Dashboards: every question that the catalogue answers, as panels. Nothing heavy is imported until `build`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from exporter.metric import Metric

if TYPE_CHECKING:
    from exporter.settings import Settings

Builder = Callable[["Settings"], Any]

MODULES: Final = {
    "overview": "overview",
    "executive": "executive",
    "operations": "operations",
    "client": "client",
    "calls": "calls",
    "conversations": "conversations",
    "conversation": "conversation",
    "pipeline": "pipeline",
    "agents": "agents",
    "cost": "cost",
    "revenue": "revenue",
    "roi": "roi",
    "leads": "leads",
    "satisfaction": "satisfaction",
    "content": "content",
    "behaviour": "behaviour",
    "experiments": "experiments",
    "health": "health",
    "quality": "quality",
    "alerts": "alerting",
    "exporter": "exporter",
}
"""The module of every dashboard, in the order in which they are listed."""

OPTIONAL: Final = {"slos": "slos"}
"""Dashboards that there are only when the section of the settings with the same name has something in it."""

UNCHARTED: Final[tuple[tuple[Metric, str], ...]] = ()
"""Metrics that are in no panel, each with the reason."""


def builders() -> dict[str, Builder]:
    """Every dashboard by name, the first one first."""
    return {name: import_module(f"dashboards.{module}").build for name, module in MODULES.items()}


def build(settings: Settings) -> dict[str, bytes]:
    """The dashboard files by name, such as `calls.json`; the same settings give the same bytes."""
    from dashboards.compiler import compile_dashboard

    wanted = builders() | {
        name: import_module(f"dashboards.{module}").build
        for name, module in OPTIONAL.items()
        if getattr(settings, name)
    }
    return {f"{name}.json": compile_dashboard(builder(settings)) for name, builder in wanted.items()}
