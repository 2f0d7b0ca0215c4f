"""The section `history` of the settings."""

from __future__ import annotations

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
        (
            HistoryStep(age=7200, step=60),
            HistoryStep(age=86400, step=300),
            HistoryStep(age=7 * 86400, step=3600),
            HistoryStep(age=60 * 86400, step=21600),
            HistoryStep(age=None, step=43200),
        ),
        min_length=1,
        description="Time between samples by age, the youngest first.",
    )

    @model_validator(mode="after")
    def _grow(self) -> History:
        ages = [one.age for one in self.steps]
        known = [age for age in ages[:-1] if age is not None]
        if ages[-1] is not None or len(known) != len(ages) - 1 or sorted(set(known)) != known:
            raise ValueError("steps: ages must grow, and only the last step, for everything older, has none")
        return self
