"""For each alert: series under which it fires, and series under which it is silent.

Values are written as promtool reads them, one sample each 10 seconds; `+N` means that a counter grows by N with each.
All numbers are exact in binary, because promtool 2.42 compares floats exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Series = dict[str, str]

WEEK: Final = 1008
"""Ten-minute steps in a week."""


@dataclass(frozen=True)
class Case:
    """Series with which the alert fires at a time, and with which it does not."""

    fires: Series
    silent: Series | None
    at: str = "10m"
    weekly: bool = False


CALLER: Final = 'tenant="acme",agent="ann",agent_type="voice"'
CAMPAIGN: Final = 'tenant="acme",campaign="spring"'
WHO: Final = 'tenant="acme",agent_type="voice"'


def gauge(series: str, fires: str, silent: str) -> Case:
    """One series with a value for each."""
    return Case({series: fires}, {series: silent})
