"""Lines that are kept as bytes and changed in place are those that would be written anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exporter.entities.calls import CALL
from exporter.labels import AGENT, TENANT
from exporter.metric import Count, Distribution, Metric
from exporter.metrics.calls import CALL_DURATION, CALLS_INITIATED
from exporter.render import FamilyView, Number

BOUNDS = (0.5, 1.0)
COUNTER = Count(
    base="x_total", help="X.", domain="d", entity=CALL, at=CALLS_INITIATED.at, labels=(TENANT, AGENT)
)  # fmt: skip
HISTOGRAM = Distribution(
    base="y_seconds", help="Y.", domain="d", unit="seconds", entity=CALL, at=CALLS_INITIATED.at, value=CALL_DURATION.value,
    bounds=BOUNDS, labels=(TENANT, AGENT),
)  # fmt: skip
NUMBERS = st.one_of(st.integers(0, 10**12), st.floats(0, 1e9))
STEP = st.tuples(st.booleans(), st.lists(st.tuples(st.integers(0, 899), NUMBERS), max_size=12))
"""Series that are written or taken out."""


def key(number: int) -> tuple[str, str]:
    """A series; some names are longer than others, and not all are ASCII."""
    return f"tenant {number}" + "é " * (number % 5), "a b" if number % 2 else "c\n"


def vector(metric: Metric, number: Number) -> Sequence[Number]:
    """The numbers of a series."""
    return [3, number, 1, 2] if isinstance(metric, Distribution) else [number]


def anew(metric: Metric, shown: Mapping[int, Number]) -> list[str]:
    """All lines, sorted, as a view writes them that is made for them."""
    view = FamilyView(metric, BOUNDS)
    view.write((key(number), vector(metric, value)) for number, value in shown.items())
    return lines(view)


def lines(view: FamilyView) -> list[str]:
    """The lines of a view, sorted."""
    return sorted(b"".join(view.pieces()).decode().split("\n")[1:])


@pytest.mark.parametrize("metric", [COUNTER, HISTOGRAM])
@hypothesis_settings(max_examples=60, deadline=None, database=None)
@given(steps=st.lists(STEP, max_size=8), start=st.integers(0, 900))
def test_lines_are_as_if_written_anew(
    metric: Metric, start: int, steps: list[tuple[bool, list[tuple[int, Number]]]]
) -> None:
    """Whatever is written, taken out and written again."""
    view, shown = FamilyView(metric, BOUNDS), dict.fromkeys(range(start), 1)
    view.write((key(number), vector(metric, value)) for number, value in shown.items())
    for written, series in steps:
        assert lines(view) == anew(metric, shown)
        if written:
            shown |= dict(series)  # type: ignore[arg-type]
            view.write((key(number), vector(metric, value)) for number, value in series)
        else:
            for number, _ in series:
                view.remove(key(number))
                shown.pop(number, None)
        assert len(view) == len(shown)
        for number, value in shown.items():
            assert view.shows(key(number), vector(metric, value))
    assert lines(view) == anew(metric, shown)


def test_a_replaced_family_has_no_other_lines() -> None:
    """Series that are not among those that replace a family are gone; where nothing differs, what was packed is kept."""
    view = FamilyView(COUNTER)
    view.replace((key(number), [number]) for number in range(600))
    view.replace((key(number), [number]) for number in range(500, 700))
    assert lines(view) == anew(COUNTER, {number: number for number in range(500, 700)})
    packed = view.take()
    view.replace((key(number), [number]) for number in range(500, 700))
    assert view.take() is packed
    view.replace((key(number), [number + (number == 600)]) for number in range(500, 700))
    assert view.take() is not packed


def test_what_did_not_change_is_not_touched() -> None:
    """A line that changes is written into its page, and other pages stay the same bytes."""
    view = FamilyView(COUNTER)
    view.write((key(number), [5]) for number in range(900))
    before = view.take().pieces
    copies = [bytes(piece) for piece in before]
    view.write([(key(300), [123456])])
    after = view.take().pieces
    assert all(old is new for old, new in zip(before[:-1], after[:-1], strict=True))
    assert [bytes(piece) == copy for piece, copy in zip(after, copies, strict=True)] == [True, False, True, True, True]
