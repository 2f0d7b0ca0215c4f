"""Catches a scrape of something that runs between two snapshots of the database, one just before and one just after it.

Recounting takes long, and rows come and change meanwhile. The snapshots stand still: what the scrape read lies between
two instants that are less than a second apart, however long the recount of both takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from exporter.metrics import CATALOGUE
from exporter.sources.database import Database, Session
from exporter.verify.compare import Difference, Expected
from exporter.verify.fields import VerifyError
from exporter.verify.recount import Number, Table
from exporter.verify.shown import Prometheus, Shown, read_text, scrape

Window = tuple[datetime, datetime]
Recount = Callable[[Session, Window], dict[str, Expected]]
LOOKS: Final = 3
"""So often is looked where something differs; what differs once only is a row that came and went between the snapshots."""

TRIES: Final = 10
"""So often is tried to catch a scrape: others may have asked for the one that is given."""

LEAD: Final = timedelta(seconds=0.3)
"""So long before the next scrape of Prometheus the first snapshot is taken."""

POLL: Final = 0.05
PATIENCE: Final = 3
"""Prometheus is given up after so many intervals without a scrape."""


class Source(Protocol):
    """Something that shows samples of a scrape."""

    @property
    def where(self) -> str:
        """Its name in words."""

    def prepare(self, clock: datetime, /) -> None:
        """Wait until a scrape is about to come."""

    def catch(self, after: datetime, /) -> None:
        """Wait for a scrape, one that read the database after an instant where that can be told."""

    def shown(self) -> Shown:
        """What that scrape showed."""


@dataclass
class Running:
    """A running exporter."""

    url: str
    reuse: float
    _text: str = ""

    @property
    def where(self) -> str:
        """Its name in words."""
        return f"exporter at {self.url}"

    def prepare(self, _: datetime, /) -> None:
        """Nobody has to wait: it is scraped when asked."""

    def catch(self, _: datetime, /) -> None:
        """Scrape it when what others asked for is no longer given."""
        time.sleep(self.reuse)
        self._text = scrape(self.url)

    def shown(self) -> Shown:
        """What it gave."""
        return read_text(CATALOGUE, self._text)


@dataclass
class Scraping:
    """A Prometheus that scrapes an exporter which tells when it reads its database."""

    server: Prometheus
    known: list[tuple[float, datetime]]
    where: str = "Prometheus now"
    _scraped: float = field(default=0.0, init=False)

    @property
    def interval(self) -> float:
        """Seconds between its last two scrapes."""
        times = sorted({stamp for stamp, _ in self.known})
        return times[-1] - times[-2] if len(times) > 1 else 1.0

    def prepare(self, clock: datetime, /) -> None:
        """Sleep until shortly before the next scrape, by the database's own clock."""
        self.known = self.server.snapshots() or self.known
        step = timedelta(seconds=self.interval)
        coming = self.known[-1][1] + step
        while coming < clock + LEAD:
            coming += step
        time.sleep((coming - LEAD - clock).total_seconds())

    def catch(self, after: datetime, /) -> None:
        """Wait for a scrape that read the database after an instant."""
        deadline = time.monotonic() + PATIENCE * self.interval + 10.0
        while (newest := self.server.snapshots() or self.known)[-1][1] <= after:
            if time.monotonic() > deadline:
                raise VerifyError(f"{self.server.url} does not scrape job {self.server.job} any more")
            time.sleep(POLL)
        self.known, self._scraped = newest, newest[-1][0]

    def shown(self) -> Shown:
        """What it has of that scrape."""
        return self.server.at(CATALOGUE, self._scraped)


def look(source: Source, databases: tuple[Database, Database], recount: Recount) -> tuple[Shown, dict[str, Expected]]:
    """One scrape, and what it may show by the rows of either snapshot at the instant that it says it read."""
    with ExitStack() as stack:
        for _ in range(TRIES):
            with databases[0].snapshot() as session:
                clock = session.moment.now
            source.prepare(clock)
            before = stack.enter_context(databases[0].snapshot())
            source.catch(before.moment.now)
            after = stack.enter_context(databases[1].snapshot())
            found = source.shown()
            first, last = before.moment.now, after.moment.now
            window = (found.moments[0], found.moments[-1]) if found.moments else (first, last)
            if first <= window[0] and window[1] <= last:
                return found, between(recount(before, window), recount(after, window))
            stack.pop_all().close()
    raise VerifyError(
        f"{source.where} shows a snapshot that was not read while it was asked; is it of the same database, "
        "and does only one exporter read it?"
    )


def between(before: dict[str, Expected], after: dict[str, Expected]) -> dict[str, Expected]:
    """The lesser and the greater of each sample."""
    found = {}
    for base in before.keys() & after.keys():
        one, other = before[base], after[base]
        least, most = _each(min, one.least, other.least), _each(max, one.most, other.most)
        found[base] = replace(one, least=least, most=most)
    return found


def _each(choose: Callable[[Number, Number], Number], one: Table, other: Table) -> Table:
    """The lesser or greater of each sample; without rows it is 0."""
    if one == other:
        return one
    chosen = {place: choose(one.get(place, 0), other.get(place, 0)) for place in one.keys() | other.keys()}
    return {place: value for place, value in chosen.items() if value or (place in one and place in other)}


def recurring(looks: list[list[Difference]]) -> tuple[list[Difference], list[Difference]]:
    """What differed in more than one of several looks, and what did in one only."""
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], list[Difference]] = {}
    for wrong in looks:
        for difference in wrong:
            seen.setdefault((difference.sample, tuple(sorted(difference.labels.items()))), []).append(difference)
    return [each[-1] for each in seen.values() if len(each) > 1], [each[0] for each in seen.values() if len(each) == 1]
