"""Winners, warnings and who counts, on rows in both kinds of database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.computed.experiments import COMPUTATIONS, MEASURES, Arm, Trial
from exporter.computed.significance import Sample
from exporter.engine.collector import Collector
from exporter.engine.computing import Computer
from exporter.mapping import load
from exporter.schema import apply, statements
from exporter.sources.database import connect
from tests.conftest import Postgres
from tests.engine.rig import settings as settings_for

NOW = datetime.now(UTC).replace(microsecond=0)


def trial(control: tuple[int, int], variant: tuple[int, int], **more: Any) -> Trial:
    """An experiment decided by conversion: hits and visitors of A and B."""
    arms = {
        name: Arm(count, {"conversion": Sample(count, hits / count)})
        for name, (hits, count) in (("A", control), ("B", variant))
    }
    given = {"primary": "conversion", "control": "A", "planned": 4000, "ended": False, "arms": arms, **more}
    return Trial("acme", "greeting", **given)


def test_a_clear_effect_has_a_winner() -> None:
    """At the planned end, and early when it is strong enough."""
    assert trial((200, 2000), (300, 2000)).winner() == "B"
    assert trial((40, 500), (110, 500)).winner() == "B"


def test_the_control_wins_when_the_variant_is_worse() -> None:
    """What is known to be worse is not tried on."""
    assert trial((300, 2000), (200, 2000)).winner() == "A"


def test_no_winner_by_chance() -> None:
    """The same share, and a difference that p < 0.05 would call one but the bound does not."""
    assert trial((200, 2000), (205, 2000)).winner() is None
    early = trial((40, 500), (60, 500))
    (found,) = early.differences("conversion").values()
    assert found.p < 0.05
    assert not early.significant("conversion", "B", found)
    assert early.winner() is None


def test_few_visitors_are_never_sure() -> None:
    """The normal distribution does not hold for them."""
    assert trial((0, 60), (60, 60), planned=120).winner() is None


def test_without_a_plan_only_the_end_decides() -> None:
    """Nobody can say how early a look is."""
    assert trial((200, 2000), (300, 2000), planned=None).winner() is None
    assert trial((200, 2000), (300, 2000), planned=None, ended=True).winner() == "B"


def test_several_variants_share_the_chance() -> None:
    """With two variants each needs half of alpha; the better of two winners wins."""
    both = trial((200, 2000), (300, 2000))
    arms = {**both.arms, "C": Arm(2000, {"conversion": Sample(2000, 0.2)})}
    more = trial((200, 2000), (300, 2000), arms=arms, planned=6000)
    assert more.winner() == "C"
    assert more.bound is not None
    assert both.bound is not None
    assert more.bound == pytest.approx(both.bound / 2)


def test_an_unknown_measure_decides_nothing() -> None:
    """No winner, no error."""
    assert trial((200, 2000), (300, 2000), primary="fame").winner() is None
    assert trial((200, 2000), (300, 2000), primary=None).differences("") == {}


ROWS = (
    ("v1", "A", True, 10.0), ("v1", "A", False, 30.0), ("v2", "A", False, 5.0), ("v3", "B", True, 50.0),
    ("v4", "A", True, 1.0), ("v4", "B", True, 2.0), (None, "B", False, None), ("", "B", True, 70.0), ("v9", "A", True, 1.0),
)  # fmt: skip
"""Visitor, variant, converted, duration. v1 came twice, v4 saw both, two are not known, v9 is one more than was planned."""


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with one experiment, of each kind."""
    shown = [
        (f"e{i}", "x", "greeting", "acme", variant, visitor, converted, seconds, NOW - timedelta(hours=20 - i))
        for i, (visitor, variant, converted, seconds) in enumerate(ROWS)
    ]
    plan = ("x", "acme", "greeting", "conversion", "A", 5, NOW - timedelta(days=1))
    columns = "id, experiment_id, experiment, tenant, variant, visitor_id, converted, duration_seconds, exposed_at"
    plans = "id, tenant, name, primary_metric, control, planned_visitors, started_at"
    if request.param == "sqlite":
        path = tmp_path / "app.db"
        with closing(sqlite3.connect(path)) as connection:
            apply(connection, "sqlite")
            rows = [(*row[:8], str(row[8].replace(tzinfo=None))) for row in shown]
            connection.executemany(f"INSERT INTO experiment_exposures ({columns}) VALUES ({'?, ' * 8}?)", rows)
            connection.execute(
                f"INSERT INTO experiments ({plans}) VALUES ({'?, ' * 6}?)",
                (*plan[:6], str(plan[6].replace(tzinfo=None))),
            )
            connection.commit()
        return f"sqlite:///{path}"
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        connection.cursor().executemany(
            f"INSERT INTO experiment_exposures ({columns}) VALUES ({'%s, ' * 8}%s)".encode(), shown
        )
        connection.execute(f"INSERT INTO experiments ({plans}) VALUES ({'%s, ' * 6}%s)".encode(), plan)
    return postgres.url


@pytest.fixture
def values(url: str, tmp_path: Path) -> Iterator[dict[str, dict[tuple[str, ...], float]]]:
    """What the computation gives, by metric."""
    of = settings_for(url, tmp_path / "state.json")
    lines: list[str] = []
    collector = Collector(of, load(of.database), lambda: connect(url, 3.0), lines.append)
    collector.once(lambda _, __: None)
    computer = Computer(
        of, connect(url, 3.0), lambda: collector.book.plan, lambda: collector.book.admission, lines.append,
        computations=COMPUTATIONS,
    )  # fmt: skip
    computer.once()
    assert [line for line in lines if "computation" in line] == []
    yield {metric.base: {key: v[0] for key, v in series.items()} for metric, series in computer.families()}
    computer.close()
    collector.close()


def test_visitors_count_once_and_only_those_planned(values: dict[str, dict[tuple[str, ...], float]]) -> None:
    """Five of the seven who may count were planned: the last ones do not, and who saw both never does."""
    who = ("acme", "greeting")
    assert values["experiment_visitors"] == {(*who, "A"): 2, (*who, "B"): 3}
    assert values["experiment_mixed_visitors"] == {who: 1}
    assert values["experiment_progress_ratio"] == {who: 1}
    assert values["experiment_running"] == {who: 1}
    means = values["experiment_mean"]
    assert means[*who, "A", "conversion"] == 0.5, "v1 converted on one of two visits and counts once"
    assert means[*who, "A", "duration"] == 12.5, "v1 stayed for 20 s on average, v2 for 5 s"
    assert means[*who, "B", "conversion"] == pytest.approx(2 / 3)
    assert means[*who, "B", "duration"] == 60.0, "an unknown duration is in no mean"
    assert not any(key[-1] in ("engagement", "satisfaction") for key in means), "not known, so not 0"
    assert values["experiment_winner"] == {(*who, "A"): 0, (*who, "B"): 0}
    assert set(MEASURES) >= {key[-1] for key in values["experiment_effect"]}
