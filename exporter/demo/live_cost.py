"""What the demo's providers say of the cost of a request: most name it, one leaves it to the price table, one has no price."""

from __future__ import annotations

from typing import Any, Final

from exporter.demo.world import Model

UNRECORDED: Final = "deepseek"
"""The provider that names no cost per request."""


def recorded(model: Model, cost: float | None) -> dict[str, Any]:
    """The columns of a request's cost."""
    if model.provider == UNRECORDED:
        return {"cost_usd": None, "unpriced_reason": None}
    return {"cost_usd": cost, "unpriced_reason": "no_price" if cost is None else None}
