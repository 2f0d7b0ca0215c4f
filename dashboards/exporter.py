"""Exporter: does it work, is what it tells complete and fresh, and what does it cost the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import SCOPES, UP, UP_OR_DOWN, ceiling, frame, rising
from dashboards.panels import Step
from dashboards.query import RANGE, Query, instant, legend
from dashboards.tables import Column, summary
from exporter import labels
from exporter.metrics import exporter as own
from provisioning import promql

if TYPE_CHECKING:
    from exporter.metric import Metric
    from exporter.settings import Settings

S: Final = SCOPES["exporter"]


def build(settings: Settings) -> Any:
    """The dashboard of the exporter about itself."""
    body = [
        *_now(settings),
        *panels.row("Availability", _availability()),
        *panels.row("Freshness", _freshness(settings)),
        *panels.row("Completeness", _completeness()),
        *panels.row("Work", _work(settings)),
    ]
    return frame(
        "exporter", "Does the exporter work, is what it tells complete and fresh, and what does it cost?", body=body, settings=settings,
        sources={labels.DOMAIN: (own.DOMAIN_UP,)},
    )  # fmt: skip


def _each(metric: Metric) -> str:
    return promql.selector(metric, S.on(metric))


def _worst(metric: Metric, function: str = "max") -> str:
    return f"{function}({_each(metric)})"


def _slow(settings: Settings) -> Sequence[Step]:
    """The same limit as the alert ScrapeSlow."""
    return ceiling(0.8 * settings.stack.scrape_timeout)


def _now(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    # A plan was made of a database that is reached: what is not missing then is there.
    missing = f"count({_each(own.METRIC_MISSING)}) or 0 * max({_each(own.DATABASE_UP)} == 1)"
    return [
        panels.stat("Database", "Does the exporter reach the database?", "short", [instant(_worst(own.DATABASE_UP, "min"))],
                    thresholds=UP, mappings=UP_OR_DOWN),
        panels.stat("Domains", "Does every domain give its metrics?", "short", [instant(_worst(own.DOMAIN_UP, "min"))],
                    thresholds=UP, mappings=UP_OR_DOWN),
        panels.stat("First pass", "Which share of all rows is read, in the domain that is furthest behind?", "percentunit",
                    [instant(_worst(own.SEAL_PROGRESS, "min"))], thresholds=((None, "orange"), (1, "green"))),
        panels.stat("Horizon lag", "How old is the point up to which totals are sealed?", "s", [instant(_worst(own.HORIZON_LAG))], thresholds=rising(limits.horizon_lag_seconds)),
        panels.stat("Scrape duration", "How long did the last scrape take?", "s", [instant(_worst(own.SCRAPE_DURATION))],
                    thresholds=_slow(settings)),
        panels.stat("Metrics missing", "How many metrics can the mapping not give?", "short", [instant(missing)], thresholds=ceiling(1)),
    ]  # fmt: skip


def _availability() -> list[Any]:
    return [
        panels.timeline("Domains", "Which domain failed when?", "short", [Query(_each(own.DOMAIN_UP), legend(labels.DOMAIN))],
                        thresholds=UP, mappings=UP_OR_DOWN),
        panels.timeline("State sources", "Which Redis key or probe did not answer, and when?", "short",
                        [Query(_each(own.STATE_UP), legend(labels.METRIC))], thresholds=UP, mappings=UP_OR_DOWN),
        panels.timeseries("Scrapes per minute", "Does anybody read the exporter, and do scrapes fail?", "cpm", [
            Query(f"60 * {S.rate(own.SCRAPES)}", "scrapes"),
            Query(f"60 * {S.rate(own.SCRAPE_ERRORS, labels.DOMAIN)}", f"errors in {legend(labels.DOMAIN)}"),
        ]),
        summary("Versions", "Which version runs?", (labels.VERSION,), (Column("Exporters", "short", S.total(own.BUILD_INFO, labels.VERSION)),),
                width=12, height=8),
    ]  # fmt: skip


def _freshness(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.timeseries("Horizon lag", "Does an open transaction hold totals back?", "s", [Query(_worst(own.HORIZON_LAG), "lag")],
                          thresholds=rising(limits.horizon_lag_seconds), width=8),
        panels.timeline("Horizon capped", "When did an open transaction hold totals back beyond the cap?", "short",
                        [Query(_worst(own.HORIZON_CAPPED), "capped")], thresholds=((None, "green"), (1, "red")), width=8,
                        mappings=({"type": "value", "options": {"0": {"text": "no"}, "1": {"text": "yes"}}},)),
        panels.timeseries("Age of the newest row", "Does the source still write?", "s", [Query(_each(own.NEWEST_ROW_AGE), legend(labels.DOMAIN))],
                          thresholds=rising(limits.data_age_seconds), width=8),
        panels.timeseries("Rows from the future", "Does a clock of the source run ahead?", "short",
                          [Query(_each(own.FUTURE_ROWS), legend(labels.DOMAIN))], width=8),
        panels.stat("Clock jumps", "How often did the database's clock go back in the time range?", "short",
                    [instant(S.increase(own.CLOCK_JUMPS))], thresholds=ceiling(1), width=8, decimals=0),
        panels.timeseries("Age of the state file", "Would a restart find recent totals on disk?", "s", [Query(_worst(own.STATE_AGE), "age")],
                          width=8),
        panels.timeseries("Clocks apart", "By how much is the database's clock behind that of Prometheus, and with it every time of a row?", "s",
                          [Query(f"timestamp({_each(own.SNAPSHOT)}) - {_each(own.SNAPSHOT)}", "behind")], width=24),
    ]  # fmt: skip


def _completeness() -> list[Any]:
    return [
        panels.timeseries("Sealed rows per minute", "How fast are rows counted for good?", "cpm",
                          [Query(f"60 * {S.rate(own.SEALED_ROWS, labels.DOMAIN)}", legend(labels.DOMAIN))]),
    ]  # fmt: skip


def _work(settings: Settings) -> list[Any]:
    slowest = f"topk(10, max by ({labels.SCAN.name}) (max_over_time({_each(own.SCAN_DURATION)}[{RANGE}])))"
    return [
        panels.timeseries("Tail rows", "How many recent rows does each scrape read?", "short", [Query(_each(own.TAIL_ROWS), legend(labels.DOMAIN))],
                          width=8),
        panels.timeseries("Series", "How many series does each domain give?", "short", [Query(_each(own.SERIES), legend(labels.DOMAIN))], width=8),
        panels.timeseries("Scrape duration", "How long do scrapes take?", "s", [Query(_worst(own.SCRAPE_DURATION), "scrape")],
                          thresholds=_slow(settings), width=8),
        panels.bargauge("Slowest statements", "Which statement took longest in the time range?", "s",
                        [instant(slowest, legend(labels.SCAN))], width=12),
        panels.timeseries("State saves per minute", "Are totals written to disk?", "cpm", [
            Query(f"60 * {S.rate(own.STATE_SAVES)}", "saves"), Query(f"60 * {S.rate(own.STATE_SAVE_ERRORS)}", "failed"),
        ]),
    ]  # fmt: skip
