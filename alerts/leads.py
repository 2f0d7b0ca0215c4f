"""Rules for leads."""

from __future__ import annotations

from typing import Final

from alerts.rule import Alert, Group, Recording
from exporter.settings import Settings

DOMAIN: Final = "leads"

RECORDINGS: Final[tuple[Recording, ...]] = ()


def group(settings: Settings) -> Group:  # noqa: ARG001 - its alerts come
    """Recordings and alerts of leads."""
    alerts: tuple[Alert, ...] = ()
    return Group(DOMAIN, RECORDINGS, alerts)
