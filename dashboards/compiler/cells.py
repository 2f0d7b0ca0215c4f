"""How a cell of a table is drawn, from the display mode of before Grafana 10."""

from __future__ import annotations

from typing import Any, Final

CELLS: Final[dict[str, dict[str, str]]] = {
    "basic": {"type": "gauge", "mode": "basic"},
    "gradient-gauge": {"type": "gauge", "mode": "gradient"},
    "lcd-gauge": {"type": "gauge", "mode": "lcd"},
    "color-background": {"type": "color-background", "mode": "gradient"},
    "color-background-solid": {"type": "color-background", "mode": "basic"},
}


def cell_options(mode: object) -> dict[str, Any]:
    """The options of a cell; a mode that has none of its own is a type."""
    return dict(CELLS[mode]) if isinstance(mode, str) and mode in CELLS else {"type": mode}
