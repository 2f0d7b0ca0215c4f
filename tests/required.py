"""Lets a run fail in CI when tests that must run were skipped: a green line must not mean that nothing was tried."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]


def required() -> frozenset[str]:
    """Markers of the tests that must run here. Docker's decide for themselves, since an engine cannot start everywhere."""
    if os.environ.get("CI", "").lower() not in ("1", "true", "yes"):
        return frozenset()
    data = {"shared"} if (ROOT.parent / "shared" / "data").is_dir() else set()
    return frozenset({"promtool", "stack", *data})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a required test into a failure."""
    report = yield
    missed = sorted(required() & {marker.name for marker in item.iter_markers()})
    if report.skipped and not hasattr(report, "wasxfail") and missed:
        reason = str(call.excinfo.value) if call.excinfo else "it was marked so"
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} is {', '.join(missed)} and must run in CI, but was skipped: {reason}"
    return report
