"""Logs of processes under failing tests."""

from tests.processes import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]
