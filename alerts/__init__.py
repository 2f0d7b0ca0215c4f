"""Recording rules and alerts by domain, with runbooks."""

from __future__ import annotations

from typing import Final

from alerts import calls, conversations, exporter, pipeline
from alerts.rule import Group, Recording
from exporter.settings import Settings

DOMAINS: Final = (calls, conversations, pipeline, exporter)
RECORDINGS: Final[tuple[Recording, ...]] = (*calls.RECORDINGS, *conversations.RECORDINGS, *pipeline.RECORDINGS)


def build(settings: Settings) -> tuple[Group, ...]:
    """Every rule group, with the names and limits that the settings give."""
    return tuple(domain.group(settings) for domain in DOMAINS)
