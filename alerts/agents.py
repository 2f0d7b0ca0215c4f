"""Rules for agents."""

from __future__ import annotations

from typing import Final

from alerts.rule import Alert, Group, Recording
from exporter.settings import Settings

DOMAIN: Final = "agents"

RECORDINGS: Final[tuple[Recording, ...]] = ()


def group(settings: Settings) -> Group:  # noqa: ARG001 - its alerts come
    """Recordings and alerts of agents."""
    alerts: tuple[Alert, ...] = ()
    return Group(DOMAIN, RECORDINGS, alerts)
