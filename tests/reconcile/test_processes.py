"""A retention job beside real processes: what Prometheus sees of a purge, and of a state file lost after it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from exporter.metrics import exporter as own
from exporter.metrics.calls import CALLS_COMPLETED
from generator.cli import cli
from tests.engine.rig import Place, until
from tests.parallel import free_port
from tests.processes import Prometheus, exporter, prometheus, pytest_runtest_makereport
from tests.reconcile.rows import history

__all__ = ["pytest_runtest_makereport"]

ROWS, PURGED = 240, 60
SETTINGS = {
    "exporter": {"domains": ["calls"], "seal_interval": 0.5, "reuse": 0, "reconciliation": {"budget": 0.5}},
}


def seen(server: Prometheus, expression: str) -> float | None:
    """The value of an expression; None without one."""
    found = server.query(f"sum({expression})")
    return found[0][1] if found else None


@pytest.mark.stack
@pytest.mark.slow
def test_purge_and_lost_state(place: Place, tmp_path: Path) -> None:
    """A purge makes no counter fall in Prometheus; when the state is lost as well, log, metric and doctor tell of it."""
    place.clock.now = datetime.now(UTC) - timedelta(days=60)
    first = place.clock.now
    history(place, days=ROWS // 6)
    total, port, folder = CALLS_COMPLETED.name, free_port(), tmp_path / "exporter"
    with ExitStack() as before:
        before.enter_context(exporter(folder, place.url, SETTINGS, port=port))
        with prometheus(tmp_path / "prometheus", {"watchfloor": f"http://127.0.0.1:{port}"}) as server:
            until(lambda: seen(server, total) == ROWS)
            place.sql(
                f"DELETE FROM call_sessions WHERE ended_at < '{(first + timedelta(days=PURGED // 6)).isoformat()}'"
            )
            # A row counts once for each of its event times: when a call began, and when it ended.
            until(lambda: seen(server, f'{own.RECONCILED_ROWS.name}{{reason="purged"}}') == 2 * PURGED, 40.0)
            assert seen(server, total) == ROWS
            assert seen(server, f"resets({total}[10m])") == 0
            before.close()
            (folder / "state.json").unlink()
            with exporter(folder, place.url, SETTINGS, port=port) as again:
                until(lambda: seen(server, own.STATE_LOST.name) == 1)
                said = f"{PURGED} of {ROWS} rows that were counted before are no longer in the database"
                assert said in again.process.path.read_text(encoding="utf-8")
                until(lambda: seen(server, total) == ROWS - PURGED)
                assert (seen(server, f"resets({total}[10m])") or 0) > 0
                config = ["--config", str(folder / "watchfloor.yml"), "doctor"]
                result = CliRunner().invoke(cli, config, env={"ANALYTICS_DATABASE_URL": place.url, "COLUMNS": "500"})
                assert result.exit_code == 1
                assert "totals began anew" in result.output
