"""What the demo's providers say of cost: most name it, one leaves it to the price table, one has no price."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from exporter.demo.world import Model

UNRECORDED: Final = "deepseek"
"""The provider that names no cost per request."""


def recorded(model: Model, cost: float | None) -> dict[str, Any]:
    """The columns of a request's cost."""
    if model.provider == UNRECORDED:
        return {"cost_usd": None, "unpriced_reason": None}
    return {"cost_usd": cost, "unpriced_reason": "no_price" if cost is None else None}


def call(random: Random, talk: float) -> tuple[float | None, float | None]:
    """Cost and billed seconds of a call: as in history.sql, the carrier names only the time of some, and neither of a few."""
    chance = random.random() if talk else 0.0
    return round(talk / 60 * 0.0085, 6) if chance < 0.99 else None, round(talk, 3) if chance < 0.998 else None
