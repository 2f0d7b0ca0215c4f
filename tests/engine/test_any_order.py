"""Random orders of events on writers, exporter and clock: every scrape equals the table at its snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.conftest import Postgres
from tests.engine.rig import Clock, Rig, Writer, checked, prepare, total, wrong

WRITERS = 3
OPERATIONS = st.one_of(
    st.tuples(
        st.sampled_from(["insert", "insert", "open", "end", "commit", "rollback", "savepoint", "undo"]),
        st.integers(0, WRITERS - 1),
    ),
    st.tuples(st.sampled_from(["tick", "tick", "scrape", "restart", "kill", "clean"]), st.just(0)),
    st.tuples(st.just("pass"), st.integers(1, 120)),
)


class Play:
    """Carries out random operations on a database and an exporter."""

    def __init__(self, url: str, state: Path) -> None:
        self.url, self.state = url, state
        self.clock = Clock()
        self.writers = [Writer(url, f"w{number}", self.clock) for number in range(WRITERS)]
        self.rig = self._rig()
        self.committed = 0
        self.pending = [0] * WRITERS
        self.saved: list[int | None] = [None] * WRITERS

    def _rig(self) -> Rig:
        return checked(self.url, self.state, self.clock)

    def run(self, operation: str, argument: int) -> None:
        """One operation."""
        if operation == "pass":
            self.clock.forward(argument)
        elif operation in ("tick", "scrape", "restart", "kill", "clean"):
            getattr(self, operation)()
        else:
            self._write(operation, argument)

    def _write(self, operation: str, number: int) -> None:
        writer = self.writers[number]
        if operation in ("insert", "open"):
            writer.insert(**({"ended_at": None} if operation == "open" else {}))
            self.pending[number] += 1
        elif operation == "end":
            sql = "UPDATE call_sessions SET ended_at = %s WHERE ended_at IS NULL AND id LIKE %s"
            writer.execute(sql, self.clock.now, f"w{number}-%")
        elif operation == "savepoint" and self.pending[number]:
            writer.execute("SAVEPOINT one")
            self.saved[number] = self.pending[number]
        elif operation == "undo" and self.saved[number] is not None:
            writer.execute("ROLLBACK TO SAVEPOINT one")
            self.pending[number] = self.saved[number] or 0
        elif operation in ("commit", "rollback"):
            getattr(writer, operation)()
            self.committed += self.pending[number] if operation == "commit" else 0
            self.pending[number], self.saved[number] = 0, None

    def tick(self) -> None:
        self.rig.tick()

    def scrape(self) -> None:
        if self.rig.collector.book.plan is None:
            self.tick()
        assert wrong(self.rig) == {}
        assert total(self.rig.scrape(), "calls_initiated_total") == self.committed

    def restart(self) -> None:
        self.rig.close()
        self.rig = self._rig()

    def kill(self) -> None:
        self.rig.kill()
        self.rig = self._rig()

    def clean(self) -> None:
        self.rig.kill()
        self.state.unlink(missing_ok=True)
        self.rig = self._rig()

    def finish(self) -> None:
        """Everything commits, everything is sealed, and nothing is missing."""
        for number in range(WRITERS):
            self.run("commit", number)
        self.scrape()
        for _ in range(8):
            self.clock.forward(30)
            self.tick()
        self.scrape()
        assert self.rig.collector.outcome.tail_rows["calls"] == 0
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        for writer in self.writers:
            writer.close()
        self.rig.kill()


def test_any_order(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever writers, exporter and clock do in whatever order, each scrape equals its snapshot.

    The first pass is taken while no transaction is open beyond the cap, which is ten days here.
    """
    prepare(postgres.url)

    @hypothesis_settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(OPERATIONS, min_size=5, max_size=40))
    def check(operations: list[tuple[str, int]]) -> None:
        with postgres.connect() as connection:
            connection.execute("TRUNCATE call_sessions")
        play = Play(postgres.url, tmp_path_factory.mktemp("play") / "state.json")
        try:
            for operation in operations:
                play.run(*operation)
            play.finish()
        finally:
            play.close()

    check()
