"""History, the live exporter and plain SQL say the same at every time, whatever the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Postgres
from tests.engine.rig import Clock
from tests.history.rig import FORMS, Row, at, fill, live, plain, real, replayed

# The night in which clocks of Paris went back: 01:00 UTC is the second 02:00 there.
NIGHT = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
SPRING = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
SECONDS = st.integers(0, 8 * 3600)
OFFSETS = st.one_of(SECONDS, st.sampled_from((3 * 3600, 3600, 7200, 4 * 3600)), st.integers(-86400 * 400, 86400 * 30))


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Calls around a night in which clocks change: old ones, open ones, ends before beginnings, and the future."""
    night = draw(st.sampled_from((NIGHT, SPRING)))
    found = []
    for _ in range(draw(st.integers(0, 25))):
        began = night + timedelta(seconds=draw(OFFSETS))
        length = draw(st.one_of(st.none(), st.integers(-1000, 5000), st.just(0)))
        ended = None if length is None else began + timedelta(seconds=length)
        seconds = draw(st.one_of(st.none(), st.sampled_from((-1.0, 0.0, 5.0, float("nan"), float("inf"), 59.9, 1e6))))
        cost = draw(st.one_of(st.none(), st.sampled_from(("0", "0.1", "12345.678901"))))
        found.append(Row(draw(st.sampled_from((None, "", "a", "b"))), began, ended, seconds, cost))
    return found


@pytest.mark.parametrize("form", sorted(FORMS))
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_three_ways_agree(
    form: str, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """At random times of a night in which clocks change."""
    drawn = data.draw(rows())
    night = data.draw(st.sampled_from((NIGHT, SPRING)))
    offsets = data.draw(st.sets(OFFSETS, min_size=1, max_size=40))
    times = sorted({int(night.timestamp()) + offset for offset in offsets})
    cut = data.draw(st.integers(1, len(times)))
    parts = [part for part in (times[:cut], times[cut:]) if part]
    fill(postgres.url, FORMS[form], drawn)
    folder = tmp_path_factory.mktemp("state")
    with live(postgres.url, FORMS[form], folder / "state.json", Clock(at(times[-1]))) as rig:
        history = replayed(postgres.url, rig, parts)
    for time in data.draw(st.lists(st.sampled_from(times), min_size=1, max_size=4, unique=True)):
        wanted = real(plain(postgres.url, FORMS[form], at(time)))
        assert real(history[time]) == pytest.approx(wanted, rel=1e-12), at(time)
        assert real(shown(postgres.url, form, folder / f"{time}.json", time)) == pytest.approx(wanted, rel=1e-12), at(
            time
        )


def shown(url: str, form: str, state: Path, time: int) -> dict[tuple[str, str, str], float]:
    """What the live exporter shows at a time."""
    from tests.history.rig import table

    with live(url, FORMS[form], state, Clock(at(time))) as rig:
        return table(rig.exposition.exposition(openmetrics=False).decode())
