"""Metrics of experiments."""

from typing import Final

from exporter.entities.experiments import EXPOSURE
from exporter.labels import EXPERIMENT, KIND, TENANT, VARIANT, Label
from exporter.metric import Computed, Count, Distribution, Metric

WHO: Final = (TENANT, EXPERIMENT, VARIANT)
AT: Final = EXPOSURE["exposed_at"]

EXPOSURES: Final = Count(
    base="experiment_exposures_total",
    help="Times that a variant was shown.",
    domain="experiments",
    codes=("X1",),
    entity=EXPOSURE,
    at=AT,
    labels=WHO,
)
ENGAGED: Final = Count(
    base="experiment_engaged_total",
    help="Times that somebody who was shown a variant took part.",
    domain="experiments",
    codes=("X1",),
    entity=EXPOSURE,
    at=AT,
    where=(EXPOSURE["engaged"].true,),
    labels=WHO,
)
CONVERTED: Final = Count(
    base="experiment_converted_total",
    help="Times that somebody who was shown a variant did what was wanted.",
    domain="experiments",
    codes=("X1",),
    entity=EXPOSURE,
    at=AT,
    where=(EXPOSURE["converted"].true,),
    labels=WHO,
)
DURATION: Final = Distribution(
    base="experiment_duration_seconds",
    help="How long people who were shown a variant stayed.",
    domain="experiments",
    codes=("X1",),
    unit="seconds",
    entity=EXPOSURE,
    at=AT,
    value=EXPOSURE["duration"],
    bounds=(10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0),
    labels=WHO,
)
SATISFACTION: Final = Distribution(
    base="experiment_satisfaction_ratio",
    help="How content people who were shown a variant were.",
    domain="experiments",
    codes=("X1",),
    unit="ratio",
    entity=EXPOSURE,
    at=AT,
    value=EXPOSURE["satisfaction"],
    bounds=(0.2, 0.4, 0.6, 0.8, 1.0),
    labels=WHO,
)


def _computed(base: str, help: str, labels: tuple[Label, ...]) -> Computed:
    return Computed(base=base, help=help, domain="experiments", codes=("X1",), labels=labels)


TESTED: Final = (*WHO, KIND)
RUNNING: Final = _computed(
    "experiment_running", "Whether an experiment runs (1) or has ended (0).", (TENANT, EXPERIMENT)
)
PROGRESS: Final = _computed(
    "experiment_progress_ratio", "Visitors so far by those that the plan asks for.", (TENANT, EXPERIMENT)
)
VISITORS: Final = _computed("experiment_visitors", "Visitors who were shown this variant and no other.", WHO)
MIXED: Final = _computed(
    "experiment_mixed_visitors",
    "Visitors who were shown more than one variant; they are in no comparison.",
    (TENANT, EXPERIMENT),
)
MEAN: Final = _computed("experiment_mean", "Mean of a measure over the visitors of a variant.", TESTED)
EFFECT: Final = _computed("experiment_effect", "Mean of a variant less that of the control.", TESTED)
EFFECT_LOW: Final = _computed("experiment_effect_low", "Lower end of the interval around the effect.", TESTED)
EFFECT_HIGH: Final = _computed("experiment_effect_high", "Upper end of the interval around the effect.", TESTED)
P_VALUE: Final = _computed(
    "experiment_p_value", "How often chance alone would give an effect as large (two-sided).", TESTED
)
BOUND: Final = _computed(
    "experiment_p_bound", "The p value that an effect must stay under now, however often one looks.", TESTED
)
SIGNIFICANT: Final = _computed(
    "experiment_significant", "Whether the p value is under its bound (1) or not (0).", TESTED
)
WINNER: Final = _computed(
    "experiment_winner", "Whether this variant is the winner by the primary measure (1) or not (0).", WHO
)
PEEKED: Final = _computed(
    "experiment_peeked",
    "Whether the primary measure looks significant by the usual 5 percent but is not, given that one looks early (1).",
    (TENANT, EXPERIMENT),
)

METRICS: Final[tuple[Metric, ...]] = (
    EXPOSURES, ENGAGED, CONVERTED, DURATION, SATISFACTION, RUNNING, PROGRESS, VISITORS, MIXED, MEAN, EFFECT, EFFECT_LOW,
    EFFECT_HIGH, P_VALUE, BOUND, SIGNIFICANT, WINNER, PEEKED,
)  # fmt: skip
