"""Experiments: which variant is better, by how much, how sure that is, and whether it is too early to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import SCOPES, frame
from dashboards.query import DAILY, DAY, Query, instant, legend
from dashboards.tables import Column, summary
from exporter.labels import EXPERIMENT, KIND, TENANT, VARIANT
from exporter.metrics import experiments as metrics
from provisioning.kpis.experiments import CONTENT, CONVERSION, DECIDED, ENGAGEMENT, LIFT, RESULTS, STAY

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["experiments"]
TOO_EARLY: Final = (
    {"type": "value", "options": {"0": {"text": "no", "color": "green"}, "1": {"text": "yes: wait", "color": "orange"}}},
)  # fmt: skip


def build(settings: Settings) -> Any:
    """The dashboard of experiments."""
    body = [
        *_now(),
        *panels.row("Results", _results()),
        *panels.row("In the time range", _range()),
    ]
    return frame(
        "experiments", "Which variant is better, by how much, and how sure is that?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (metrics.EXPOSURES,)), time_from="now-30d",
    )  # fmt: skip


def _now() -> list[Any]:
    return [
        panels.stat("Winners", "In how many experiments is one variant better than chance?", "short", [instant(S.kpi(DECIDED))]),
        panels.stat("Running", "How many experiments run now?", "short", [instant(S.total(metrics.RUNNING))]),
        panels.stat("Too early", "How many running or ended experiments look decided but are not, given that one looks early?", "short",
                    [instant(S.total(metrics.PEEKED))], thresholds=((None, "green"), (1, "orange"))),
        panels.bargauge("Progress", "How many of the planned visitors has each experiment had? Later ones do not count.", "percentunit",
                        [instant(f"sort_desc({S.total(metrics.PROGRESS, TENANT, EXPERIMENT)})", legend(EXPERIMENT))], maximum=1, width=12,
                        height=4),
        panels.table("Experiments", "What does each experiment expect, and what does its plan ask for?", "none", [S.rows(RESULTS)],
                     height=7),
    ]  # fmt: skip


def _results() -> list[Any]:
    by = (TENANT, EXPERIMENT, VARIANT)
    return [
        summary("Verdicts", "Which variant won by the measure that decides?", by, (
            Column("Visitors", "short", S.total(metrics.VISITORS, *by)),
            Column("Winner", "short", S.total(metrics.WINNER, *by), ((None, "text"), (1, "green"))),
        ), width=10),
        panels.bargauge("Visitors of several variants", "How many visitors saw more than one variant and are in no comparison?", "short",
                        [instant(S.total(metrics.MIXED, EXPERIMENT), legend(EXPERIMENT))], width=14, height=9),
        summary("Measures", "How does each variant differ from the control, and is that more than chance?", (*by, KIND), (
            Column("Mean", "none", S.total(metrics.MEAN, *by, KIND)),
            Column("Effect", "none", S.kpi(LIFT, *by, KIND)),
            Column("Low", "none", S.total(metrics.EFFECT_LOW, *by, KIND)),
            Column("High", "none", S.total(metrics.EFFECT_HIGH, *by, KIND)),
            Column("p", "none", S.total(metrics.P_VALUE, *by, KIND)),
            Column("p must stay under", "none", S.total(metrics.BOUND, *by, KIND)),
            Column("Sure", "short", S.total(metrics.SIGNIFICANT, *by, KIND), ((None, "text"), (1, "green"))),
        ), width=24, decimals=4),
        panels.timeline("Looks decided too early", "When did an experiment look decided that was not?", "short",
                        [Query(S.total(metrics.PEEKED, EXPERIMENT), legend(EXPERIMENT))], mappings=TOO_EARLY,
                        thresholds=((None, "green"), (1, "orange"))),
        panels.timeseries("p value of the effect", "Does the p value settle, or does it wander?", "none",
                          [Query(S.total(metrics.P_VALUE, EXPERIMENT, VARIANT, KIND), legend(EXPERIMENT, VARIANT, KIND))], maximum=1),
    ]  # fmt: skip


def _range() -> list[Any]:
    by = (EXPERIMENT, VARIANT)
    return [
        panels.bargauge("Conversion", "In which share of the times a variant was shown was done what is wanted?", "percentunit",
                        [instant(S.kpi(CONVERSION, *by), legend(*by))], width=6),
        panels.bargauge("Engagement", "In which share of the times a variant was shown did the visitor take part?", "percentunit",
                        [instant(S.kpi(ENGAGEMENT, *by), legend(*by))], width=6),
        panels.bargauge("Duration", "How long did visitors of a variant stay?", "s", [instant(S.kpi(STAY, *by), legend(*by))], width=6),
        panels.bargauge("Satisfaction", "How content were visitors of a variant?", "percentunit",
                        [instant(S.kpi(CONTENT, *by), legend(*by))], width=6),
        panels.timeseries("Shown per day", "Are the variants shown equally often?", "short",
                          [Query(S.increase(metrics.EXPOSURES, *by, window=DAILY), legend(*by))], bars=True, stack=True, interval=DAY),
        panels.timeseries("Conversion per day", "Is the better variant better on every day?", "percentunit",
                          [Query(S.kpi(CONVERSION, *by, window=DAILY), legend(*by))], interval=DAY),
    ]  # fmt: skip
