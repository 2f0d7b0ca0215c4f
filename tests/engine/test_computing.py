"""Computations in the background: right values from real rows, trouble that costs only its own metrics."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.computed.facts import Computation, ComputationError, Facts, Value
from exporter.engine.collector import Collector
from exporter.engine.computing import Computer
from exporter.entities.conversations import CONVERSATION
from exporter.exposition import Exposition
from exporter.labels import CHANNEL, TENANT
from exporter.mapping import load
from exporter.metric import Computed
from exporter.schema import apply, statements
from exporter.sources.database import connect
from tests.conftest import Postgres
from tests.engine.rig import settings as settings_for

LONG = Computed(base="conversation_longest_seconds", help="Longest.", domain="conversations", labels=(TENANT, CHANNEL))


def longest(facts: Facts) -> Iterator[Value]:
    """The longest conversation of the last hour, by when it ended."""
    recent = facts.of(CONVERSATION, CONVERSATION["ended_at"], since=timedelta(hours=1))
    sql = "SELECT tenant, channel, MAX(ended_at - started_at) FROM {talk} WHERE messages >= :least GROUP BY tenant, channel"
    for tenant, channel, seconds in facts.read(sql, talk=recent, least=2):
        yield Value(LONG, (tenant, channel), seconds)


def computation(run: Callable[[Facts], Iterator[Value]] = longest, *, every: float = 60.0) -> Computation:
    """It needs what the mapping may not have."""
    return Computation("longest", "conversations", (LONG,), {CONVERSATION: ("ended_at", "messages")}, run, every=every)


ROWS = (
    ("a", "acme", "web", 600.0, 100.0, 5),
    ("b", "acme", "web", 900.0, 300.5, 5),
    ("c", "acme", None, 700.0, 50.0, 5),
    ("d", "acme", "web", 7200.0, 3000.0, 5),
    ("e", "acme", "web", 500.0, 400.0, 1),
    ("f", "acme", "web", 100.0, -200.0, 9),
)
"""Id, tenant, channel, seconds ago at which it began, how long it went on (f ends in the future), messages."""


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with conversations, of each kind."""
    now = datetime.now(UTC)
    rows = []
    for name, tenant, channel, ago, length, messages in ROWS:
        begun = now - timedelta(seconds=ago)
        ended = now + timedelta(hours=1) if length < 0 else begun + timedelta(seconds=length)
        rows.append((name, tenant, channel, begun, ended, messages))
    columns = "INSERT INTO agent_conversations (id, tenant, channel, started_at, ended_at, messages) VALUES"
    if request.param == "sqlite":
        path = tmp_path / "app.db"
        with closing(sqlite3.connect(path)) as connection:
            apply(connection, "sqlite")
            text = [(*row[:3], *(str(at.replace(tzinfo=None)) for at in row[3:5]), row[5]) for row in rows]
            connection.executemany(f"{columns} (?, ?, ?, ?, ?, ?)", text)
            connection.commit()
        return f"sqlite:///{path}"
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        connection.cursor().executemany(f"{columns} (%s, %s, %s, %s, %s, %s)".encode(), rows)
    return postgres.url


class Rig:
    """A collector that has planned, and a computer beside it."""

    def __init__(self, url: str, state: Path, *computations: Computation, **sections: dict[str, object]) -> None:
        of = settings_for(url, state, **sections)
        self.url = url
        self.lines: list[str] = []
        self.collector = Collector(of, load(of.database), lambda: connect(url, 3.0), self.lines.append)
        book = self.collector.book
        self.collector.once(lambda _, __: None)
        self.computer = Computer(
            of,
            connect(url, 3.0),
            lambda: book.plan,
            lambda: book.admission,
            self.lines.append,
            computations=computations,
        )
        self.computer.once()

    def values(self) -> dict[tuple[str, ...], float]:
        """Series of the one metric."""
        return {key: vector[0] for _, series in self.computer.families() for key, vector in series.items()}

    def close(self) -> None:
        """Let go of the database."""
        self.computer.close()
        self.collector.close()


@pytest.fixture
def rig(url: str, tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes rigs and closes them."""
    made = []

    def make(*computations: Computation, **sections: dict[str, object]) -> Rig:
        made.append(Rig(url, tmp_path / "state.json", *computations, **sections))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_values_are_those_of_the_rows(rig: Callable[..., Rig]) -> None:
    """Only rows of the window count, instants subtract exactly enough, a missing word is unknown."""
    found = rig(computation())
    assert found.lines == []
    assert {key: round(value, 3) for key, value in found.values().items()} == {
        ("acme", "web"): 300.5,
        ("acme", "unknown"): 50.0,
    }


def test_no_parallel_workers(rig: Callable[..., Rig]) -> None:
    """A computation leaves the other processors to scrapes that come meanwhile."""
    asked: list[str] = []

    def ask(facts: Facts) -> Iterator[Value]:
        if facts.dialect == "postgresql":
            asked.extend(facts.session.rows("SHOW max_parallel_workers_per_gather", {}, 1.0)[0])
        return longest(facts)

    found = rig(computation(ask))
    assert found.lines == []
    assert set(asked) <= {"0"}
    assert bool(asked) == found.url.startswith("postgresql")


def test_trouble_costs_only_its_own_metrics(rig: Callable[..., Rig]) -> None:
    """A statement that fails, takes too long or divides by zero is told once and shown; the others go on."""

    def broken(facts: Facts) -> Iterator[Value]:
        facts.read("SELECT nothing FROM {talk}", talk=facts.of(CONVERSATION))
        yield from ()

    def zero(_: Facts) -> Iterator[Value]:
        yield Value(LONG, ("acme", "web"), 1 / 0)

    def unlike(_: Facts) -> Iterator[Value]:
        yield Value(LONG, ("acme",), 1)

    names = {"broken": broken, "zero": zero, "unlike": unlike, "fine": longest}
    needs = {CONVERSATION: ("ended_at",)}
    found = rig(*(Computation(name, "conversations", (LONG,), needs, run) for name, run in names.items()))
    results = found.computer.results
    assert {name: one.error is None for name, one in results.items()} == {
        "broken": False, "zero": False, "unlike": False, "fine": True,
    }  # fmt: skip
    assert results["zero"].error == "ZeroDivisionError: division by zero"
    assert len(found.values()) == 2
    assert len(found.lines) == 3
    for one in results.values():
        one.due_at = 0
    found.computer.once()
    assert len(found.lines) == 3, "told once"


def test_values_too_old_are_not_known(rig: Callable[..., Rig]) -> None:
    """What could not be computed for long is not shown as if it stood."""
    found = rig(computation(every=60.0))
    result = found.computer.results["longest"]
    assert result.done_at is not None
    result.done_at -= 3 * 60.0 + 61.0
    assert found.values() == {}


def test_values_beyond_a_cap_are_left_out(rig: Callable[..., Rig]) -> None:
    """Distinct things cannot be added up under `other`."""

    def many(_: Facts) -> Iterator[Value]:
        yield from (Value(LONG, (f"tenant-{number}", "web"), number) for number in range(5))

    found = rig(computation(many), exporter={"label_caps": {"tenant": 2}})
    assert len(found.values()) == 1, "acme has the other place"
    assert found.collector.book.admission.beyond("tenant") == 4


def test_what_is_switched_off_is_not_computed(rig: Callable[..., Rig]) -> None:
    """A disabled metric, and a domain that is not wanted."""
    assert rig(computation(), exporter={"disabled_metrics": []}, states=()).values()
    assert rig(computation(), exporter={"domains": ["calls"]}).computer.results == {}


def test_what_a_mapping_lacks_is_not_computed(url: str, tmp_path: Path) -> None:
    """The entity is mapped, a needed column is not."""
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(
        "version: 1\nname: mine\nentities:\n  conversation: {table: agent_conversations, columns: {started_at: started_at}}\n"
    )
    found = Rig(url, tmp_path / "state.json", computation(), database={"mapping": str(mapping)})
    assert found.computer.results == {}
    found.close()


def test_the_exposition_has_the_families(rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch) -> None:
    """Computed values stand beside the others, with how each computation goes."""
    monkeypatch.setattr("exporter.exposition.CATALOGUE", (LONG,))
    found = rig(computation())
    text = Exposition(found.collector, list, found.computer).exposition(openmetrics=False).decode()
    assert 'conversation_longest_seconds{tenant="acme",channel="unknown"} 5' in text
    assert 'exporter_computation_up{computation="longest"} 1' in text


def test_definitions_are_checked() -> None:
    """A column that the entity lacks, a metric of another domain, a place without a relation."""
    with pytest.raises(Exception, match="conversation has no column weather"):
        Computation("x", "conversations", (LONG,), {CONVERSATION: ("weather",)}, longest)
    with pytest.raises(
        ComputationError, match="computation x of calls: conversation_longest_seconds is of conversations"
    ):
        Computation("x", "calls", (LONG,), {}, longest)
