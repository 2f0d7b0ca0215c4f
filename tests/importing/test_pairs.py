"""Dashboards of every version against what Grafana's own migrator made of them (checked only; the files are not ours)."""

from __future__ import annotations

import pytest

from dashboards.compiler import canonical, imported
from tests.importing.pairs import compare, pairs
from tests.real.data import FOLDER

pytestmark = pytest.mark.shared

SEEN = {
    # Statistics that are no text: the oracle names the annotation after the text that JavaScript makes of an object.
    "v34.multiple_stats_cloudwatch": {"annotations[16].name"},
}
"""Differences that a person sees, by pair, each with its reason."""


def test_our_result_is_the_oracles() -> None:
    """Every pair is equal in the one form but for the differences that are listed, and over nine of ten have none."""
    folder = FOLDER / "dashboards" / "migration_pairs"
    if not folder.is_dir():
        pytest.skip("../shared/data/dashboards/migration_pairs is not there")
    found = {name: {one.path for one in compare(*pair)} for name, pair in pairs(folder).items()}
    different = {name: paths for name, paths in found.items() if paths}

    assert different == SEEN
    assert len(different) <= len(found) / 10


def test_the_comparison_sees_what_a_person_sees() -> None:
    """A colour, a place, a query and a source are differences; an id and a default are none."""
    panel = {"type": "stat", "id": 1, "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}, "targets": [{"expr": "up"}]}
    before = {"title": "T", "schemaVersion": 42, "panels": [panel]}
    expected, _, _ = imported({**before, "panels": [{**panel}]})
    assert compare(before, expected) == []
    assert compare({**before, "panels": [{**panel, "id": 7}], "editable": True}, expected) == []
    for change in (
        {"gridPos": {"x": 0, "y": 0, "w": 5, "h": 4}}, {"targets": [{"expr": "down"}]}, {"datasource": {"uid": "other"}},
        {"fieldConfig": {"defaults": {"color": {"mode": "fixed"}}}}, {"title": "another"}, {"options": {"colorMode": "none"}},
    ):  # fmt: skip
        assert compare({**before, "panels": [{**panel, **change}]}, expected), change


def test_a_compiled_dashboard_is_a_fixed_point() -> None:
    """Importing what the oracle made and then our own result again changes nothing any more."""
    folder = FOLDER / "dashboards" / "migration_pairs"
    if not folder.is_dir():
        pytest.skip("../shared/data/dashboards/migration_pairs is not there")
    for name, (before, expected) in pairs(folder).items():
        for value in (before, expected):
            once, _, _ = imported(value)
            data = canonical(once)
            again, _, left_out = imported(once)
            assert canonical(again) == data, name
            assert left_out == []
