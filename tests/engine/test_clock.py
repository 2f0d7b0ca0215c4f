"""A database's clock that jumps: every row still counts once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exporter.sources.database import Session
from tests.engine.rig import Checked, Place, own, total, wrong


@pytest.mark.parametrize("seconds", [5, 40, 300, 86400])
def test_clock_back(place: Place, seconds: int) -> None:
    """After the database's clock went back, every row that it stamps anew still counts once."""
    place.clock.forward(100_000)
    rig = place.rig()
    for _ in range(5):
        place.calls(2)
        place.clock.forward(60)
        rig.tick()
    place.clock.forward(-seconds)
    rig.scrape()
    for _ in range(12):
        place.calls(1)
        rig.tick()
        assert wrong(rig) == {}
        place.clock.forward(30)
    place.clock.forward(90000)
    rig.tick()
    assert wrong(rig) == {}
    samples = rig.scrape()
    assert total(samples, "calls_completed_total") == 22
    assert own(samples, "clock_jumps_total") == 1
    assert rig.said("the database's clock went back") == (seconds > 30)
    rig.close()


def test_clock_forward_and_back(place: Place) -> None:
    """A clock that was a day ahead for a while leaves nothing behind once it is right again."""
    rig = place.rig()
    rig.tick()
    place.clock.forward(86400)
    place.calls(2)
    place.clock.forward(200)
    rig.tick()
    assert wrong(rig) == {}
    place.clock.forward(-86400)
    for _ in range(5):
        place.calls(1)
        rig.tick()
        assert wrong(rig) == {}
        place.clock.forward(60)
    assert total(rig.scrape(), "calls_completed_total") == 5
    rig.close()


def test_clock_back_while_stopped(place: Place) -> None:
    """A clock that went back while no exporter ran is noticed from the state file."""
    place.clock.forward(1000)
    place.calls(2)
    place.clock.forward(200)
    rig = place.rig()
    rig.collector.book.writable = True
    rig.tick()
    rig.close()
    place.clock.forward(-800)
    rig = place.rig()
    rig.tick()
    assert rig.said("the database's clock went back")
    place.calls(2)
    for _ in range(20):
        place.clock.forward(60)
        rig.tick()
        assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total") == 4
    rig.close()


class Overtaken(Checked):
    """A background snapshot that is overtaken by a scrape before it is taken in."""

    meanwhile: Callable[[], object] | None = None

    def after(self, session: Session) -> None:  # noqa: ARG002 - nothing is recounted in the background
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()


def test_overtaken_snapshot(place: Place) -> None:
    """A snapshot that a scrape overtakes is no clock that went back."""
    rig = place.rig(background=Overtaken)
    rig.tick()

    def scrape() -> None:
        place.clock.forward(5)
        rig.scrape()

    assert isinstance(rig.collector._background, Overtaken)
    rig.collector._background.meanwhile = scrape
    rig.tick()
    assert own(rig.scrape(), "clock_jumps_total") == 0
    assert rig.collector.horizon.last == place.clock.now
    rig.close()
