"""Alertmanager configurations of other origin."""

from __future__ import annotations

from generator.importing.record import Found, Made, Refusal


def make(found: Found, origin: str) -> Made:
    """The configuration, or a refusal."""
    raise Refusal(f"Alertmanager configurations are not imported yet ({origin}, {found.hints.name})")
