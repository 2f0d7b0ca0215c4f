"""How many series a domain may have: what a scrape, a Prometheus and a page of it are laid out for.

Counted for the demo's world (12 tenants with 50 agents, 9 models, 24 campaigns, 5 channels): however many rows there are, their
number only depends on how many combinations of label values occur. What a larger installation may have follows from the caps of
labels (exporter/labels.py), beyond which values are counted together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BUDGET: Final[Mapping[str, int]] = {}
