"""What PostgreSQL and SQLite do not write alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.computed.facts import Facts


def whole(facts: Facts, number: str) -> str:
    """A number that is not negative, cut to the whole below it."""
    return f"FLOOR({number})" if facts.dialect == "postgresql" else f"CAST({number} AS INTEGER)"
