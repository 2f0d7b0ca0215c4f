"""What a price file may hold, and how it is read and checked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from exporter.errors import PriceError
from exporter.prices import Price
from exporter.sections import Model
from exporter.tariff import UNITS


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
