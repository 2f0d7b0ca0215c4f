"""Rules for cost."""

from __future__ import annotations

from typing import Final

from alerts.rule import Alert, Group, Recording
from exporter.settings import Settings

DOMAIN: Final = "cost"

RECORDINGS: Final[tuple[Recording, ...]] = ()


def group(settings: Settings) -> Group:  # noqa: ARG001 - its alerts come
    """Recordings and alerts of cost."""
    alerts: tuple[Alert, ...] = ()
    return Group(DOMAIN, RECORDINGS, alerts)
