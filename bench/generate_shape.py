"""What all dashboards of the comparison have in common, whoever writes them."""

from __future__ import annotations

import json
from typing import Any, Final

BOARDS: Final = 100
PANELS: Final = 20
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def title(panel: int) -> str:
    """The title of a panel."""
    return f"Latency {panel}"


def expression(board: int, panel: int) -> str:
    """The query of a panel."""
    return (
        f'histogram_quantile(0.95, sum by (agent, le) (rate(step_{panel}_seconds_bucket{{board="{board}", tenant=~"$tenant"}}'
        "[$__rate_interval])))"
    )


def said(data: bytes) -> list[tuple[Any, ...]]:
    """What a person sees of a dashboard: title, type, place and queries of each panel, and the variables."""
    board = json.loads(data)
    seen: list[tuple[Any, ...]] = [
        (
            panel["title"], panel["type"], panel["description"], *(panel["gridPos"][side] for side in "xywh"),
            panel["fieldConfig"]["defaults"]["unit"], *((one["expr"], one["legendFormat"], one["refId"]) for one in panel["targets"]),
        )
        for panel in board["panels"]
    ]  # fmt: skip
    return [
        (board["title"], board["uid"]),
        *seen,
        *((one["name"], one["query"]) for one in board["templating"]["list"]),
    ]
