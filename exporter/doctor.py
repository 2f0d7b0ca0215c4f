"""Looks at a database through a mapping: what can be exported, what cannot and why, what is slow, what is stale."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from exporter.computed.cost import prices_in_force
from exporter.computed.facts import Facts
from exporter.engine import state
from exporter.engine.book import LOST_SECONDS
from exporter.engine.horizon import Horizon
from exporter.engine.late import told
from exporter.engine.plan import plan, selected
from exporter.engine.resolve import Source
from exporter.engine.scans import LevelScan, Plan, Scan
from exporter.engine.sealer import newest_row
from exporter.mapping import Mapping
from exporter.prices import MANY, overlaps
from exporter.settings import Settings
from exporter.sources.database import Database, DatabaseError

STALE_SECONDS: Final = 86_400.0
"""A source without a new row for a day is stale."""

TIMEOUT: Final = 10.0

INDEXES: Final = """
SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = to_regclass(%(table)s) AND i.indisvalid AND i.indpred IS NULL
"""


@dataclass(frozen=True, slots=True)
class MetricReport:
    """Whether a metric can be given; `reason` says why not."""

    name: str
    given: bool
    reason: str


@dataclass(frozen=True, slots=True)
class IndexReport:
    """An index that a scan lacks, with the statement that makes it."""

    table: str
    column: str
    sql: str


@dataclass(frozen=True, slots=True)
class ScanReport:
    """How long a statement of a scrape takes, how many rows it reads, and how old the newest row is."""

    name: str
    seconds: float | None
    rows: int | None
    newest_seconds: float | None
    stale: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found out."""

    metrics: tuple[MetricReport, ...]
    indexes: tuple[IndexReport, ...]
    scans: tuple[ScanReport, ...]
    problems: tuple[str, ...]

    @property
    def findings(self) -> int:
        """Things that somebody should act on. A metric that is not mapped is none: not every system has everything."""
        return len(self.indexes) + len(self.problems) + sum(bool(scan.error) or scan.stale for scan in self.scans)

    def plain(self) -> dict[str, Any]:
        """The report for machines."""
        return {**asdict(self), "findings": self.findings}


def examine(settings: Settings, mapping: Mapping, database: Database) -> Report:
    """Look at the database; reads types, indexes, the newest rows, and what a scrape would read now."""
    found = plan(settings, mapping, database)
    metrics = tuple(
        MetricReport(metric.name, metric.base not in found.missing, found.missing.get(metric.base, ""))
        for metric in selected(settings)
    )
    problems = tuple(problem for source in found.sources.values() for problem in source.problems.values())
    problems = (*problems, *_lost(settings, database), *_doubled(found, settings, database))
    return Report(metrics, tuple(_missing(found, database)), tuple(_time(found, settings, database)), problems)


def _lost(settings: Settings, database: Database) -> Iterator[str]:
    """What became of the totals that this database's exporter once saved."""
    path = settings.exporter.state_file
    known = state.known_rows(state.lock_path(path))
    if known.get("identity") != database.identity():
        return
    if not path.exists():
        yield (
            f"state file {path} is gone; totals will be read anew, and counters begin lower if rows were deleted since "
            f"({sum(known['rows'].values())} rows were counted)"
        )
        return
    try:
        saved = state.load(path)
    except state.StateError as error:
        yield f"{error}; totals will be read anew"
        return
    if saved is not None and saved.prices.get("late"):
        yield told(saved.prices["late"], path)
    if saved is not None and saved.lost_at is not None and time.time() - saved.lost_at < LOST_SECONDS:
        yield "totals began anew from fewer rows than they had counted, within the last day; counters began lower then"


def _doubled(found: Plan, settings: Settings, database: Database) -> Iterator[str]:
    """Prices that hold at the same time as another one of the same thing."""
    try:
        with database.snapshot() as session:
            facts = Facts(session.moment.now, settings, session, found.sources, TIMEOUT, database.dialect)
            prices = prices_in_force(facts)
        yield from overlaps(prices)
        if settings.prices.file is not None and len(prices) > MANY:
            yield (
                f"prices.file has {len(prices)} prices, and every scrape carries them; keep those of the models that you use "
                "(watchfloor prices import --models), or put them into a price table"
            )
    except DatabaseError as error:
        yield f"the price table cannot be read: {error}"


def _missing(found: Plan, database: Database) -> Iterator[IndexReport]:
    """Plain columns of tables that scans and levels compare with, and that no index begins with."""
    wanted: dict[tuple[str, str], Source] = {}
    for item in found.items:
        columns = (item.opened, item.closed) if isinstance(item, LevelScan) else (item.at,)
        for column in columns:
            if item.source.mapping.table is not None and column.source.column is not None:
                wanted[item.source.mapping.table, column.source.column] = item.source
    have: dict[str, set[str]] = {}
    for table, name in sorted(wanted):
        if table not in have:
            have[table] = _indexed(table, database)
        if name not in have[table]:
            yield IndexReport(table, name, _create(table, name, database.dialect))


def _indexed(table: str, database: Database) -> set[str]:
    """Columns with which an index of the table begins."""
    with database.snapshot() as session:
        if database.dialect == "postgresql":
            return {row[0] for row in session.rows(INDEXES, {"table": _quoted(table)}, 5.0)}
        names = session.rows(f"SELECT name FROM pragma_index_list({_text(table)})", {}, 5.0)
        return {session.rows(f"SELECT name FROM pragma_index_info({_text(name)})", {}, 5.0)[0][0] for (name,) in names}


def _create(table: str, column: str, dialect: str) -> str:
    name = _quoted(f"{table.rsplit('.', 1)[-1]}_{column}")
    concurrently = "CONCURRENTLY " if dialect == "postgresql" else ""
    return f"CREATE INDEX {concurrently}{name} ON {_quoted(table)} ({_quoted(column)});"


def _quoted(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.rsplit(".", 1))


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _time(found: Plan, settings: Settings, database: Database) -> Iterator[ScanReport]:
    exporter = settings.exporter
    horizon = Horizon(timedelta(seconds=exporter.settle), timedelta(seconds=exporter.horizon_cap))
    for _ in range(2):  # The second snapshot shows whether the first one is already safe.
        with database.snapshot() as session:
            horizon.observe(session.moment)
    for item in found.items:
        try:
            yield _one(item, horizon, settings, database)
        except DatabaseError as error:
            yield ScanReport(item.name, None, None, None, stale=False, error=str(error))


def _one(item: Scan | LevelScan, horizon: Horizon, settings: Settings, database: Database) -> ScanReport:
    lower = horizon.value()
    assert lower is not None  # a snapshot was observed
    with database.snapshot() as session:
        now = session.moment.now
        sql, params = item.at_instant(now) if isinstance(item, LevelScan) else item.window(lower, now, closed=True)
        begun = time.monotonic()
        rows = session.rows(sql, params, settings.database.statement_timeout)
        seconds = time.monotonic() - begun
    width = len(item.groups)
    if isinstance(item, LevelScan):
        return ScanReport(item.name, seconds, len(rows), None, stale=False, error=None)
    age = newest_row(item, database)
    return ScanReport(
        item.name,
        seconds,
        sum(row[width] for row in rows),
        age,
        stale=age is not None and age > STALE_SECONDS,
        error=None,
    )
