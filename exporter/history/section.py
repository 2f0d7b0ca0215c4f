"""The section `history` of the settings."""

from __future__ import annotations

from typing import Final

from pydantic import Field, field_validator, model_validator

from exporter.sections import Model, Seconds


class HistoryStep(Model):
    """How far apart samples of the past are, up to an age."""

    age: Seconds | None = Field(None, gt=0, description="Up to this age; without it, of any age.", examples=["2h"])
    step: Seconds = Field(gt=0, description="Time between two samples; a day is a multiple of it.", examples=["1m"])

    @field_validator("step")
    @classmethod
    def _whole(cls, value: float) -> float:
        if value % 1 or 86400 % value:
            raise ValueError("a day must be a multiple of it; write 1m, 5m, 15m, 1h, 6h or 1d, for example")
        return value


class History(Model):
    """The past that `watchfloor backfill` computes."""

    since: Seconds | None = Field(
        None, gt=0, description="How far back to go; retention_days if not set.", examples=["90d"]
    )
    steps: tuple[HistoryStep, ...] = Field(
        (), description="Time between samples by age, the youngest first; chosen by the number of series if not set."
    )
    most_samples: int = Field(
        30_000_000,
        ge=1,
        description="About how many samples steps that are not set may come to.",
        examples=[100_000_000],
    )

    @model_validator(mode="after")
    def _grow(self) -> History:
        if not self.steps:
            return self
        ages = [one.age for one in self.steps]
        known = [age for age in ages[:-1] if age is not None]
        if ages[-1] is not None or len(known) != len(ages) - 1 or sorted(set(known)) != known:
            raise ValueError("steps: ages must grow, and only the last step, for everything older, has none")
        return self


def _steps(*pairs: tuple[float | None, float]) -> tuple[HistoryStep, ...]:
    return tuple(HistoryStep(age=age, step=step) for age, step in pairs)


MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0
RECENT: Final = ((6 * HOUR, 5 * MINUTE), (DAY, 15 * MINUTE), (2 * DAY, 30 * MINUTE))
LADDER: Final = (
    _steps((2 * DAY, MINUTE), (30 * DAY, 5 * MINUTE), (None, HOUR)),
    _steps((6 * HOUR, MINUTE), (2 * DAY, 5 * MINUTE), (7 * DAY, 15 * MINUTE), (30 * DAY, 30 * MINUTE), (None, HOUR)),
    _steps((3 * HOUR, MINUTE), (DAY, 5 * MINUTE), (7 * DAY, 15 * MINUTE), (30 * DAY, HOUR), (None, 3 * HOUR)),
    _steps(
        (2 * HOUR, MINUTE),
        (12 * HOUR, 5 * MINUTE),
        (DAY, 15 * MINUTE),
        (7 * DAY, 30 * MINUTE),
        (21 * DAY, HOUR),
        (None, 6 * HOUR),
    ),
    _steps((HOUR, MINUTE), *RECENT, (7 * DAY, HOUR), (None, 6 * HOUR)),
    _steps((HOUR, MINUTE), *RECENT, (7 * DAY, 2 * HOUR), (90 * DAY, 6 * HOUR), (None, 12 * HOUR)),
    _steps(*RECENT, (7 * DAY, 2 * HOUR), (30 * DAY, 6 * HOUR), (None, 12 * HOUR)),
    _steps(*RECENT, (7 * DAY, 2 * HOUR), (30 * DAY, 6 * HOUR), (None, DAY)),
    _steps((6 * HOUR, HOUR), (None, DAY)),
)
"""Steps from fine to coarse. All but the last have samples wherever graphs of six hours, one or two days, a week, a month and a
year ask for them, with as many points as `dashboards.panels.POINTS`."""
