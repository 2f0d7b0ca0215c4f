"""Rules for experiments: one is decided, one only looks so, one has all its visitors and shows nothing."""

from __future__ import annotations

from typing import Final

from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import EXPERIMENT, TENANT, VARIANT
from exporter.metrics.experiments import EXPOSURES, PEEKED, PROGRESS, RUNNING, WINNER
from exporter.settings import Settings
from provisioning.kpis.experiments import CONVERSION
from provisioning.promql import by, rate

DOMAIN: Final = "experiments"
WHO: Final = (TENANT, EXPERIMENT)
NO_DATA: Final = "Without a result, or while the computation fails, the alert ends; ComputationFailing speaks instead."

SHOWN: Final = Recording(metric=EXPOSURES, by=WHO, operation="rate5m", query=lambda _: rate(EXPOSURES, "5m", WHO))
CONVERTING: Final = Recording(
    metric=EXPOSURES,
    by=(*WHO, VARIANT),
    operation="conversion1d",
    query=lambda _: CONVERSION.query("1d", *WHO, VARIANT),
)

RECORDINGS: Final[tuple[Recording, ...]] = (SHOWN, CONVERTING)


def group(settings: Settings) -> Group:  # noqa: ARG001 - what counts as sure is no setting, it is 5 percent
    """Recordings and alerts of experiments."""
    return Group(DOMAIN, RECORDINGS, (_decided(), _peeking(), _inconclusive()))


def _running() -> str:
    return f"on ({', '.join(label.name for label in WHO)}) ({RUNNING.name} == 1)"


def _decided() -> Alert:
    return Alert(
        name="ExperimentDecided",
        severity=Severity.INFO,
        expr=f"{WINNER.name} == 1 and {_running()}",
        summary="A running experiment has a winner.",
        description="Variant {{ $labels.variant }} wins experiment {{ $labels.experiment }} of tenant {{ $labels.tenant }} by more than "
        "chance, even given that one may have looked at any time.",
        value="{{ $labels.variant }}",
        wait=60,
        keep=600,
        by=(*WHO, VARIANT),
        dashboard="experiments",
        no_data=NO_DATA,
    )


def _peeking() -> Alert:
    return Alert(
        name="ExperimentPeeking",
        severity=Severity.INFO,
        expr=f"{PEEKED.name} == 1 and {_running()}",
        summary="A running experiment looks decided but is not.",
        description="The p value of experiment {{ $labels.experiment }} of tenant {{ $labels.tenant }} is below 5 percent, but it is too "
        "early: who stops at such a moment finds effects that are not there. Let it run as planned.",
        wait=60,
        keep=600,
        by=WHO,
        dashboard="experiments",
        no_data=NO_DATA,
    )


def _inconclusive() -> Alert:
    winners = f"max{by(WINNER, WHO)} ({WINNER.name})"
    return Alert(
        name="ExperimentInconclusive",
        severity=Severity.INFO,
        expr=f"{PROGRESS.name} >= 1 and {_running()} and on ({', '.join(label.name for label in WHO)}) ({winners} == 0)",
        summary="A running experiment has all its visitors and no winner.",
        description="Experiment {{ $labels.experiment }} of tenant {{ $labels.tenant }} has as many visitors as planned and shows no "
        "effect beyond chance; later visitors do not count any more.",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit="100%",
        wait=600,
        keep=600,
        by=WHO,
        dashboard="experiments",
        no_data=NO_DATA,
    )
