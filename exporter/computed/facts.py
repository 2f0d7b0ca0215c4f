"""What a computation may ask: rows of entities at an instant, in one snapshot, by plain SQL over their own column names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from exporter.engine.relation import relation, unreadable
from exporter.engine.resolve import Source
from exporter.entity import Column, Entity
from exporter.metric import Computed
from exporter.sources.database import Row, Session

if TYPE_CHECKING:
    from exporter.settings import Settings

PARAMETER: Final = re.compile(r"(?<![:\w]):([a-z_]\w*)")
MEMORY: Final = """
SELECT set_config('work_mem', '32MB', true) WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('32MB')
"""
ALONE: Final = "SELECT set_config('max_parallel_workers_per_gather', '0', true)"
PLACE: Final = re.compile(r"\{([a-z_]\w*)\}")
LATELY: Final = timedelta(minutes=2)


class ComputationError(Exception):
    """A computation is defined wrongly."""


@dataclass(frozen=True, slots=True)
class Value:
    """One sample of a computed metric; a number that is not known is no sample."""

    metric: Computed
    labels: tuple[str | None, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Relation:
    """An entity in a window of time, to be put into a statement."""

    source: Source
    at: Column | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Computation:
    """A function that gives values of some metrics from rows.

    `needs` are the columns without which it cannot; of `uses` it reads what is mapped, after asking `facts.has`.
    """

    name: str
    domain: str
    metrics: tuple[Computed, ...]
    needs: Mapping[Entity, tuple[str, ...]]
    run: Callable[[Facts], Iterable[Value]]
    every: float = 60.0
    timeout: float = 30.0
    uses: tuple[Entity, ...] = ()
    shared: bool = False
    """Whether others may take what it gave last, by `Facts.lately`."""

    def __post_init__(self) -> None:
        for entity, columns in self.needs.items():
            for column in columns:
                entity[column]  # EntityError names the columns that there are
        for metric in self.metrics:
            if metric.domain != self.domain:
                raise ComputationError(f"computation {self.name} of {self.domain}: {metric.base} is of {metric.domain}")


def lacks(computation: Computation, sources: Mapping[str, Source]) -> str | None:
    """Why a computation cannot run on these sources."""
    for entity, columns in computation.needs.items():
        source = sources.get(entity.name)
        if source is None:
            return f"entity {entity.name} is not mapped"
        reason = source.missing(entity[column] for column in columns) or unreadable(source)
        if reason is not None:
            return reason
    return None


@dataclass(slots=True)
class Facts:
    """Rows at an instant. Instants are seconds since the epoch in statements, flags 1 or 0, ratios 0 to 1, money US dollars.

    `{call}` in a statement is the relation given as `call=facts.of(CALL, ...)`, `:limit` a value given as `limit=...`.
    Statements keep to what PostgreSQL and SQLite share.
    """

    instant: datetime
    settings: Settings
    session: Session
    sources: Mapping[str, Source]
    timeout: float
    dialect: str
    computed: Mapping[str, tuple[datetime, tuple[Value, ...]]] = field(default_factory=dict)
    """What shared computations gave last, by name, and the instant that it holds for."""

    def lately(self, name: str) -> tuple[Value, ...] | None:
        """What a computation gave in the last two minutes, for others that would read the same rows again."""
        instant, values = self.computed.get(name, (None, ()))
        return values if instant is not None and timedelta(0) <= self.instant - instant <= LATELY else None

    def take_memory(self) -> None:
        """Let this snapshot's statements group in memory what would go through files, unless more is allowed anyway."""
        if self.dialect == "postgresql":
            self.session.rows(MEMORY, {}, self.timeout)

    def stay_alone(self) -> None:
        """Let this snapshot's statements do without parallel workers: scrapes that come meanwhile need a processor too."""
        if self.dialect == "postgresql":
            self.session.rows(ALONE, {}, self.timeout)

    @property
    def now(self) -> float:
        """The instant as seconds since the epoch."""
        return self.instant.timestamp()

    def has(self, entity: Entity, *columns: str) -> bool:
        """Whether these columns are mapped and there, and can be read."""
        source = self.sources.get(entity.name)
        return source is not None and all(name in source.columns for name in columns) and unreadable(source) is None

    def of(
        self,
        entity: Entity,
        at: Column | None = None,
        *,
        since: datetime | timedelta | None = None,
        until: datetime | None = None,
    ) -> Relation:
        """Rows of an entity: with `at` those up to the instant (or `until`), `since` an instant or for a length of time."""
        start = self.instant - since if isinstance(since, timedelta) else since
        end = (until or self.instant) if at is not None else None
        return Relation(self.sources[entity.name], at, start, end)

    def read(self, sql: str, **given: Any) -> list[Row]:
        """Rows of a statement."""
        params: dict[str, Any] = {name: value for name, value in given.items() if not isinstance(value, Relation)}
        text = sql.replace("%", "%%") if self.dialect == "postgresql" else sql
        if self.dialect == "postgresql":
            text = PARAMETER.sub(r"%(\1)s", text)
        for name, of in given.items():
            if isinstance(of, Relation):
                inner, more = relation(of.source, name, of.at, of.since, of.until)
                text = text.replace(f"{{{name}}}", inner)
                params |= more
        left = PLACE.search(text)
        if left:
            raise ComputationError(f"{{{left[1]}}} stands in a statement but no relation {left[1]} was given")
        return self.session.rows(text, params, self.timeout)
