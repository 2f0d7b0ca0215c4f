"""What the exporter says about itself, as families."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from exporter.engine.collector import Collector
from exporter.engine.computing import Result
from exporter.engine.reconcile import APART, FINDINGS, by_domain, differences, domain_ages
from exporter.metric import Own
from exporter.metrics import exporter as own
from exporter.render import FamilyView, Number
from exporter.sources.reading import Reading

Samples = Iterable[tuple[tuple[str, ...], Number]]


def build_version() -> str:
    """Version of the installed project."""
    try:
        return version("watchfloor")
    except PackageNotFoundError:
        return "unknown"


class OwnViews:
    """Families of the exporter's own metrics; their prefixes are kept from scrape to scrape."""

    def __init__(self) -> None:
        self._views: dict[str, FamilyView] = {}
        self._version = build_version()

    def families(
        self, collector: Collector, readings: Sequence[Reading], results: Sequence[Result] = ()
    ) -> list[FamilyView]:
        """All own metrics as of the last scrape."""
        found = []
        for metric, samples in (*self._samples(collector, readings), *_computed(results)):
            view = self._views.setdefault(metric.base, FamilyView(metric))
            view.replace((key, [value]) for key, value in samples)
            found.append(view)
        return found

    def _samples(self, collector: Collector, readings: Sequence[Reading]) -> Iterator[tuple[Own, Samples]]:
        outcome, horizon = collector.outcome, collector.horizon
        plan = collector.book.plan
        domains = plan.domains if plan is not None else ()
        down = {**outcome.failed, **outcome.waiting}
        yield own.BUILD_INFO, [((self._version,), 1)]
        yield own.DATABASE_UP, [((), int(collector.database_error is None))]
        yield own.DOMAIN_UP, [((name,), int(name not in down)) for name in domains]
        yield own.SCRAPE_DURATION, [((), outcome.seconds)]
        if outcome.at is not None:
            yield own.SNAPSHOT, [((), outcome.at.timestamp())]
        yield own.SCRAPES, [((), collector.scrapes)]
        yield own.SCRAPE_ERRORS, [((name,), collector.errors.get(name, 0)) for name in domains]
        yield own.SCAN_DURATION, [((name,), seconds) for name, seconds in outcome.scan_seconds.items()]
        yield own.TAIL_ROWS, [((name,), count) for name, count in outcome.tail_rows.items()]
        yield own.CLOCK_JUMPS, [((), horizon.jumps)]
        yield own.HORIZON_CAPPED, [((), int(horizon.capped))]
        yield own.HORIZON_LAG, _horizon_lag(collector)
        yield own.STATE_SAVES, [((), collector.book.saves)]
        yield own.STATE_SAVE_ERRORS, [((), collector.book.save_errors)]
        if collector.book.saved_at is not None:
            yield own.STATE_AGE, [((), max(0.0, time.time() - collector.book.saved_at))]
        yield own.STATE_LOST, [((), int(collector.book.lost))]
        yield from _reconciled(collector, domains)
        if collector.book.priced:
            yield own.LATE_PRICES, [((), len(collector.book.prices.late))]
        yield own.LABEL_OVERFLOW, _overflow(collector)
        yield own.METRIC_MISSING, [((name, reason), 1) for name, reason in sorted(plan.missing.items())] if plan else []
        yield own.STATE_UP, _state_up(readings)
        yield from _by_scan(collector, domains)


def _horizon_lag(collector: Collector) -> Samples:
    sealed = [totals.horizon for totals in collector.book.totals.values() if totals.horizon is not None]
    last = collector.horizon.last
    return [((), max(0.0, (last - min(sealed)).total_seconds()))] if sealed and last is not None else []


def _reconciled(collector: Collector, domains: tuple[str, ...]) -> Iterator[tuple[Own, Samples]]:
    """What the comparison of sealed totals with the table has found; nothing when it is off."""
    work = collector.reconciler
    if work.policy == "off":
        return
    totals = list(collector.book.totals.values())
    domains = tuple(name for name in domains if any(each.scan.domain == name for each in totals))
    slices = Counter(dict.fromkeys(domains, 0))
    for each in totals:
        slices[each.scan.domain] += len(each.ledger.slices)
    apart, found = differences(totals), by_domain(totals, work.found)
    yield own.RECONCILED_AGE, [((name,), age) for name, age in domain_ages(totals, time.time()).items()]
    yield own.RECONCILED_SLICES, [((name,), count) for name, count in slices.items()]
    yield own.RECONCILIATIONS, [((name,), work.checks[name]) for name in domains]
    yield own.RECONCILED_ROWS, [((name, why), found[name, why]) for name in domains for why in FINDINGS]
    yield own.REPAIRS, [((name,), work.repairs[name]) for name in domains]
    yield own.DIFFERENCE, [((name, why), apart[name, why]) for name in domains for why in APART]


def _computed(results: Sequence[Result]) -> Iterator[tuple[Own, Samples]]:
    """How the computations went."""
    yield own.COMPUTATION_UP, [((one.computation.name,), int(one.error is None)) for one in results]
    yield (
        own.COMPUTATION_AGE,
        [((one.computation.name,), age) for one in results if (age := one.age) is not None],
    )
    yield own.COMPUTATION_DURATION, [((one.computation.name,), one.seconds) for one in results]


def _overflow(collector: Collector) -> Samples:
    admission = collector.book.admission
    names = {
        label for scan in collector.book.totals.values() for metric in scan.metrics for label in metric.label_names
    }
    return [((name,), admission.beyond(name)) for name in sorted(names)]


def _state_up(readings: Sequence[Reading]) -> Samples:
    up: dict[str, int] = {}
    for reading in readings:
        up[reading.metric] = min(up.get(reading.metric, 1), int(reading.value is not None))
    return [((name,), value) for name, value in up.items()]


def _by_scan(collector: Collector, domains: tuple[str, ...]) -> Iterator[tuple[Own, Samples]]:
    """What is added up over the scans of a domain."""
    rows: Counter[str] = Counter()
    future: Counter[str] = Counter()
    progress: dict[str, list[float]] = {}
    ages: dict[str, float] = {}
    rejected: Counter[tuple[str, str]] = Counter()
    down = {**collector.outcome.failed, **collector.outcome.waiting}
    gone: set[str] = set()
    seen: set[tuple[str, str]] = set()
    for name, totals in list(collector.book.totals.items()):
        domain = totals.scan.domain
        # Several scans may read the same rows; each row is told once for each of its event times.
        event = (totals.scan.source.entity.name, totals.scan.at.column.name)
        first = event not in seen
        seen.add(event)
        rows[domain] += totals.rows if first else 0
        progress.setdefault(domain, []).append(
            1.0 if totals.horizon is not None else collector.book.progress.get(name, 0.0)
        )
        age, ahead = collector.newest.get(name, (None, 0))
        future[domain] += ahead if first else 0
        if age is not None:
            ages[domain] = min(ages.get(domain, age), age)
        # Whatever is read is looked through for wrong values, so without any their number is 0 and not unknown.
        rejected.update({(part.metric.base, why): 0 for part in totals.scan.families for why, _ in part.rejected})
        rejected.update(totals.rejected)
        gone.update(metric.base for metric in totals.metrics if domain in down)
    rejected.update(collector.outcome.rejected)
    yield own.SEALED_ROWS, [((name,), rows[name]) for name in domains]
    yield own.SEAL_PROGRESS, [((name,), sum(parts) / len(parts)) for name, parts in progress.items()]
    yield own.FUTURE_ROWS, [((name,), future[name]) for name in progress]
    yield own.NEWEST_ROW_AGE, [((name,), age) for name, age in ages.items()]
    # Without the tail of a domain that failed the count would step back.
    yield own.REJECTED, [(key, count) for key, count in sorted(rejected.items()) if key[0] not in gone]
    views = collector.book.views.by_domain if collector.book.views is not None else {}
    yield (
        own.SERIES,
        [
            ((domain,), sum(view.series for view in families.values()))
            for domain, families in views.items()
            if domain not in down
        ],
    )
