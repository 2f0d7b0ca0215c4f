"""Compares sealed totals with the table, slice of time by slice, in the background, and repairs them.

A slice is read again and its groups are compared with what was seen at the last check: rows that *arrived late*, that
*changed*, that *vanished*, or that were *purged* (they vanished at the old end of the table, where hardly an older one
is left). Two rows of which one vanished from a group and one joined another of the same slice cannot be told from one
row that changed, and are called so.

Counters never step back. Prometheus takes every step back for a restart from 0 and adds the whole total again, so a
counter corrected from 1000 to 999 would show 999 events that never were. A repair therefore only raises: each number
of a group becomes the greatest that was ever seen in its slice. What the totals hold beyond the table is not hidden
but told (`exporter_reconciliation_difference_rows`); rows that come back to their slice and group use it up. New rows
never do: they belong to slices that have no surplus. So `increase()` is right from the repair on; after rows were
only late, totals equal the table again.

A repair is saved before it is shown, so a kill in between shows nothing twice. The background reads for at most a
share of the time (`exporter.reconciliation.budget`); recent slices take every other turn.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from exporter.engine.book import Book
from exporter.engine.ledger import Group, Groups, Numbers, Slice, counted, pack, total, unpack
from exporter.engine.sealer import instant_of
from exporter.engine.totals import Admission, Totals
from exporter.sources.database import Database

RECENT: Final = timedelta(hours=48)
"""Slices that are not older are compared twice as often as their number asks for."""

CREDIT_SECONDS: Final = 30.0
"""Unused time for reading is not saved up beyond this."""

TURN_SECONDS: Final = 1.0
"""After so much reading the sealing thread goes back to sealing."""

FINDINGS: Final = ("late", "changed", "vanished", "purged")
APART: Final = ("missing", "surplus", "retained")
CLOSE: Final = 1e-9
"""Floats that differ by less, relatively, are equal: the order of rows decides about their last digits."""


@dataclass(slots=True)
class Difference:
    """What happened to the rows of a slice since it was last seen."""

    late: int = 0
    changed: int = 0
    vanished: int = 0


@dataclass(slots=True)
class Reconciler:
    """Takes turns in the sealing thread. What it found is counted by scan since the start."""

    book: Book
    policy: str
    budget: float
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    rows_read: int = 0
    _credit: float = 0.0
    _at: float = 0.0
    _turn: int = 0

    def turn(self, database: Database, timeout: float, lock: threading.Lock, stop: threading.Event) -> None:
        """Compare slices as long as the budget allows, at least none and at most for a second."""
        now = time.monotonic()
        self._credit = min(CREDIT_SECONDS, self._credit + (now - (self._at or now)) * self.budget)
        self._at = begun = now
        started = time.time()
        while self.policy != "off" and self._credit > 0 and not stop.is_set():
            chosen = self._next(started)
            if chosen is None:
                return
            try:
                self.check(*chosen, database, timeout, lock)
            finally:
                chosen[1].checked = time.time()
                spent = time.monotonic() - now
                now += spent
                self._credit -= spent
            if now - begun > TURN_SECONDS:
                return

    def check(
        self, totals: Totals, part: Slice, database: Database, timeout: float, lock: threading.Lock
    ) -> Difference:
        """Read one slice again and act on what is found."""
        scan = totals.scan
        sql, params = scan.window(part.lower, part.upper, closed=False)
        with database.snapshot() as session:
            found = totals.ledger.grouped(session.rows(sql, params, timeout))
        with lock:
            admission = self.book.admission.copy()
        now = folded(found, scan.groups, admission)
        del found  # The groups of a long slice are several megabytes.
        kept, seen = _folded(part, scan.groups, admission)
        difference = compare(seen, now)
        self.rows_read += counted(now)
        self.checks[scan.domain] += 1
        raised = {group: _top(kept.get(group), numbers) for group, numbers in now.items()}
        raised = {group: numbers for group, numbers in raised.items() if not same(kept.get(group), numbers)}
        if self.policy != "repair":
            raised = {}
        if raised or difference != Difference():
            fresh = _noted(part, {**kept, **raised}, now)
            fresh.vanished += difference.vanished
            if not self._take(totals, part, fresh, [kept, raised], lock):
                return Difference()
            self._tell(totals, part, difference, self._empty_before(totals, part, difference, database, timeout))
        return difference

    def _take(self, totals: Totals, part: Slice, fresh: Slice, groups: list[Groups], lock: threading.Lock) -> bool:
        """Repair the totals and save them, before any scrape shows them. False when they were exchanged meanwhile."""
        kept, raised = groups
        with lock:
            if self.book.totals.get(totals.scan.name) is not totals:
                return False
            if raised:
                before = [(*group, *kept[group]) for group in raised if group in kept]
                totals.correct(before, [(*group, *numbers) for group, numbers in raised.items()])
                self.repairs[totals.scan.domain] += 1
            part.rows, part.kept, part.seen = fresh.rows, fresh.kept, fresh.seen
            part.missing, part.surplus, part.vanished = fresh.missing, fresh.surplus, fresh.vanished
            self.book.dirty = True
            self.book.save()
        return True

    def _empty_before(
        self, totals: Totals, part: Slice, difference: Difference, database: Database, timeout: float
    ) -> int:
        """When rows vanished, older slices that have no row any more need not be read. Rows that these lost."""
        if not difference.vanished:
            return 0
        with database.snapshot() as session:
            value = session.rows(totals.scan.oldest_sql, {}, timeout)[0][0]
        try:
            oldest = instant_of(value, totals.scan.at)
        except (ValueError, OverflowError):
            return 0
        lost = 0
        for older in totals.ledger.slices[: totals.ledger.slices.index(part)]:
            gone = oldest is None or older.upper <= oldest
            if gone and older.surplus != older.rows:
                lost += older.rows - older.surplus
                older.vanished += older.rows - older.surplus
                older.seen, older.surplus, older.missing, older.checked = pack({}), older.rows, 0, time.time()
                self.book.dirty = True
        return lost

    def _tell(self, totals: Totals, part: Slice, difference: Difference, before: int) -> None:
        """Count and log what was found."""
        scan, ledger = totals.scan, totals.ledger
        purged = bool(difference.vanished) and ledger.slices.index(part) in ledger.purged()
        amounts = Counter(late=difference.late, changed=difference.changed, purged=before)
        amounts["purged" if purged else "vanished"] += difference.vanished
        for reason, amount in amounts.items():
            self.found[scan.name, reason] += amount
        words = ", ".join(f"{amount} {reason}" for reason, amount in amounts.items() if amount) or "repaired now"
        self.book.log(
            f"{scan.name}: rows from {_day(part.lower)} to {_day(part.upper)} differ: {words}; {self._fate()}"
        )

    def _fate(self) -> str:
        if self.policy == "repair":
            return "counters take up what they missed and keep what they had"
        return "totals are left as they are (exporter.reconciliation.policy is report)"

    def _next(self, now: float) -> tuple[Totals, Slice] | None:
        """The slice that was compared longest ago, every other turn among the recent ones; each once a round."""
        self._turn += 1
        every = [(t, part) for t in self.book.totals.values() if t.horizon is not None for part in t.ledger.slices]
        due = [(t, part) for t, part in every if part.checked < now]
        recent = [(t, part) for t, part in due if part.upper > _since(t)] if self._turn % 2 else []
        return min(recent or due, key=lambda pair: pair[1].checked, default=None)


def compare(seen: Groups, now: Groups) -> Difference:
    """How many rows joined, left or changed. Rows that changed in nothing but a value count as one for each group."""
    gained = lost = edited = 0
    for group in seen.keys() | now.keys():
        old, new = seen.get(group), now.get(group)
        if not same(old, new):
            more = (new[0] if new else 0) - (old[0] if old else 0)
            gained, lost, edited = gained + max(0, more), lost + max(0, -more), edited + (not more)
    moved = min(gained, lost)
    return Difference(gained - moved, moved + edited, lost - moved)


def same(left: Numbers | None, right: Numbers | None) -> bool:
    """Whether two groups have the same numbers."""
    if left is None or right is None or left == right:
        return left == right
    return all(one == other or _close(one, other) for one, other in zip(left, right, strict=True))


def folded(groups: Groups, names: tuple[str, ...], admission: Admission) -> Groups:
    """Groups with the words that have series of their own; what is beyond a label's cap comes together."""
    found: Groups = {}
    for group, numbers in groups.items():
        place: Group = tuple(admission.value(name, word) for name, word in zip(names, group, strict=True))
        present = found.get(place)
        found[place] = numbers if present is None else list(map(total, present, numbers))
    return found


def _folded(part: Slice, names: tuple[str, ...], admission: Admission) -> tuple[Groups, Groups]:
    """Groups that are kept and groups that were seen last."""
    kept = folded(unpack(part.kept), names, admission)
    return kept, kept if part.seen is None else folded(unpack(part.seen), names, admission)


def _noted(part: Slice, kept: Groups, now: Groups) -> Slice:
    """The slice with what is kept from now on, and how the table differs from it."""
    equal = kept.keys() == now.keys() and all(same(numbers, now[group]) for group, numbers in kept.items())
    seen = None if equal else pack(now)
    return Slice(
        part.lower, part.upper, counted(kept), pack(kept), seen, _apart(now, kept), _apart(kept, now), part.vanished
    )


def domain_ages(totals: Iterable[Totals], now: float) -> dict[str, float]:
    """For each domain how long ago the slice was compared that has waited longest."""
    ages: dict[str, float] = {}
    for each in totals:
        waited = [now - part.checked for part in each.ledger.slices]
        if waited:
            ages[each.scan.domain] = max(ages.get(each.scan.domain, 0.0), *waited)
    return ages


def differences(totals: Iterable[Totals]) -> Counter[tuple[str, str]]:
    """Rows by which totals and table are apart now: `missing` in the totals, `surplus`, and `retained` after a purge."""
    every, found = list(totals), Counter[tuple[str, str]]()
    for each in every:
        purged = each.ledger.purged()
        for place, part in enumerate(list(each.ledger.slices)):
            found[each.scan.name, "missing"] += part.missing
            found[each.scan.name, "retained" if place in purged else "surplus"] += part.surplus
    return by_domain(every, found)


def by_domain(totals: Iterable[Totals], rows: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Rows by scan and reason, added up by domain; rows that several scans read count once for each of their event times.

    Changed rows are an exception: what one scan sees of them, such as a label, is not what another sees.
    """
    most: dict[tuple[str, str, str, str], int] = {}
    for each in totals:
        scan = each.scan
        for reason in (*FINDINGS, *APART):
            event = (scan.domain, scan.source.entity.name, scan.at.column.name, reason)
            one, before = rows[scan.name, reason], most.get(event, 0)
            most[event] = before + one if reason == "changed" else max(before, one)
    found: Counter[tuple[str, str]] = Counter()
    for (domain, _, _, reason), amount in most.items():
        found[domain, reason] += amount
    return found


def _close(one: Any, other: Any) -> bool:
    floats = isinstance(one, float) or isinstance(other, float)
    return floats and None not in (one, other) and abs(float(one) - float(other)) <= CLOSE * abs(float(other))


def _top(kept: Numbers | None, now: Numbers) -> Numbers:
    """Number by number the greater one."""
    return now if kept is None else [_greater(one, other) for one, other in zip(kept, now, strict=True)]


def _greater(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return one if _close(one, other) else max(one, other)


def _apart(left: Groups, right: Groups) -> int:
    """Rows that the left side has more, group by group."""
    return sum(max(0, numbers[0] - (right[group][0] if group in right else 0)) for group, numbers in left.items())


def _since(totals: Totals) -> datetime:
    return (totals.horizon or totals.ledger.slices[-1].upper) - RECENT


def _day(instant: datetime) -> str:
    return "the beginning" if instant.year == 1 else f"{instant:%Y-%m-%d %H:%M}"
