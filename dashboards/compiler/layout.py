"""Where panels stand: from left to right on 24 columns, rows across the whole width."""

from __future__ import annotations

from typing import Any, Final

COLUMNS: Final = 24
WIDTH: Final = 12
HEIGHT: Final = 8
SMALL_WIDTH: Final = 6
SMALL_HEIGHT: Final = 3


def place(panels: list[dict[str, Any]], top: int = 0) -> int:
    """Give a place to every panel that has none, below `top`; the first free line below them is returned.

    A panel with x and y keeps its place. Others flow in their order; a line that is not full is stretched.
    """
    line: list[dict[str, Any]] = []
    for panel in panels:
        size = panel.setdefault("gridPos", {})
        if "x" in size and "y" in size:
            top = max(_close(line, top), size["y"] + size.setdefault("h", HEIGHT))
            size.setdefault("w", WIDTH)
        elif panel.get("type") == "row":
            top = _close(line, top)
            panel["gridPos"] = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
            top += 1
        else:
            size.setdefault("h", HEIGHT)
            size["w"] = min(size.get("w", WIDTH), COLUMNS)
            if sum(other["gridPos"]["w"] for other in line) + size["w"] > COLUMNS:
                top = _close(line, top)
            line.append(panel)
        if panel.get("panels"):
            place(panel["panels"], top)
    return _close(line, top)


def stack(panels: list[dict[str, Any]], top: int = 0) -> None:
    """Where none has a place, one below the other and small: so Grafana shows what does not say where it stands."""
    placed = any({"x", "y"} & set(panel.get("gridPos") or {}) for panel in panels)
    for panel in panels:
        stack(panel.get("panels") or [], 1 + int((panel.get("gridPos") or {}).get("y", top) if placed else top))
        if placed:
            continue
        row = panel.get("type") == "row"
        panel["gridPos"] = {"x": 0, "y": top, "w": COLUMNS if row else SMALL_WIDTH, "h": 1 if row else SMALL_HEIGHT}
        top += panel["gridPos"]["h"]


def _close(line: list[dict[str, Any]], top: int) -> int:
    """Set one line of panels and empty it; the first free line below is returned."""
    if not line:
        return top
    spare, x = COLUMNS - sum(panel["gridPos"]["w"] for panel in line), 0
    for index, panel in enumerate(line):
        size = panel["gridPos"]
        size["w"] += spare // len(line) + (index < spare % len(line))
        size.update(x=x, y=top)
        x += size["w"]
    bottom: int = top + max(panel["gridPos"]["h"] for panel in line)
    line.clear()
    return bottom
