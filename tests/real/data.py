"""The real data sets beside the repository; what is missing is said by a skip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT

FOLDER = ROOT.parent / "shared" / "data"


def file(name: str) -> Path:
    """A file of the data sets. Skips the test, by its name, when it is not there."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"../shared/data/{name} is not there (folder `shared` beside the repository)")
    return path


def expected(name: str) -> dict[str, Any]:
    """What was counted straight from the file of a data set."""
    found: dict[str, Any] = json.loads(file("EXPECTED.json").read_text(encoding="utf-8"))[name]
    return found
