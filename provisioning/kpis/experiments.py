"""Formulas of experiments."""

from typing import Final

from exporter.entities.experiments import EXPERIMENT
from exporter.metrics.experiments import (
    CONVERTED,
    DURATION,
    EFFECT,
    ENGAGED,
    EXPOSURES,
    MEAN,
    P_VALUE,
    SATISFACTION,
    SIGNIFICANT,
    WINNER,
)  # fmt: skip
from provisioning.kpi import Kpi

NONE_SHOWN: Final = "Without variants that were shown in the window there is no answer."

CONVERSION: Final = Kpi(
    name="experiment_conversion",
    title="Conversion of a variant",
    meaning="Share of the times a variant was shown in which what was wanted was done.",
    unit="percentunit",
    formula="times converted / times shown",
    unknown=NONE_SHOWN,
    domain="experiments",
    codes=("X1",),
    metrics=(CONVERTED, EXPOSURES),
    expression=lambda ask: ask.ratio(ask.increase(CONVERTED), ask.increase(EXPOSURES)),
)
ENGAGEMENT: Final = Kpi(
    name="experiment_engagement",
    title="Engagement of a variant",
    meaning="Share of the times a variant was shown in which the visitor took part.",
    unit="percentunit",
    formula="times engaged / times shown",
    unknown=NONE_SHOWN,
    domain="experiments",
    codes=("X1",),
    metrics=(ENGAGED, EXPOSURES),
    expression=lambda ask: ask.ratio(ask.increase(ENGAGED), ask.increase(EXPOSURES)),
)
STAY: Final = Kpi(
    name="experiment_duration",
    title="Duration of a variant",
    meaning="Mean time that visitors who were shown a variant stayed.",
    unit="s",
    formula="sum of durations / number of durations",
    unknown=NONE_SHOWN,
    domain="experiments",
    codes=("X1",),
    metrics=(DURATION,),
    expression=lambda ask: ask.mean(DURATION),
)
CONTENT: Final = Kpi(
    name="experiment_satisfaction",
    title="Satisfaction of a variant",
    meaning="Mean satisfaction of visitors who were shown a variant.",
    unit="percentunit",
    formula="sum of satisfaction scores / number of scores",
    unknown=NONE_SHOWN,
    domain="experiments",
    codes=("X1",),
    metrics=(SATISFACTION,),
    expression=lambda ask: ask.mean(SATISFACTION),
)
LIFT: Final = Kpi(
    name="experiment_lift",
    title="Effect of a variant",
    meaning="Mean of a measure over a variant's visitors less that over the control's; shares as shares, durations in seconds.",
    unit="none",
    formula="mean of the variant - mean of the control, by visitor; two-proportion z test for shares, Welch's t test for means",
    unknown="Without visitors of both there is no answer.",
    domain="experiments",
    codes=("X1",),
    metrics=(EFFECT, MEAN, P_VALUE, SIGNIFICANT),
    expression=lambda ask: ask.total(EFFECT),
)
DECIDED: Final = Kpi(
    name="experiments_decided",
    title="Experiments with a winner",
    meaning="Experiments in which one variant is better, or the control better than all, by more than chance.",
    unit="short",
    formula="number of variants that won by the primary measure, 5 percent shared out over all looks and variants",
    unknown="Without an experiment that has two variants there is no answer.",
    domain="experiments",
    codes=("X1",),
    metrics=(WINNER,),
    expression=lambda ask: ask.total(WINNER),
)
RESULTS: Final = Kpi(
    name="experiment_plans",
    title="Experiments and their plans",
    meaning="What each experiment expects, of which agent, when it runs, and what it asks for.",
    unit="short",
    formula="experiments that ran in the time range, the latest first",
    unknown="Without an experiment in the time range there is no row.",
    domain="experiments",
    codes=("X1",),
    entity=EXPERIMENT,
    sql="""SELECT experiment AS "Experiment", tenant AS "Tenant", agent AS "Agent", hypothesis AS "Hypothesis",
    primary_measure AS "Decided by", control AS "Control", planned_visitors AS "Planned visitors", started_at AS "Started",
    ended_at AS "Ended", CASE WHEN ended_at IS NULL OR ended_at > now() THEN 'running' ELSE 'ended' END AS "State"
FROM EXPERIMENT_VIEW
WHERE started_at <= $__timeTo() AND (ended_at IS NULL OR ended_at >= $__timeFrom()) AND {where}
ORDER BY started_at DESC, experiment""".replace("EXPERIMENT_VIEW", EXPERIMENT.view),
)

KPIS: Final[tuple[Kpi, ...]] = (CONVERSION, ENGAGEMENT, STAY, CONTENT, LIFT, DECIDED, RESULTS)
