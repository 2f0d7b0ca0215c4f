"""Computations of experiments: variants against the control, by visitor, with a winner only where it is more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exporter.computed.facts import Computation, Facts, Value
from exporter.computed.significance import ALPHA, Difference, Sample, p_bound, proportions, welch
from exporter.entities.experiments import EXPERIMENT, EXPOSURE
from exporter.metrics import experiments as metrics

DOMAIN: Final = "experiments"
MEASURES: Final = {"engagement": "engaged", "conversion": "converted", "duration": "duration", "satisfaction": "satisfaction"}  # fmt: skip
"""Measure and the column that it is the mean of; of each, more is better."""
SHARES: Final = ("engagement", "conversion")
LEAST: Final = 100
"""Visitors that each variant needs before anything is called significant: below, the tests' distributions do not hold."""

NUMBERS: Final = ", ".join(
    f"COUNT(pure.{column}), SUM(1.0 * pure.{column}), SUM(1.0 * pure.{column} * pure.{column})"
    for column in MEASURES.values()
)
# One row a visitor: several looks of one person are no independent values. Rows without a visitor stand for themselves.
# Only the first visitors that the plan asks for count, so that going on until it fits gives no further chance.
VISITORS: Final = """
WITH seen AS (
    SELECT tenant, experiment, MIN(variant) AS variant, MAX(variant) AS other, MAX(engaged) AS engaged,
        MAX(converted) AS converted, AVG(duration) AS duration, AVG(satisfaction) AS satisfaction,
        MIN(exposed_at) AS first, visitor
    FROM {shown} WHERE visitor IS NOT NULL AND visitor <> '' GROUP BY tenant, experiment, visitor
    UNION ALL
    SELECT tenant, experiment, variant, variant, engaged, converted, duration, satisfaction, exposed_at, ''
    FROM {shown} WHERE visitor IS NULL OR visitor = ''
), pure AS (
    SELECT seen.*, ROW_NUMBER() OVER (PARTITION BY tenant, experiment ORDER BY first, visitor) AS place
    FROM seen WHERE variant = other
)
SELECT pure.tenant, pure.experiment, pure.variant, COUNT(*), NUMBERS FROM pure
JOIN {plan} ON plan.tenant = pure.tenant AND plan.experiment = pure.experiment
WHERE plan.planned_visitors IS NULL OR pure.place <= plan.planned_visitors
GROUP BY pure.tenant, pure.experiment, pure.variant
""".replace("NUMBERS", NUMBERS)
MIXED: Final = """
SELECT tenant, experiment, SUM(CASE WHEN kinds > 1 THEN 1 ELSE 0 END) FROM (
    SELECT tenant, experiment, visitor, COUNT(DISTINCT variant) AS kinds FROM {shown}
    WHERE visitor IS NOT NULL AND visitor <> '' GROUP BY tenant, experiment, visitor
) AS seen GROUP BY tenant, experiment
"""
PLAN: Final = """
SELECT tenant, experiment, primary_measure, control, planned_visitors, ended_at FROM {plan} WHERE started_at <= :now
"""


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant: how many visitors, and the sample of each measure that is known."""

    visitors: int
    samples: Mapping[str, Sample]


@dataclass(frozen=True, slots=True)
class Trial:
    """One experiment: its plan and its variants."""

    tenant: str
    name: str
    primary: str | None
    control: str | None
    planned: int | None
    ended: bool
    arms: Mapping[str, Arm]

    @property
    def base(self) -> str | None:
        """The variant that others are compared with: the one that is named, else the first by name."""
        return self.control if self.control in self.arms else min(self.arms, default=None)

    @property
    def progress(self) -> float | None:
        """Visitors by those planned."""
        return sum(arm.visitors for arm in self.arms.values()) / self.planned if self.planned else None

    @property
    def bound(self) -> float | None:
        """What p must stay under. Without a plan nothing can be judged before the end; several variants share alpha."""
        alpha = ALPHA / max(1, len(self.arms) - 1)
        if self.progress is not None:
            return p_bound(self.progress, alpha)
        return alpha if self.ended else None

    def differences(self, measure: str) -> dict[str, Difference]:
        """Every variant against the control, as far as both are known."""
        control = self.arms[self.base].samples.get(measure) if self.base is not None else None
        if control is None:
            return {}
        test = proportions if measure in SHARES else welch
        tested = {
            variant: test(control, arm.samples[measure])
            for variant, arm in self.arms.items()
            if variant != self.base and measure in arm.samples
        }
        return {variant: found for variant, found in tested.items() if found is not None}

    def significant(self, measure: str, variant: str, found: Difference) -> bool:
        """Whether the difference is more than chance, given how often one may have looked."""
        counts = [self.arms[one].samples[measure].count for one in (self.base or "", variant)]
        return self.bound is not None and min(counts) >= LEAST and found.p <= self.bound

    def winner(self) -> str | None:
        """The best variant that beats the control significantly; the control where it so beats all others."""
        found = self.differences(self.primary or "")
        sure = {name: one for name, one in found.items() if self.significant(self.primary or "", name, one)}
        better = {name: one.effect for name, one in sure.items() if one.effect > 0}
        if better:
            return max(better, key=lambda name: (better[name], name))
        return self.base if len(sure) == len(self.arms) - 1 > 0 else None


def trials(facts: Facts) -> Iterator[Trial]:
    """Every experiment that began."""
    arms: dict[tuple[str, str], dict[str, Arm]] = {}
    plan, shown = facts.of(EXPERIMENT), facts.of(EXPOSURE, EXPOSURE["exposed_at"])
    for tenant, name, variant, visitors, *numbers in facts.read(VISITORS, plan=plan, shown=shown):
        arms.setdefault((tenant, name), {})[str(variant)] = Arm(visitors, dict(_samples(numbers)))
    for tenant, name, primary, control, planned, ended in facts.read(PLAN, plan=plan, now=facts.now):
        over = ended is not None and ended <= facts.now
        yield Trial(tenant, name, primary, control, planned, over, arms.get((tenant, name), {}))


def _samples(numbers: list[Any]) -> Iterator[tuple[str, Sample]]:
    for index, measure in enumerate(MEASURES):
        count, total, squares = numbers[3 * index : 3 * index + 3]
        if count:
            mean = float(total) / count
            spread = max(0.0, float(squares) - count * mean**2)
            yield measure, Sample(count, mean, spread / (count - 1) if count > 1 else 0.0)


def _run(facts: Facts) -> Iterator[Value]:
    shown = facts.of(EXPOSURE, EXPOSURE["exposed_at"])
    for tenant, name, mixed in facts.read(MIXED, shown=shown):
        yield Value(metrics.MIXED, (tenant, name), mixed)
    for trial in trials(facts):
        yield from _trial(trial)


def _trial(trial: Trial) -> Iterator[Value]:
    who = (trial.tenant, trial.name)
    yield Value(metrics.RUNNING, who, 0 if trial.ended else 1)
    if trial.progress is not None:
        yield Value(metrics.PROGRESS, who, trial.progress)
    for variant, arm in trial.arms.items():
        yield Value(metrics.VISITORS, (*who, variant), arm.visitors)
        for measure, sample in arm.samples.items():
            yield Value(metrics.MEAN, (*who, variant, measure), sample.mean)
    for measure in MEASURES:
        for variant, found in trial.differences(measure).items():
            yield from _difference(trial, measure, variant, found)
    tested = trial.differences(trial.primary or "")
    if tested:
        winner = trial.winner()
        yield from (Value(metrics.WINNER, (*who, variant), int(variant == winner)) for variant in trial.arms)
        unsure = [
            one for name, one in tested.items() if one.p <= ALPHA and not trial.significant(trial.primary or "", name, one)
        ]  # fmt: skip
        yield Value(metrics.PEEKED, who, int(bool(unsure)))


def _difference(trial: Trial, measure: str, variant: str, found: Difference) -> Iterator[Value]:
    labels = (trial.tenant, trial.name, variant, measure)
    yield Value(metrics.EFFECT, labels, found.effect)
    yield Value(metrics.EFFECT_LOW, labels, found.low)
    yield Value(metrics.EFFECT_HIGH, labels, found.high)
    yield Value(metrics.P_VALUE, labels, found.p)
    if trial.bound is not None:
        yield Value(metrics.BOUND, labels, trial.bound)
        yield Value(metrics.SIGNIFICANT, labels, int(trial.significant(measure, variant, found)))


COMPUTATIONS: Final[tuple[Computation, ...]] = (
    Computation(
        "experiments",
        DOMAIN,
        tuple(metric for metric in metrics.METRICS if metric.kind == "computed"),  # type: ignore[misc]
        {
            EXPERIMENT: ("tenant", "experiment", "started_at"),
            EXPOSURE: ("tenant", "experiment", "variant", "exposed_at"),
        },
        _run,
        every=300.0,
        timeout=60.0,
    ),
)  # fmt: skip
