"""History in a real Prometheus: right at every day's beginning, one with live samples, and never written twice."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from alerts.calls import ACTIVE, ACTIVE_PEAK, OUTCOMES
from provisioning.history import HistoryError, Making
from provisioning.promql import lapped
from tests.conftest import Postgres
from tests.history.prom import Server, Work, raw, serving
from tests.history.rig import FORMS, Row, Table, fill, insert, plain, real
from tests.processes import exporter, wait_until

pytestmark = pytest.mark.promtool
DAYS = 70
METRICS = {
    "calls_initiated_total": ("sum by (tenant) (calls_initiated_total)", ""),
    "calls_completed_total": ("sum by (tenant) (calls_completed_total)", ""),
    "llm_cost_usd_total": ("sum by (tenant) (llm_cost_usd_total)", ""),
    "call_duration_seconds_count": ("sum by (tenant) (call_duration_seconds_count)", ""),
    "call_duration_seconds_sum": ("sum by (tenant) (call_duration_seconds_sum)", ""),
    "call_duration_seconds_bucket": ('sum by (tenant) (call_duration_seconds_bucket{le="60.0"})', "60.0"),
    "active_calls": ("sum by (tenant) (active_calls)", ""),
}


def now() -> datetime:
    """This second."""
    return datetime.now(UTC).replace(microsecond=0)


def rows(count: int = 600, days: int = DAYS + 20) -> list[Row]:
    """Calls of more than the days filled here, some of them still open, some of tenants that have just one."""
    rng = random.Random(7)
    found = []
    for number in range(count):
        began = now() - timedelta(seconds=rng.uniform(300, days * 86400))
        tenant = rng.choice("abc") if rng.random() < 0.9 else f"new-{number}"
        length = rng.choice((30.0, 200.0, 90000.0))
        ended = began + timedelta(seconds=length)
        found.append(
            Row(
                tenant,
                began,
                ended if ended < now() and rng.random() < 0.95 else None,
                length,
                str(rng.randrange(900) / 100),
            )
        )
    return found


@pytest.fixture
def work(postgres: Postgres, tmp_path: Path) -> Work:
    """A table with rows, and a folder."""
    fill(postgres.url, FORMS["zoned"], rows())
    return Work(tmp_path, postgres.url, FORMS["zoned"])


def midnights(days: int = DAYS - 1) -> list[int]:
    """Beginnings of days that were filled."""
    today = now().replace(hour=0, minute=0, second=0)
    return [int((today - timedelta(days=day)).timestamp()) for day in range(days)]


def shown(server: Server, time: int) -> Table:
    """What Prometheus shows at a time."""
    found: Table = {}
    for name, (expression, bound) in METRICS.items():
        found.update({(name, key[0], bound): value for key, value in server.at(expression, time).items()})
    return found


def check(server: Server, work: Work) -> None:
    """At each day's beginning Prometheus shows what plain SQL counts."""
    for time in midnights():
        wanted = plain(work.url, work.form, datetime.fromtimestamp(time, UTC))
        wanted = {key: value for key, value in wanted.items() if METRICS[key[0]][1] == key[2]}
        assert real(shown(server, time)) == pytest.approx(real(wanted)), datetime.fromtimestamp(time, UTC)


def test_every_day_begins_with_the_counts_of_the_database(work: Work) -> None:
    """For every kind of metric, and the daily increase is the number of calls of the day."""
    summary = work.backfill(DAYS)
    assert summary.samples > 0
    assert summary.blocks >= 3
    with serving(work.folder) as server:
        check(server, work)
        for time in midnights(DAYS - 2):
            day = f"round(sum(increase(calls_completed_total[{lapped('1d')}])))"
            sql = b"SELECT count(*) FROM work WHERE ended > to_timestamp(%s) AND ended <= to_timestamp(%s)"
            with psycopg.connect(work.url) as connection:
                (count,) = connection.execute(sql, (time - 86400, time)).fetchone() or (None,)
            assert server.one(day, time) == count


def test_live_samples_go_on_where_history_ends(work: Work) -> None:
    """Over the seam nothing is reset, and an increase from a sample of history to a live one is right to the unit."""
    work.backfill(2)
    with exporter(work.folder / "exporter", work.url, work.sections) as live, serving(work.folder, live.url) as server:
        before = server.raw('calls_completed_total{tenant="a"}')
        with psycopg.connect(work.url) as connection:
            for _ in range(7):
                insert(connection, work.form, Row("a", now() - timedelta(seconds=5), now(), 4.0))
        last = before[-1][1]
        series = 'calls_completed_total{tenant="a"}'
        wait_until(lambda: server.raw(series)[-1][1] == last + 7, 20, "new calls were scraped")
        raw = server.raw(series)
        steps = [one for one in raw if one[0].is_integer()]
        assert len(steps) > 140
        for time, value in steps[:: len(steps) // 20]:
            assert (
                value == plain(work.url, work.form, datetime.fromtimestamp(time, UTC))["calls_completed_total", "a", ""]
            )
        assert [value for _, value in raw] == sorted(value for _, value in raw)
        first, end = raw[0], raw[-1]
        span = round((end[0] - first[0]) * 1000)
        assert server.one(f"round(increase({series}[{span + 1}ms]))", end[0]) == end[1] - first[1]
        for name in ("calls_completed_total", "call_duration_seconds_bucket", "llm_cost_usd_total"):
            assert server.one(f"sum(resets({name}[3d]))") == 0
        hole = max(later[0] - sooner[0] for sooner, later in pairwise(raw[-100:]))
        assert hole < 300


def test_what_is_there_is_not_written_again(work: Work) -> None:
    """A second run refuses; told to overwrite, it makes the same anew and leaves what is not its own."""
    work.backfill(DAYS)
    made = {block.path.name for block in work.data.blocks()}
    with pytest.raises(HistoryError, match=r"history is there already from .* --overwrite"):
        work.backfill(DAYS)
    assert {block.path.name for block in work.data.blocks()} == made
    work.backfill(DAYS, overwrite=True)
    assert not made & {block.path.name for block in work.data.blocks()}
    with serving(work.folder) as server:
        check(server, work)


def test_a_run_that_was_killed_goes_on(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was finished stays, what was begun is cleared away, the rest is filled in."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    finish = Making.finish
    with monkeypatch.context() as patched:
        patched.setattr(
            Making,
            "finish",
            lambda making, folder, **how: finish(making, folder, **how) if not work.data.blocks() else killed(),
        )
        with pytest.raises(KeyboardInterrupt):
            work.backfill(DAYS)
    (first,) = work.data.blocks()
    (work.data.work / "part-9").mkdir()
    work.backfill(DAYS)
    found = raw(work.data.blocks())
    assert found[0] == first
    assert {path.name for path in work.data.work.iterdir()} == {"lock", "blocks.json"}
    with serving(work.folder) as server:
        check(server, work)


def test_a_running_prometheus_is_filled_up_to_its_first_sample(work: Work) -> None:
    """Its own samples stay as they are, before and after a restart."""
    with exporter(work.folder / "exporter", work.url, work.sections) as live:
        with serving(work.folder, live.url) as server:
            wait_until(lambda: server.get("query", query="calls_completed_total")["result"] != [], 20, "it was scraped")
            head = int(server.get("status/tsdb")["headStats"]["minTime"])
            wait_until(lambda: now().timestamp() * 1000 > head + 1000, 5, "some seconds are in the head")
            summary = work.backfill(DAYS, url=server.url)
            assert work.data.blocks()[-1].end <= head
            assert any("Prometheus' head" in note for note in summary.notes)
            own = server.raw('calls_completed_total{tenant="a"}')
        with pytest.raises(HistoryError, match="start it and give its address"):
            work.backfill(DAYS)
        with serving(work.folder, live.url) as server:
            check(server, work)
            assert set(own) <= set(server.raw('calls_completed_total{tenant="a"}'))


def test_recordings_have_a_past(work: Work) -> None:
    """Each is what its expression gives at the time, wherever its window holds enough samples, and nowhere else."""
    with psycopg.connect(work.url) as connection:
        for second in range(60, 7000, 5):
            ended = now() - timedelta(seconds=second)
            insert(connection, work.form, Row("a", ended - timedelta(seconds=40), ended, 40.0))
    work.backfill(DAYS)
    rates, sums, top = OUTCOMES, ACTIVE, ACTIVE_PEAK
    with serving(work.folder) as server:
        raw_times = [stamp for stamp, _ in server.raw('calls_completed_total{tenant="a"}')]
        assert [stamp for stamp, _ in server.raw(sums.name)] == raw_times
        found = server.get("query", query=f"{rates.name}[400d]")["result"]
        recent = [stamp for stamp in raw_times if stamp > raw_times[-1] - 7200]
        assert {float(stamp) for item in found for stamp, _ in item["values"]} <= set(recent)
        assert len(found[0]["values"]) > 100
        for stamp in random.Random(1).sample(recent[5:], 10):
            expression = rates.query(work.settings().thresholds)
            recorded = server.at(rates.name, stamp)
            assert recorded
            assert sorted(recorded.values()) == sorted(server.at(expression, stamp).values())
        for stamp in midnights(10):
            assert server.one(sums.name, stamp) == server.one("sum(active_calls)", stamp)
            assert server.one(top.name, stamp) == server.one(f"max_over_time({sums.name}[1d])", stamp)
    made = {block.path.name for block in work.data.blocks()}
    with pytest.raises(HistoryError, match="history is there already"):
        work.backfill(DAYS)
    assert {block.path.name for block in work.data.blocks()} == made
