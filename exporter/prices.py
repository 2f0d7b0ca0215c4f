"""The price file: prices of models and services with the time in which each holds, for databases that have no price table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from exporter.errors import PriceError

MANY: Final = 2000
"""Prices of a file from which on statements become slow: each one that counts cost carries all of them."""
OPEN: Final = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Price:
    """One price: of a unit of a model, from an instant to another (unset: for good)."""

    provider: str
    model: str
    unit: str
    usd: Decimal
    since: datetime
    until: datetime | None

    @property
    def what(self) -> str:
        """What it is the price of, for messages."""
        return f"{self.provider or 'any provider'}, {self.model}, {self.unit}"


def load(path: Path | None) -> tuple[Price, ...]:
    """The prices of a file; none when no file is set."""
    if path is None:
        return ()
    from exporter.pricefile import parse

    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise PriceError(f"prices.file: cannot read {path}: {reason}") from None


def overlaps(prices: tuple[Price, ...]) -> Iterator[str]:
    """Sentences about prices of one thing that hold at the same time; the one that began last is taken."""
    last: dict[str, Price] = {}
    for price in sorted(prices, key=lambda one: (one.what, one.since)):
        before = last.get(price.what)
        if before is not None and price.since < (before.until or OPEN):
            yield (
                f"two prices of {price.what} hold from {price.since:%Y-%m-%d}: {before.usd} since {before.since:%Y-%m-%d} and "
                f"{price.usd}; the later one is taken: end the other one with valid_to"
            )
        if before is None or (price.until or OPEN) >= (before.until or OPEN):
            last[price.what] = price
