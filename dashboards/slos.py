"""Objectives: what was promised, how much of the budget of errors is left, and how fast it burns. Only with objectives in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alerts.slos import ERROR, PAIRS, SLO, name
from dashboards import panels
from dashboards.frame import falling, frame
from dashboards.query import Query, instant
from dashboards.tables import Column, summary
from exporter.labels import LABELS
from exporter.thresholds import Threshold

if TYPE_CHECKING:
    from exporter.settings import Settings

LEFT: Final = falling(Threshold(warning=0.25, critical=0))
"""Colours of the budget that is left: red when it is used up."""
SPENT: Final = ((None, "green"), (1.0, "orange"))
"""Colours of a burn rate: from 1 on the budget does not last."""


def build(settings: Settings) -> Any:
    """The dashboard of all objectives."""
    objective = _chosen(settings, "objective", "ratio")
    return frame(
        "slos", "Which objectives are met, and how much may still go wrong?",
        body=[*_now(settings), *panels.row("Over time", _history(settings))], settings=settings,
        sources={SLO: objective.partition("{")[0]}, time_from="now-7d",
    )  # fmt: skip


def _chosen(settings: Settings, subject: str, operation: str) -> str:
    """A recording of the objectives that the filter leaves."""
    return f'{name(settings.slos[0], subject, operation)}{{{SLO.name}=~"${SLO.name}"}}'


def _now(settings: Settings) -> list[Any]:
    names = {label for slo in settings.slos for label in slo.by}
    labels = (SLO, *(label for label in LABELS if label.name in names))
    left = _chosen(settings, "period_error_budget_remaining", "ratio")
    burn = _chosen(settings, "current_burn_rate", "ratio")
    return [
        panels.stat("Least budget left", "How much of its budget of errors has the worst objective left? Below 0 it is missed.",
                    "percentunit", [instant(f"min({left})")], thresholds=LEFT, width=6, decimals=2),
        panels.stat("Objectives missed", "For how many objectives, each label for itself, is the budget used up?", "short",
                    [instant(f"sum({left} <= bool 0)")], thresholds=((None, "green"), (1, "red")), width=6),
        panels.stat("Fastest burn", "How many times as fast as planned does the worst objective use its budget at this moment?",
                    "short", [instant(f"max({burn})")], thresholds=SPENT, width=6, decimals=2),
        panels.stat("Objectives measured", "How many objectives, each label for itself, have events to measure?", "short",
                    [instant(f"count({left})")], width=6),
        summary("Objectives", "Which objective is in danger?", labels, (
            Column("Budget used", "percentunit", _chosen(settings, "period_burn_rate", "ratio")),
            Column("Budget left", "percentunit", left, LEFT),
            Column("Burn rate now", "none", burn, SPENT),
        ), width=16, height=9),
        summary("Promised", "Which share of events must be good, over how many days?", (SLO,), (
            Column("Objective", "percentunit", _chosen(settings, "objective", "ratio")),
            Column("Budget", "percentunit", _chosen(settings, "error_budget", "ratio")),
            Column("Days", "none", _chosen(settings, "time_period", "days")),
        ), width=8, height=9),
    ]  # fmt: skip


def _history(settings: Settings) -> list[Any]:
    budget = _chosen(settings, "error_budget", "ratio")
    burns = [
        (pair.long, f"{_chosen(settings, ERROR, f'ratio_rate{pair.long}')} / on ({SLO.name}) group_left () {budget}")
        for pair in PAIRS
    ]
    return [
        panels.timeseries("Budget left", "How did the budget of errors go down and recover?", "percentunit",
                          [Query(_chosen(settings, "period_error_budget_remaining", "ratio"))], thresholds=LEFT, minimum=-1, maximum=1),
        panels.timeseries("Bad events", "Which share of events was bad, in five minutes each?", "percentunit",
                          [Query(_chosen(settings, ERROR, "ratio_rate5m"))]),
        *(panels.timeseries(f"Burn rate over {window}", f"How many times as fast as planned was the budget used in {window}?", "short",
                            [Query(query)], thresholds=SPENT, width=6, height=7) for window, query in burns),
    ]  # fmt: skip
