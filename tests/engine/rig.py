"""An exporter on a test database: a clock that a test moves, ticks one at a time, and an independent recount."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Final

import psycopg
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from exporter.engine.collector import Collector
from exporter.exposition import Exposition
from exporter.mapping import Mapping, load
from exporter.mapping.model import parse
from exporter.schema import statements
from exporter.settings import Settings
from exporter.sources.database import Ahead, Database, Moment, Postgres, Session, connect
from tests.engine.recount import RECOUNTED, Labels, Samples, key, recount

OPEN: Final[list[Callable[[], None]]] = []
"""What a test leaves open if it fails."""

START: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The time that the exporter and the rows of a test go by."""

    now: datetime = START

    def forward(self, seconds: float) -> datetime:
        """Move the clock, back if negative."""
        self.now += timedelta(seconds=seconds)
        return self.now


class Checked(Postgres):
    """Recounts the table in the very snapshot that a scrape has read."""

    expected: Samples | None = None
    clock: Clock | None = None

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        with super().snapshot(ahead) as session:
            session.moment = self.moment(session)
            yield session
            self.after(session)

    def moment(self, session: Session) -> Moment:
        """What the engine is told; wrong variants tell something else."""
        return replace(session.moment, now=self.clock.now) if self.clock is not None else session.moment

    def after(self, session: Session) -> None:
        """Recount before the snapshot ends."""
        self.expected = recount(session)


class Unchecked(Checked):
    """The background's connection, which shows nothing."""

    def after(self, session: Session) -> None:
        pass


def read(text: str, *, openmetrics: bool = False) -> Samples:
    """What a scraper understands of an exposition."""
    parser: Any = openmetrics_families if openmetrics else text_string_to_metric_families
    found: Samples = {}
    for family in parser(text):
        for sample in family.samples:
            place = key(sample.name, sample.labels)
            assert place not in found, f"{place} is given twice"
            found[place] = sample.value
    return found


def total(samples: Samples, name: str, **labels: str) -> float:
    """Sum of the series of a name that have these labels."""
    return sum(
        value for (series, of), value in samples.items() if series == name and labels.items() <= dict(of).items()
    )


def has(samples: Samples, name: str) -> bool:
    """Whether a name has any series."""
    return any(series == name for series, _ in samples)


def difference(shown: Samples, expected: Samples) -> dict[tuple[str, Labels], tuple[float | None, float | None]]:
    """Series of the recounted metrics that a scrape shows in another way than the table."""
    mine = {place: value for place, value in shown.items() if place[0].startswith(RECOUNTED)}
    return {
        place: (mine.get(place), expected.get(place))
        for place in sorted(mine.keys() | expected.keys())
        if mine.get(place) != expected.get(place)
    }


def settings(url: str, state: Path, **sections: dict[str, Any]) -> Settings:
    """Settings for a database, with a state file of the test's own."""
    data: dict[str, Any] = {
        "database": {"url": url, **sections.get("database", {})},
        "exporter": {
            "state_file": str(state),
            "settle": 60,
            "seal_interval": 10,
            "reuse": 0,
            **sections.get("exporter", {}),
        },
    }
    return Settings.model_validate({**data, **{k: v for k, v in sections.items() if k not in data}})


@dataclass
class Rig:
    """One exporter, moved by hand: no thread of its own unless `collector.start` is called."""

    settings: Settings
    connect: Callable[[], Database]
    mapping: Mapping | None = None
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        OPEN.append(self.close)
        self.collector = Collector(
            self.settings, self.mapping or load(self.settings.database), self.connect, self.lines.append
        )
        self.exposition = Exposition(self.collector, list)

    def tick(self) -> None:
        """What the background does every few seconds."""
        self.collector._tick(lambda _, __: None)

    def scrape(self, *, openmetrics: bool = False) -> Samples:
        """One scrape, read back."""
        return read(self.exposition.exposition(openmetrics).decode(), openmetrics=openmetrics)

    def settled(self) -> Samples:
        """A scrape after a tick."""
        self.tick()
        return self.scrape()

    def said(self, words: str) -> bool:
        """Whether a line of the log has these words."""
        return any(words in line for line in self.lines)

    def kill(self) -> None:
        """Vanish without saving, as SIGKILL would have it."""
        self.collector._file_lock.release()
        for database in (self.collector._scraper, self.collector._background):
            database.close()

    def close(self) -> None:
        """End in good order."""
        self.collector.close()


def checked(
    url: str,
    state: Path,
    clock: Clock | None = None,
    *,
    scraper: type[Checked] = Checked,
    background: type[Checked] = Unchecked,
    mapping: Mapping | None = None,
    **sections: dict[str, Any],
) -> Rig:
    """A rig for the calls of the reference schema whose scrapes are recounted."""
    kinds = chain((scraper,), repeat(background))

    def connect() -> Database:
        database = next(kinds)(url, 3.0)
        database.clock = clock
        return database

    exporter = {"domains": ["calls"], **sections.pop("exporter", {})}
    return Rig(settings(url, state, exporter=exporter, **sections), connect, mapping)


def wrong(rig: Rig) -> dict[tuple[str, Labels], tuple[float | None, float | None]]:
    """What one scrape shows in another way than the table at its snapshot."""
    shown = rig.scrape()
    database = rig.collector._scraper
    assert isinstance(database, Checked)
    assert database.expected is not None, f"the scrape failed: {rig.lines}"
    return difference(shown, {**ended(rig), **database.expected})


def ended(rig: Rig) -> Samples:
    """The zeros of levels that ended just before the exporter began; test_levels.py holds them against rows."""
    kept, plan = rig.collector.ended, rig.collector.book.plan
    if kept is None or kept.began is None or plan is None:
        return {}
    return {
        key(level.family.metric.name, dict(zip(level.family.metric.label_names, labels, strict=True))): 0.0
        for level in plan.levels
        for labels in kept.shown(level, {}, kept.began)
    }


def mapped(text: str) -> Mapping:
    """A mapping from YAML."""
    return parse(text, "test.yml")


def prepare(url: str) -> None:
    """Load the reference schema."""
    with psycopg.connect(url) as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())


@dataclass
class Place:
    """A database with the reference schema, a clock and a state file."""

    url: str
    state: Path
    clock: Clock

    def rig(self, **given: Any) -> Rig:
        """An exporter of calls whose scrapes are recounted."""
        return checked(self.url, self.state, self.clock, **given)

    def plain(self, **sections: Any) -> Rig:
        """An exporter of everything, by the real clock."""
        return Rig(settings(self.url, self.state, **sections), lambda: connect(self.url, 3.0))

    def sql(self, *statements: str) -> None:
        """Run statements and commit."""
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def calls(self, number: int, **columns: Any) -> None:
        """Commit ended calls."""
        writer = Writer(self.url, f"w{time.monotonic_ns()}", self.clock)
        for _ in range(number):
            writer.insert(**columns)
        writer.commit()
        writer.close()


def until(what: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def own(samples: Samples, name: str, **labels: str) -> float | None:
    """One of the exporter's own series."""
    return samples.get((f"exporter_{name}", tuple(sorted(labels.items()))))


@dataclass
class Writer:
    """Writes calls in transactions that stay open as long as a test wants."""

    url: str
    name: str
    clock: Clock | None = None
    rows: int = 0

    def __post_init__(self) -> None:
        self.connection = psycopg.connect(self.url)
        OPEN.append(self.close)

    def insert(self, **columns: Any) -> str:
        """One ended call, stamped now: by the test's clock, or by the database's when it has none."""
        self.rows += 1
        row = {
            "id": f"{self.name}-{self.rows}", "tenant": f"t{self.rows % 3}", "agent": f"a{self.rows % 2}", "agent_type": "voice",
            "channel": "phone", "campaign": "spring", "outcome": ("qualified", "failed")[self.rows % 2],
            "duration_seconds": self.rows % 70 + 0.25, **columns,
        }  # fmt: skip
        stamps = {} if self.clock is None else dict.fromkeys(("initiated_at", "ended_at"), self.clock.now)
        row = {**stamps, **row}
        names = [*row, *(name for name in ("initiated_at", "ended_at") if name not in row)]
        values = [f"%({name})s" if name in row else "clock_timestamp()" for name in names]
        sql = f"INSERT INTO call_sessions ({', '.join(names)}) VALUES ({', '.join(values)})"
        self.connection.execute(sql.encode(), row)
        return str(row["id"])

    def execute(self, sql: str, *params: Any) -> None:
        """A statement in the open transaction."""
        self.connection.execute(sql.encode(), params or None)

    def commit(self) -> None:
        """Commit what is open."""
        self.connection.commit()

    def rollback(self) -> None:
        """Roll back what is open."""
        self.connection.rollback()

    def close(self) -> None:
        """End; what is open is rolled back."""
        self.connection.close()
