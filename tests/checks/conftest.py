"""A project of a few files, checked by the rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.settings import Settings
from generator.checks.model import Finding
from generator.checks.run import check

Files = dict[str, Any]
Checked = Callable[..., list[Finding]]


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """Findings in files given by name: values are written as their name says, texts as they are."""

    def of(files: Files, **options: Any) -> list[Finding]:
        write(tmp_path, files)
        return list(check(Settings(), [tmp_path], **options).findings)

    return of


def write(folder: Path, files: Files) -> None:
    """Write files into a folder."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        form = json.dumps if name.endswith(".json") else yaml.safe_dump
        place.write_text(content if isinstance(content, str) else str(form(content)), encoding="utf-8")
