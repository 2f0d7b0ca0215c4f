"""The exporter's heart: holds totals, runs scrapes for all who ask at once, and seals in the background."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from exporter.computed.cost import prices_in_force
from exporter.computed.facts import Facts
from exporter.engine import sealer, state
from exporter.engine.book import Book
from exporter.engine.ended import Ended
from exporter.engine.horizon import Horizon
from exporter.engine.reconcile import Reconciler
from exporter.engine.scans import Plan, Scan
from exporter.engine.scrape import Limits, Outcome, Reader
from exporter.engine.tail import floor, slice_width
from exporter.engine.totals import Totals
from exporter.health import Check, Health
from exporter.log import log
from exporter.memory import give_back
from exporter.sources.database import ConnectionLost, Database, DatabaseError, Moment, Session, sentence

if TYPE_CHECKING:
    from exporter.mapping import Mapping
    from exporter.settings import Settings

Log = Callable[[str], None]
Progress = sealer.Progress
MakePlan = Callable[[Database], Plan]
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0)
LOOK_SECONDS = 30.0
"""How often the newest rows are looked at; without an index that reads a whole table."""
REPLAN_SECONDS = 60.0


def to_log(line: str) -> None:
    """One sentence to the exporter's log."""
    log("exporter", message=line)


def _plan(settings: Settings, mapping: Mapping | None, database: Database) -> Plan:
    """A plan that is made in this process."""
    from exporter.engine.plan import plan

    assert mapping is not None  # else somebody else makes the plan
    return plan(settings, mapping, database)


class Collector:
    """Everything that the exporter knows of one database. Threads: any number of scrapers, one sealer.

    The plan is made here, by the mapping, or by `make_plan`.
    """

    def __init__(
        self,
        settings: Settings,
        mapping: Mapping | None,
        connect: Callable[[], Database],
        log: Log = to_log,
        *,
        make_plan: MakePlan | None = None,
    ) -> None:
        self.settings = settings
        self._plan = make_plan or (lambda database: _plan(settings, mapping, database))
        self.log = log
        self._connect = connect
        self._scraper, self._background = connect(), connect()
        exporter = settings.exporter
        self.horizon = Horizon(timedelta(seconds=exporter.settle), timedelta(seconds=exporter.horizon_cap))
        self.book = Book(settings, self.horizon, log)
        self.outcome = Outcome()
        self.database_error: str | None = "the database has not been reached yet"
        self.newest: dict[str, tuple[float | None, int]] = {}
        self.errors: dict[str, int] = {}
        self._told: dict[str, str] = {}
        self.scrapes = 0
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._replan_at = self._observed_at = self._look_at = 0.0
        self._lost = False
        self._file_lock = self.book.lock
        self.reconciler = Reconciler(self.book, exporter.reconciliation.policy, exporter.reconciliation.budget)
        self._thread: threading.Thread | None = None
        self.ended: Ended | None = None

    # ---- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take the state file and seal in the background until `close`. Scrapes will go on to whoever saw the past."""
        self.ended = Ended()
        self._file_lock.acquire()
        self.book.writable = True
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def once(self, progress: Progress, connections: int = 1) -> None:
        """Get ready in this thread, for a single scrape. The state file is used if no exporter holds it.

        So many `connections` read all rows for the first time, each another scan.
        """
        with contextlib.suppress(state.StateError):
            self._file_lock.acquire()
            self.book.writable = True
        self._tick(progress, connections)

    def close(self) -> None:
        """Stop sealing, save, and let go of everything. May be called twice."""
        self.stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10.0)
            self._thread = None
        with self._lock:
            self.book.save()
        for database in (self._scraper, self._background):
            with contextlib.suppress(Exception):
                database.close()
        self._file_lock.release()

    def _run(self) -> None:
        failures = 0
        while not self.stop.is_set():
            try:
                self._tick(lambda _, __: None)
                self._reconcile()
                failures = 0
            except DatabaseError as error:
                if self.stop.is_set():
                    return
                self._fail(str(error))
                # Whatever answers next may be another database, or one with other columns.
                self._replan_at = time.monotonic()
                failures += 1
            except Exception as error:  # noqa: BLE001 - this thread must outlive whatever happens in it
                self.log(f"sealing failed, will be tried again: {type(error).__name__}: {sentence(error)}")
                failures += 1
            wait = BACK_OFF[min(failures, len(BACK_OFF)) - 1] if failures else self.settings.exporter.seal_interval
            self.stop.wait(wait)

    def _fail(self, message: str) -> None:
        if message != self.database_error:
            self.log(message)
        self.database_error = message

    # ---- background -----------------------------------------------------------------------------------------------

    def _tick(self, progress: Progress, connections: int = 1) -> None:
        """Plan if needed, move every scan to the horizon, look at the newest rows, save."""
        self._observe()
        if self.book.plan is None or (self._replan_at and time.monotonic() >= self._replan_at):
            self._make_plan()
        self._observe()
        self._mind_prices()
        upper = self._upper()
        if upper is None:
            return
        timeout = self.settings.database.seal_timeout
        some = list(self.book.totals.values())
        self._first([totals for totals in some if totals.horizon is None], progress, connections)
        for totals in some:
            if self.stop.is_set():
                return
            if totals.horizon is not None and sealer.step(totals.horizon, upper, self.settings.exporter.seal_interval):
                self._guard(totals.scan, lambda t=totals: self._advance(t, upper, timeout))  # type: ignore[misc]
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            for totals in list(self.book.totals.values()):
                self._guard(totals.scan, lambda scan=totals.scan: self._look(scan))  # type: ignore[misc]
        with self._lock:
            self.book.save()

    def _mind_prices(self) -> None:
        """Look at the prices before rows are sealed by them."""
        if not self.book.priced or self.book.plan is None:
            return
        try:
            with self._background.snapshot() as session:
                sources, dialect = self.book.plan.sources, self._background.dialect
                facts = Facts(session.moment.now, self.settings, session, sources, sealer.LOOK_SECONDS, dialect)
                prices = prices_in_force(facts)
        except ConnectionLost:
            raise
        except DatabaseError as error:
            self.log(f"the price table cannot be read: {error}")
            return
        with self._lock:
            self.book.mind(prices)

    def _first(self, waiting: list[Totals], progress: Progress, connections: int) -> None:
        """Read all rows of scans for the first time. They are taken in the plan's order, by which label caps go."""

        def note(name: str, share: float) -> None:
            self.book.progress[name] = share
            progress(name, share)

        def read(totals: Totals, database: Database) -> Totals | None:
            upper = self._upper()
            assert upper is not None  # a snapshot was observed before
            return sealer.first_pass(totals.scan, database, upper, self.settings.database.seal_timeout, self.stop, note)

        def take(totals: Totals, found: Callable[[], Totals | None]) -> None:
            fresh = found()
            with self._lock:
                if fresh is not None:
                    self.book.put(fresh, instead=totals)

        reading = sealer.in_turn(read, waiting, self._background, self._connect, connections)
        with contextlib.closing(reading):
            for totals, found in zip(waiting, reading, strict=True):
                self._guard(totals.scan, lambda t=totals, f=found: take(t, f))  # type: ignore[misc]
                give_back()
                if self.stop.is_set():
                    return

    def _upper(self) -> datetime | None:
        """How far may be sealed: not into the middle of a slice of the tail."""
        upper = self.horizon.value()
        sliced = upper is not None and self.horizon.safe is not None
        return floor(upper, slice_width(self.settings.exporter.settle)) if upper is not None and sliced else upper

    def _advance(self, totals: Totals, upper: datetime, timeout: float) -> None:
        rows = sealer.settled(totals, self._background, upper, timeout)
        if rows is not None:
            with self._lock:
                self.book.seal(totals, rows, upper)
            totals.ledger.compact()

    def _reconcile(self) -> None:
        """Compare some slices of sealed totals with the table."""
        try:
            self.reconciler.turn(self._background, self.settings.database.seal_timeout, self._lock, self.stop)
        except ConnectionLost:
            raise
        except DatabaseError as error:
            self.log(f"reconciliation: {error}")

    def _look(self, scan: Scan) -> None:
        age = sealer.newest_row(scan, self._background)
        self.newest[scan.name] = age, sealer.future_rows(scan, self._background)

    def _guard(self, scan: Scan, work: Callable[[], None]) -> None:
        """One scan's trouble is told and must not hold up the others."""
        try:
            work()
        except ConnectionLost:
            raise
        except DatabaseError as error:
            self.log(f"{scan.name}: {error}")
            self._replan_at = time.monotonic() + self.settings.exporter.seal_interval

    def _observe(self) -> None:
        begun = time.monotonic()
        with self._background.snapshot() as session:
            moment = session.moment
        with self._lock:
            # A scrape that came in between has seen more; an older time would look like a clock that went back.
            if begun >= self._observed_at:
                self._take_in(moment)
            self.database_error = None

    def _take_in(self, moment: Moment) -> None:
        self.book.locate(moment)
        if self.horizon.observe(moment):
            self.book.distrust()
        self._observed_at = time.monotonic()

    def _make_plan(self) -> None:
        """Look at the database's columns and adopt the plan that they allow."""
        identity = self._background.identity()
        found = self._plan(self._background)
        with self._lock:
            self.book.adopt(found, identity)
        for source in found.sources.values():
            for problem in source.problems.values():
                self.log(f"{problem}; metrics that need it are not given")
        broken = any("cannot be read" in reason for reason in found.missing.values())
        broken = broken or any(source.problems for source in found.sources.values())
        self._replan_at = time.monotonic() + REPLAN_SECONDS if broken else 0.0

    # ---- scrapes --------------------------------------------------------------------------------------------------

    def scrape(self) -> None:
        """Bring the views up to date with one snapshot. Never raises for what a database can do."""
        with self._lock:
            self.scrapes += 1
            started = time.monotonic()
            try:
                self._recognise()
                reader = self._reader()
                with self._snapshot(reader) as session:
                    self._take_in(session.moment)
                    self.outcome = self._read_all(session, reader)
                self.database_error = None
            except DatabaseError as error:
                self._lost = self._lost or isinstance(error, ConnectionLost)
                self._fail(str(error))
                domains = self.book.plan.domains if self.book.plan is not None else ()
                self.outcome = Outcome(failed=dict.fromkeys(domains, str(error)))
            self.outcome.seconds = time.monotonic() - started
            for domain, message in self.outcome.failed.items():
                self.errors[domain] = self.errors.get(domain, 0) + 1
                if message != self._told.get(domain):
                    self.log(f"domain {domain}: {message}")
                self._told[domain] = message
                self._replan_at = self._replan_at or time.monotonic() + self.settings.exporter.seal_interval
            if self.book.admission.changed:
                # A value that was shown with series of its own must keep them, whatever happens next.
                self.book.save()

    def _recognise(self) -> None:
        """After a lost connection (SQLite has none), make sure that it is the same database that answers."""
        doubt = self._lost or self._scraper.dialect == "sqlite"
        if doubt and self.book.identity and self._scraper.identity() != self.book.identity:
            self._replan_at = time.monotonic()
            raise DatabaseError("another database answers at the URL; its totals are not read yet")
        self._lost = False

    def _reader(self) -> Reader | None:
        book = self.book
        if book.plan is None or book.views is None:
            return None
        limits = Limits(self.settings.database.statement_timeout, self.settings.stack.scrape_timeout * 0.9)
        return Reader(book.plan, book.totals, book.admission, book.views, limits, ended=self.ended)

    def _snapshot(self, reader: Reader | None) -> contextlib.AbstractContextManager[Session]:
        ahead = reader.ahead() if reader is not None and not self.outcome.failed else None
        return self._scraper.snapshot(ahead) if ahead is not None else self._scraper.snapshot()

    def _read_all(self, session: Session, reader: Reader | None) -> Outcome:
        if self.book.views is None or reader is None or reader.views is not self.book.views:
            # The look at the snapshot's time may have begun totals anew.
            reader = self._reader()
        return reader.read(session, together=not self.outcome.failed) if reader is not None else Outcome()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the views still while they are written out."""
        with self._lock:
            yield

    def health(self) -> Health:
        """Ready when the database answers and the first pass is done."""
        database = Check("database", self.database_error is None, self.database_error or "answers")
        done = self.book.ready
        share = sum(self.book.progress.values()) / len(self.book.progress) if self.book.progress else 0.0
        first = Check("totals", done, "sealed" if done else f"first pass over all rows: {share:.0%}")
        failed = {**self.outcome.waiting, **self.outcome.failed}
        domains = [Check(f"domain {name}", ok=False, detail=reason) for name, reason in sorted(failed.items())]
        book = self.book
        saved = Check("state file", not book.save_errors or not book.dirty, f"{book.save_errors} failed saves")
        checks = (database, first, saved, *domains)
        return Health(database.ok and done, checks, share if book.progress and not done else None)
