"""The dashboards as a person reviews them: a line for each panel. Write it anew with GOLDEN_UPDATE=1."""

from __future__ import annotations

import os
from pathlib import Path

from dashboards.compiler.identity import walk
from tests.dashboards.conftest import Boards

GOLDEN = Path(__file__).parents[1] / "golden" / "dashboards.txt"


def digest(boards: Boards) -> str:
    """Title, type, unit and queries of every panel; variables and links of every dashboard."""
    lines: list[str] = []
    for name, board in boards.items():
        lines.append(f"## {name} - {board['title']}: {board['description']}")
        lines += [f"   ${variable['name']} = {variable['query']}" for variable in board["templating"]["list"]]
        for panel in walk(board["panels"]):
            at = panel["gridPos"]
            place = f"{at['w']}x{at['h']}+{at['x']}+{at['y']}"
            if panel["type"] == "row":
                lines.append(f"-- {panel['title']}")
                continue
            unit = panel["fieldConfig"]["defaults"].get("unit", "")
            lines.append(
                f"{panel['id']}. {panel['title']} [{panel['type']}, {unit}, {place}] {panel.get('description', '')}"
            )
            for one in panel.get("targets", ()):
                asked = f"{one['legendFormat']!r}: {one['expr']}" if "expr" in one else f"SQL: {one['rawSql']}"
                lines.append(f"     {one['refId']} {asked}")
        lines.append("")
    return "\n".join(lines)


def test_dashboards_are_as_reviewed(boards: Boards) -> None:
    """Every change of a title, unit, place or query shows in the golden digest."""
    text = digest(boards)
    if os.environ.get("GOLDEN_UPDATE"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), (
        "dashboards differ from tests/golden/dashboards.txt; see GOLDEN_UPDATE"
    )
