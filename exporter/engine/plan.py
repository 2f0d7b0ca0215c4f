"""From catalogue and mapping to scans: as few passes over the database as the metrics allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from exporter.computed import COMPUTATIONS
from exporter.computed.facts import lacks
from exporter.engine.building import Builder
from exporter.engine.levels import level_scans
from exporter.engine.prices import priced
from exporter.engine.relation import rows, unreadable
from exporter.engine.resolve import Source, resolve
from exporter.engine.scans import Plan, Scan
from exporter.entities import ENTITIES
from exporter.entities.cost import PRICE
from exporter.metric import Distribution, EventMetric, Level, Metric, State, Sum
from exporter.metrics import CATALOGUE
from exporter.prices import load as load_prices
from exporter.sources.database import Database

if TYPE_CHECKING:
    from exporter.mapping import Mapping
    from exporter.settings import Settings

APART: Final = 2
"""A histogram is read apart from metrics that have so many labels more."""


def selected(settings: Settings) -> tuple[Metric, ...]:
    """Metrics of the catalogue that the settings leave on."""
    domains = settings.exporter.domains
    off = set(settings.exporter.disabled_metrics)
    return tuple(m for m in CATALOGUE if m.base not in off and (not domains or m.domain in domains))


def plan(settings: Settings, mapping: Mapping, database: Database) -> Plan:
    """The scans for a database; reads only the types of columns."""
    metrics = selected(settings)
    missing: dict[str, str] = {}
    sources: dict[str, Source] = {}
    wanted = {metric.entity.name for metric in metrics if isinstance(metric, (EventMetric, Level))}
    wanted.add(PRICE.name)
    # Not by sets: a metric with parts has no hash.
    wanted |= {
        entity.name
        for one in COMPUTATIONS
        if any(metric in metrics for metric in one.metrics)
        for entity in (*one.needs, *one.uses)
    }
    for entity in (entity for entity in ENTITIES if entity.name in wanted):
        found = resolve(entity, mapping, database)
        if isinstance(found, Source):
            sources[entity.name] = found
        else:
            missing.update(
                {m.base: found for m in metrics if isinstance(m, (EventMetric, Level)) and m.entity is entity}
            )
    sources = priced(sources, load_prices(settings.prices.file))
    read = {PRICE.name, *(entity.name for one in COMPUTATIONS for entity in (*one.needs, *one.uses))}
    sources = {
        name: replace(source, rows=rows(source)) if name in read and unreadable(source) is None else source
        for name, source in sources.items()
    }
    missing.update(_uncomputable(metrics, sources))
    able: list[Metric] = []
    for metric in metrics:
        reason = _reason(metric, sources, settings)
        if metric.base not in missing and reason is None:
            able.append(metric)
        elif reason is not None:
            missing.setdefault(metric.base, reason)
    events = [metric for metric in able if isinstance(metric, EventMetric)]
    levels = level_scans((metric for metric in able if isinstance(metric, Level)), sources)
    return Plan(tuple(_scans(events, sources, settings)), levels, missing, sources)


def _reason(metric: Metric, sources: dict[str, Source], settings: Settings) -> str | None:
    """Why a metric cannot be given; None when it can."""
    if isinstance(metric, State):
        configured = any(source.metric == metric.base for source in settings.states)
        return None if configured else f"no source is set for it; add one under 'states' with metric: {metric.base}"
    if not isinstance(metric, (EventMetric, Level)) or metric.entity.name not in sources:
        return None
    source = sources[metric.entity.name]
    reason = source.missing(metric.columns)
    if reason is None and isinstance(metric, Sum) and metric.parts:
        reasons = [source.missing((column,)) for column in metric.parts.values()]
        return reasons[0] if all(reasons) else None
    return reason


def _scans(metrics: Iterable[EventMetric], sources: dict[str, Source], settings: Settings) -> Iterator[Scan]:
    fused: dict[tuple[str, str, str, str], list[EventMetric]] = {}
    for metric in metrics:
        word = metric.apart or ("hour" if any(label.derived for label in metric.labels) else "")
        # Each domain reads for itself, so that what fails in one costs only that one.
        fused.setdefault((metric.entity.name, metric.at.name, word, metric.domain), []).append(metric)
    for (entity, _, word, domain), group in fused.items():
        fine, coarse = _split(group, sources[entity])
        suffix = ("" if domain == sources[entity].entity.domain else f"/{domain}") + (f"/{word}" if word else "")
        yield Builder(sources[entity], fine[0], settings).build(fine, suffix)
        if coarse:
            yield Builder(sources[entity], coarse[0], settings).build(coarse, f"{suffix}/coarse")


def _split(group: list[EventMetric], source: Source) -> tuple[list[EventMetric], list[EventMetric]]:
    """Metrics to read by all labels, and those that are read apart by the few labels of a histogram.

    A histogram has many numbers; computing them for each combination of labels that only other metrics have costs more
    than a second look at the same rows.
    """
    labels = {metric.base: _mapped(metric, source) for metric in group}
    every = frozenset[str]().union(*labels.values())
    few = {labels[metric.base] for metric in group if isinstance(metric, Distribution)}
    apart = {names for names in few if len(every - names) >= APART}
    fine = [metric for metric in group if labels[metric.base] not in apart]
    return (
        (fine, [metric for metric in group if labels[metric.base] in apart])
        if fine and len(apart) == 1
        else (group, [])
    )


def _mapped(metric: EventMetric, source: Source) -> frozenset[str]:
    """Labels of a metric that rows differ in."""
    columns = ((label.name, source.columns.get(label.name)) for label in metric.labels)
    return frozenset(name for name, column in columns if column is not None and column.varies)


def _uncomputable(metrics: tuple[Metric, ...], sources: dict[str, Source]) -> dict[str, str]:
    """Computed metrics that no computation can give, because of a column, with the reason of the first that lacks one."""
    found: dict[str, str] = {}
    able: set[str] = set()
    for computation in COMPUTATIONS:
        reason = lacks(computation, sources)
        bases = [metric.base for metric in computation.metrics if metric in metrics]
        able.update(bases if reason is None else ())
        found = {**dict.fromkeys(bases, reason), **found} if reason is not None else found
    return {base: reason for base, reason in found.items() if base not in able}
