"""Levels are shown by what changed in their rows, and are what all rows give."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exporter.engine.scans import Family, LevelScan
from exporter.engine.standing import Standing
from exporter.engine.totals import Admission
from exporter.labels import LABELS
from exporter.metrics.calls import ACTIVE_CALLS
from exporter.render import FamilyView
from exporter.sources.database import Row

CAP: Final = 2
NUMBERS = st.one_of(st.none(), st.integers(0, 3), st.decimals(0, 3, places=3))
TABLES = st.dictionaries(st.sampled_from("abcde"), NUMBERS, max_size=5)


def level(*, keep_zero: bool) -> LevelScan:
    """A level by tenant; what stands for its columns and statements is not looked at."""
    labels: tuple[int | str, ...] = (0, *("x" for _ in ACTIVE_CALLS.labels[1:]))
    family = Family(ACTIVE_CALLS, labels, (0,), keep_zero=keep_zero)
    return LevelScan("active", "calls", None, None, None, family, ("tenant",), "", None, None)  # type: ignore[arg-type]


def expected(rows: list[Row], own: set[str], *, keep_zero: bool) -> dict[str, Decimal]:
    """Numbers by the word that is shown; some tenants have their own."""
    found: dict[str, Decimal] = {}
    for tenant, value in rows:
        if value is not None and (value or keep_zero):
            word = tenant if tenant in own else "other"
            found[word] = found.get(word, Decimal()) + value
    return found


@hypothesis_settings(max_examples=300, deadline=None, database=None)
@given(st.lists(TABLES, min_size=1, max_size=8), st.booleans())
def test_any_tables(tables: list[dict[str, int | Decimal | None]], keep_zero: bool) -> None:
    """Whatever appears, changes and goes, under a cap of which some tenants share a series: each take shows all rows."""
    view = FamilyView(ACTIVE_CALLS)
    standing = Standing(level(keep_zero=keep_zero), view)
    admission = Admission({label.name: CAP if label.name == "tenant" else 10 for label in LABELS})
    for table in tables:
        rows: list[Row] = list(table.items())
        standing.take(rows, admission)
        lines = b"".join(view.pieces()).decode().splitlines()[1:]
        shown = {line.split('"')[1]: Decimal(line.rsplit(" ", 1)[1]) for line in lines}
        assert shown == expected(rows, admission.admitted.get("tenant", set()), keep_zero=keep_zero)
