"""What the exporter holds of one database: plan, totals, admitted label values, lines; and its state file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from exporter.engine import state
from exporter.engine.horizon import Horizon
from exporter.engine.late import LatePrices, told
from exporter.engine.scans import Plan, Scan
from exporter.engine.scrape import Views
from exporter.engine.tail import slice_width
from exporter.engine.totals import Admission, Totals
from exporter.labels import LABELS
from exporter.prices import Price
from exporter.sources.database import Moment, Row

if TYPE_CHECKING:
    from exporter.settings import Settings

LOST_SECONDS: Final = 86_400.0
"""How long it is shown that totals were lost."""


class Book:
    """Everything that scrapes read and sealing changes. Whoever uses it holds the collector's lock."""

    def __init__(self, settings: Settings, horizon: Horizon, log: Callable[[str], None]) -> None:
        self.settings = settings
        self.horizon = horizon
        self.log = log
        self.path = settings.exporter.state_file
        self.admission = self._new_admission()
        self.plan: Plan | None = None
        self.totals: dict[str, Totals] = {}
        self.views: Views | None = None
        self.progress: dict[str, float] = {}
        self.position: int | None = None
        self.dirty = False
        self.writable = False
        self.saves = self.save_errors = 0
        self.saved_at: float | None = None
        self.identity = ""
        self.lost_at: float | None = None
        self.counted: dict[str, int] = {}
        self.prices = LatePrices()
        self.lock = state.Lock(self.path)

    @property
    def ready(self) -> bool:
        """Whether the first pass of every scan is done."""
        return self.plan is not None and all(totals.horizon is not None for totals in self.totals.values())

    def adopt(self, found: Plan, identity: str) -> None:
        """Take a new plan: totals whose definition did not change are kept, others come from the state or are made anew."""
        if identity != self.identity:
            self.totals, self.admission, self.identity = {}, self._new_admission(), identity
            self._recall(identity)
        saved = self._load(identity) if not self.totals else None
        old = {name: (self._fingerprint(totals.scan), totals) for name, totals in self.totals.items()}
        self.plan, self.totals = found, {}
        for scan in found.scans:
            fingerprint = self._fingerprint(scan)
            kept = old.get(scan.name)
            totals = kept[1] if kept and kept[0] == fingerprint else Totals(scan, self.admission)
            entry = saved.scans.get(scan.name) if saved is not None else None
            if entry is not None and entry["fingerprint"] == fingerprint:
                state.restore(entry, totals)
            self.totals[scan.name] = totals
        self.distrust()
        for name, totals in self.totals.items():
            self.progress[name] = 0.0 if totals.horizon is None else 1.0
        self.wire()

    def locate(self, moment: Moment) -> None:
        """Note where the database's transactions stand; one that stands before that went back to a backup."""
        if moment.oldest is None or moment.bound is None:
            return
        if self.position is not None and moment.bound < self.position:
            self.log("the database went back to a backup; totals are read anew")
            for name, totals in self.totals.items():
                self._forget(name, totals)
        self.position = moment.oldest

    def put(self, fresh: Totals, instead: Totals) -> None:
        """Exchange a scan's totals for those of a finished first pass, unless they were exchanged meanwhile."""
        if self.totals.get(fresh.scan.name) is instead:
            fresh.fold(self.admission)
            self._lament(fresh, max(instead.rows, self.counted.get(fresh.scan.name, 0)))
            self.totals[fresh.scan.name] = fresh
            self.dirty = True
            self.wire()

    def seal(self, totals: Totals, rows: Sequence[Row], upper: datetime) -> None:
        """Move the rows before `upper` from the tail of a scan to its sealed totals."""
        totals.seal(rows, upper)
        if self.views is not None and self.totals.get(totals.scan.name) is totals:
            self.views.sealed(totals)
        self.dirty = True

    @property
    def priced(self) -> list[Totals]:
        """Totals whose cost is worked out from prices in the database; a file's prices are a part of their statements."""
        if self.settings.prices.file is not None:
            return []
        return [totals for totals in self.totals.values() if totals.scan.source.joined]

    def mind(self, prices: Iterable[Price]) -> None:
        """Note the prices by which the next rows are sealed, and tell those that come too late for some."""
        sealed = [totals.horizon for totals in self.priced if totals.horizon is not None]
        if not sealed:
            self.prices.begin()
        if self.prices.look(prices, max(sealed, default=None)):
            self.dirty = True
            self.log(told(self.prices.late, self.path))

    @property
    def lost(self) -> bool:
        """Whether totals began anew from fewer rows than they had counted, within the last day."""
        return self.lost_at is not None and time.time() - self.lost_at < LOST_SECONDS

    def _lament(self, fresh: Totals, before: int) -> None:
        """Say when totals that were read anew count less than they did before."""
        if fresh.rows < before:
            self.lost_at = time.time()
            self.log(
                f"{fresh.scan.name}: {before - fresh.rows} of {before} rows that were counted before are no longer in the "
                "database; its counters begin anew from the rows that are there"
            )

    def _recall(self, identity: str) -> None:
        """What the totals of this database counted when they were last saved."""
        known = self.lock.known
        self.counted = dict(known.get("rows", {})) if known.get("identity") == identity else {}
        if self.counted and not self.path.exists():
            self.log(
                f"state file {self.path} is gone, though this exporter has saved it before; totals are read anew, and "
                "rows that were deleted from the database since are no longer counted"
            )

    def distrust(self) -> None:
        """After the database's clock went back, totals that lie beyond it could miss rows: they are made anew."""
        for name, totals in self.totals.items():
            if totals.horizon is not None and self.horizon.beyond(totals.horizon):
                self.log(f"{name}: the database's clock went back behind the horizon; its totals are read anew")
                self._forget(name, totals)

    def _forget(self, name: str, totals: Totals) -> None:
        self.counted[name] = max(totals.rows, self.counted.get(name, 0))
        self.totals[name] = Totals(totals.scan, self.admission)
        self.progress[name] = 0.0
        self.wire()

    def wire(self) -> None:
        """New lines after totals were exchanged; every series is written once more."""
        if self.plan is None:
            return
        self.views = Views(self.plan, width=slice_width(self.settings.exporter.settle))
        for totals in self.totals.values():
            totals.touched = {base: set(series) for base, series in totals.sealed.items()}

    def save(self) -> None:
        """Write the state file if anything changed. A disk that refuses is told once and tried again later."""
        if not self.writable or not self.identity or not (self.dirty or self.admission.changed):
            return
        entries = {name: (self._fingerprint(totals.scan), totals) for name, totals in self.totals.items()}
        try:
            state.save(
                self.path, self.identity, self.position, self.admission, entries, self.lost_at, self.prices.dump()
            )
        except state.StateError as error:
            if not self.save_errors:
                self.log(str(error))
            self.save_errors += 1
            return
        self.saves += 1
        self.saved_at = time.time()
        self.dirty = self.admission.changed = False
        sealed = {name: totals.rows for name, totals in self.totals.items() if totals.horizon is not None}
        self.counted = {**self.counted, **sealed}
        self.lock.remember({"identity": self.identity, "rows": self.counted})

    def _new_admission(self) -> Admission:
        caps = {label.name: self.settings.exporter.label_caps.get(label.name, label.cap) for label in LABELS}
        return Admission(caps)

    def _fingerprint(self, scan: Scan) -> str:
        parts = [
            "slices",
            scan.sql,
            scan.at.zone,
            str(scan.at.source.format),
            repr(sorted(self.admission.caps.items())),
        ]
        parts += [f"{f.metric.base}{f.labels}{f.slots}{f.bounds}{f.keep_zero}" for f in scan.families]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _load(self, identity: str) -> state.State | None:
        """The state on disk if it is of this database and not newer than it."""
        try:
            found = state.load(self.path)
        except state.StateError as error:
            self.log(f"{error}; totals are read anew from the database")
            return None
        if found is None:
            return None
        if found.identity != identity:
            self.log(f"state file {self.path} is of another database; totals are read anew")
            return None
        if found.newest is not None and self.position is not None and self.position < found.newest:
            self.log(
                f"state file {self.path} is newer than the database, which went back to a backup; totals are read anew"
            )
            return None
        self.lost_at = found.lost_at
        self.prices.restore(found.prices)
        for label, values in found.labels.items():
            self.admission.admitted[label] = set(values)
        self.admission.known_beyond = dict(found.beyond)
        return found
