"""Prices that changed for a time whose rows are sealed: their cost was counted with the price that held then.

Reconciliation may raise a cost that was not known then, but takes nothing back: requests counted as unpriced, a price that
was too high. Reading everything anew makes counters step, so a late price is told and a person decides when that happens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from exporter.prices import OPEN, Price

Stretch = tuple[str, float, float]
"""A price in US dollars as text, and from when to when it holds, as seconds since the epoch."""

LAST: Final = OPEN.timestamp()


class LatePrices:
    """The prices that sealed rows were counted with, and what was changed behind the horizon since. Kept in the state file."""

    def __init__(self) -> None:
        self._known: dict[str, list[Stretch]] | None = None
        self.late: set[str] = set()

    def begin(self) -> None:
        """Nothing is sealed yet: whatever holds when it will be is right."""
        self._known = None
        self.late = set()

    def look(self, prices: Iterable[Price], horizon: datetime | None) -> set[str]:
        """Compare with the prices of the last look; gives what became late. Called before rows behind it are sealed."""
        now: dict[str, list[Stretch]] = defaultdict(list)
        for price in prices:
            until = price.until.timestamp() if price.until is not None else LAST
            now[price.what].append((f"{price.usd:f}", price.since.timestamp(), until))
        before, self._known = self._known, {what: sorted(found) for what, found in now.items()}
        if before is None or horizon is None:
            return set()
        end = horizon.timestamp()
        found = {
            what
            for what in before.keys() | now.keys()
            if _until(before.get(what, []), end) != _until(self._known.get(what, []), end)
        }
        self.late |= found
        return found

    def dump(self) -> dict[str, Any]:
        """For the state file."""
        return {"known": self._known, "late": sorted(self.late)}

    def restore(self, saved: dict[str, Any]) -> None:
        """From the state file; one of an older version says nothing of prices."""
        known = saved.get("known")
        self._known = (
            None if known is None else {what: [_stretch(*one) for one in found] for what, found in known.items()}
        )
        self.late = set(saved.get("late", ()))


def _stretch(usd: str, since: float, until: float) -> Stretch:
    return usd, since, until


def _until(stretches: list[Stretch], end: float) -> list[Stretch]:
    """What holds before an instant, as far as it matters there."""
    return [(usd, since, min(until, end)) for usd, since, until in stretches if since < end]


def told(late: Iterable[str], path: object) -> str:
    """The sentence about late prices, with what to do."""
    names = sorted(late)
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (
        f"prices changed for a time whose cost is counted already ({'; '.join(names[:5])}{more}); to count it anew, stop the exporter, "
        f"delete {path} and start it again"
    )
