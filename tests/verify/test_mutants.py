"""Mutation proof: whatever is broken in the definition of a metric, `verify` finds it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from exporter.engine.plan import plan
from exporter.engine.scans import Plan
from exporter.metric import Count, Distribution, EventMetric, Level, Metric, Sum
from exporter.metrics import CATALOGUE
from tests.conftest import Server
from tests.verify.data import Bench, load, mapping, settings_for
from tests.verify.mutants import equivalent, mutants

pytestmark = pytest.mark.slow

METRICS = [metric for metric in CATALOGUE if isinstance(metric, (EventMetric, Level))]
MADE: dict[str, tuple[int, int]] = {}
"""Mutants made and found, by metric."""


@pytest.fixture(scope="module")
def bench(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A table for each entity, with rows in which every mistake shows."""
    settings = settings_for(tmp_path_factory.mktemp("mutants"))
    name = f"mutants_{next(postgres_server.numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    url = postgres_server.url_of(name)
    load(url, settings)
    found = Bench(url, settings, mapping())
    yield found
    found.close()
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_sound(bench: Bench) -> None:
    """Without a mistake there is no difference in any metric, whatever the rows hold."""
    report = bench.verify()
    assert report.problems == []
    assert report.differences == []
    assert report.metrics == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=[metric.base for metric in METRICS])
def test_mutants(bench: Bench, metric: EventMetric | Level, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every broken definition of the metric is found."""
    monkeypatch.setattr("exporter.engine.plan.resolve", bench.resolve)

    def planned(metric: Metric, zone: str | None = None) -> Plan:
        """What the engine makes of a catalogue that has this metric alone."""
        monkeypatch.setattr("exporter.engine.plan.CATALOGUE", (metric,))
        settings = bench.settings.model_copy(update={"time_zone": zone} if zone is not None else {})
        return plan(settings, bench.mapping, bench.database)

    sound = planned(metric)
    missed, made = [], 0
    with bench.proof(metric) as proof:
        assert proof.report(sound).fine
        for mutant in mutants(metric, bench.settings):
            made += 1
            report = proof.report(mutant.plan(sound, planned))
            assert report.problems == [], mutant.what
            if not report.differences:
                missed.append(mutant.what)
        assert proof.report(sound).fine, "what was tried must not have changed the snapshot"
    MADE[metric.base] = made, made - len(missed)
    assert missed == []
    assert made >= 5


@pytest.mark.parametrize("kind", [Count, Sum, Distribution, Level])
def test_whole(bench: Bench, kind: type[EventMetric | Level], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the short way finds, a whole `verify` with an exporter that starts anew finds too, sample by sample."""
    metric = next(metric for metric in METRICS if isinstance(metric, kind))
    broken = next(mutant.instead for mutant in mutants(metric, bench.settings) if mutant.instead is not None)
    monkeypatch.setattr("exporter.engine.plan.CATALOGUE", (broken,))
    made = plan(bench.settings, bench.mapping, bench.database)
    with bench.proof(metric) as proof:
        short = proof.report(made)
    whole = bench.verify(metric)
    assert whole.problems == short.problems == []
    assert [d.plain() | {"where": ""} for d in whole.differences] == [
        d.plain() | {"where": ""} for d in short.differences
    ]
    assert whole.differences


def test_numbers(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    """How many mutants were made and found: all, and at least ten a metric; those that change nothing have a reason each."""
    chosen = [item for item in request.session.items if getattr(item, "originalname", "") == test_mutants.__name__]
    assert len(MADE) == len(chosen), "a metric without a number is one whose mutants were not all tried"
    made, found = (sum(numbers) for numbers in zip(*MADE.values(), strict=True)) if MADE else (0, 0)
    reasons = [reason for metric in METRICS for reason in equivalent(metric).values()]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{made} mutants of {len(MADE)} of {len(METRICS)} metrics made, {found} found; "
            f"{len(reasons)} not made, for they change nothing\n"
        )
    assert found == made
    assert made >= 10 * len(MADE)
    assert all(reasons)
