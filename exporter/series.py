"""How many series a domain may have: what a scrape, a Prometheus and a page of it are laid out for.

Counted for the demo's world (12 tenants with 50 agents, 9 models, 24 campaigns): however many rows there are, the number only
depends on which combinations of label values occur. What a larger installation may have follows from the caps of labels
(exporter/labels.py), beyond which values are counted together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BUDGET: Final[Mapping[str, int]] = {
    "agents": 4_500, "behaviour": 4_500, "calls": 5_500, "content": 5_000, "conversations": 5_000, "cost": 1_000,
    "experiments": 500, "health": 500, "leads": 2_000, "pipeline": 12_000, "revenue": 1_000, "satisfaction": 4_000,
}  # fmt: skip
