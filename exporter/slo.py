"""The settings of service level objectives: which share of events must be good, and how good is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from exporter.sections import Model

if TYPE_CHECKING:
    from exporter.metric import Metric

LEAST: Final = Decimal(50)
PLACES: Final = 6
GOOD: Final = "a number from 50 to below 100, with at most 6 decimals, such as 99.9"


def _share(value: object) -> str:
    """A percentage as decimal text: what YAML read as a binary fraction is what the person wrote again."""
    try:
        share = Decimal(str(value))
    except InvalidOperation:
        share = Decimal(0)
    if isinstance(value, bool) or not share.is_finite() or not LEAST <= share < 100:
        raise ValueError(f"{str(value)[:40]!r} is no objective; write {GOOD}")
    plain = format(share.normalize(), "f")
    if len(plain.partition(".")[2]) > PLACES:
        raise ValueError(f"{plain[:40]} has more decimals than an objective has; write {GOOD}")
    return plain


class Slo(Model):
    """One objective. Exactly one of `below`, `bad` and `bad_metric` tells good events from bad ones."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=60,
        description="Name, the value of the label `slo`.",
        examples=["turns-fast"],
    )
    objective: Annotated[str, BeforeValidator(_share)] = Field(
        description="Percentage of events that must be good.", examples=["99.9"]
    )
    metric: str = Field(
        description="Metric that counts all events, without the namespace.", examples=["turn_latency_seconds"]
    )
    below: float | None = Field(
        None, gt=0, description="An event is good up to this value: one of the bounds of the histogram.", examples=[1.5]
    )
    bad: Mapping[str, str] = Field(
        {}, description="Labels of bad events: a value, or =~ and a pattern.", examples=[{"status": "error"}]
    )
    bad_metric: str | None = Field(
        None, description="Counter of the bad events among all events.", examples=["errors_total"]
    )
    where: Mapping[str, str] = Field(
        {}, description="Labels of the events that it is about.", examples=[{"agent_type": "voice"}]
    )
    by: tuple[str, ...] = Field(
        (), description="Labels whose values each have the objective for themselves.", examples=[["tenant"]]
    )
    period_days: Literal[28, 30, 90] = Field(30, description="Days over which the budget of errors lasts.")
    least_events: int = Field(
        20, ge=1, description="Fewest events in the long window of an alert; below it one event decides too much."
    )

    @field_validator("bad", "where")
    @classmethod
    def _patterns(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for label, text in value.items():
            if text.startswith(("=~", "!~")):
                try:
                    re.compile(text[2:])
                except re.error as error:
                    raise ValueError(f"{label}: {text[2:]!r} is no pattern: {error}") from None
        return value

    @property
    def share(self) -> Decimal:
        """The share of events that must be good."""
        return Decimal(self.objective) / 100

    @property
    def budget(self) -> Decimal:
        """The share of events that may be bad."""
        return 1 - self.share


Objectives = Annotated[
    tuple[Slo, ...],
    Field(
        description="Service level objectives: recording rules, alerts and a dashboard.",
        examples=[
            [
                {
                    "name": "turns-fast",
                    "objective": "99",
                    "metric": "turn_latency_seconds",
                    "below": 1.5,
                    "by": ["tenant"],
                }
            ]
        ],
    ),
]


def check(slos: Iterable[Slo], thresholds: Mapping[str, Iterable[float]]) -> None:
    """Whether every objective asks for what the catalogue has; ValueError says what it has instead."""
    seen: set[str] = set()
    for index, slo in enumerate(slos):
        place = f"slos.{index}"
        if slo.name in seen:
            raise ValueError(f"{place}.name: there is an objective {slo.name!r} already; give it another name")
        seen.add(slo.name)
        _check_one(place, slo, thresholds)


def _check_one(place: str, slo: Slo, thresholds: Mapping[str, Iterable[float]]) -> None:
    from exporter.metric import Distribution

    total = _events(f"{place}.metric", slo.metric)
    given = [name for name in ("below", "bad", "bad_metric") if getattr(slo, name)]
    if len(given) != 1:
        told = " and ".join(given) or "none"
        raise ValueError(
            f"{place}: give one of below, bad and bad_metric to tell bad events from good ones, not {told}"
        )
    _labels(f"{place}.by", slo.by, total)
    _labels(f"{place}.where", slo.where, total)
    if slo.below is not None:
        if not isinstance(total, Distribution):
            raise ValueError(f"{place}.below: {slo.metric} is no histogram; use bad or bad_metric")
        bounds = total.upper_bounds(thresholds)
        if slo.below not in bounds:
            known = ", ".join(f"{bound:g}" for bound in bounds)
            raise ValueError(f"{place}.below: {slo.below:g} is no bound of {slo.metric}; it has {known}")
    _labels(f"{place}.bad", slo.bad, total)
    if both := sorted(set(slo.bad) & set(slo.where)):
        raise ValueError(f"{place}.bad: {', '.join(both)} stands in where too; give it once")
    if slo.bad_metric is not None:
        bad = _events(f"{place}.bad_metric", slo.bad_metric)
        _labels(f"{place}.by", slo.by, bad)
        _labels(f"{place}.where", slo.where, bad)


def _events(place: str, name: str) -> Metric:
    """The metric of this name, if it counts events."""
    from exporter.metric import Count, Distribution
    from exporter.metrics import CATALOGUE

    known = {metric.base: metric for metric in CATALOGUE if isinstance(metric, Count | Distribution)}
    if name not in known:
        raise ValueError(f"{place}: {name!r} counts no events; those that do are {', '.join(sorted(known))}")
    return known[name]


def _labels(place: str, names: Iterable[str], metric: Metric) -> None:
    if wrong := sorted(set(names) - set(metric.label_names)):
        right = ", ".join(metric.label_names) or "none"
        raise ValueError(f"{place}: {metric.base} has no label {', '.join(wrong)}; it has {right}")
