"""The price file: prices of models and services with the time in which each holds, for databases that have no price table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from exporter.mapping import MappingError
from exporter.sections import Model
from exporter.tariff import UNITS

MANY: Final = 2000
"""Prices of a file from which on statements become slow: each one that counts cost carries all of them."""
OPEN: Final = datetime(9999, 12, 31, tzinfo=UTC)


class PriceError(MappingError):
    """A price file is wrong; the message says where, what is wrong and what would be right."""


def _instant(value: Any) -> Any:
    """A day is the midnight in UTC with which it begins; an instant without a zone is one of UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no date; write one such as 2026-01-31") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is no date; write one such as 2026-01-31")  # noqa: TRY004 - pydantic reports this kind
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _exact(value: Any) -> Any:
    """The number as it is written: a float's shortest form, not its binary fraction."""
    return Decimal(repr(value)) if isinstance(value, float) else value


Instant = Annotated[datetime, BeforeValidator(_instant)]
Usd = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, allow_inf_nan=False)]


class PriceEntry(Model):
    """What one model or service costs in a time."""

    provider: str = ""
    model: str = Field(min_length=1)
    valid_from: Instant
    valid_to: Instant | None = None
    usd: dict[str, Usd] = Field(min_length=1)

    @model_validator(mode="after")
    def _order(self) -> PriceEntry:
        wrong = sorted(set(self.usd) - set(UNITS))
        if wrong:
            raise ValueError(f"there is no unit {', '.join(wrong)}; known are {', '.join(UNITS)}")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must be after valid_from")
        return self


class PriceFile(Model):
    """A whole price file."""

    version: Literal[1]
    prices: tuple[PriceEntry, ...]


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


def parse(text: str, source: str) -> tuple[Price, ...]:
    """The prices of a file's text, YAML or JSON; `source` names it in messages."""
    import yaml

    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        file = PriceFile.model_validate(data)
    except yaml.YAMLError as error:
        raise PriceError(f"prices {source}: this is no YAML or JSON: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False)
        )
        raise PriceError("\n".join(f"prices {source}: {problem}" for problem in problems)) from None
    return tuple(
        Price(entry.provider.strip().lower(), entry.model.strip().lower(), unit, usd, entry.valid_from, entry.valid_to)
        for entry in file.prices
        for unit, usd in entry.usd.items()
    )


def load(path: Path | None) -> tuple[Price, ...]:
    """The prices of a file; none when no file is set."""
    if path is None:
        return ()
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
