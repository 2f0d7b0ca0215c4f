"""One scrape without a server, as `watchfloor exporter --once` gives it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from exporter import run
from exporter.settings import load
from tests.samples import Samples, parse


def scrape(folder: Path, database_url: str, database: Mapping[str, Any]) -> Samples:
    """Samples of a database, read with these settings of `database`."""
    config = folder / "watchfloor.yml"
    state = {"state_file": str(folder / "state.json")}
    config.write_text(yaml.safe_dump({"database": dict(database), "exporter": state}), encoding="utf-8")
    settings = load(config, {"ANALYTICS_DATABASE_URL": database_url})
    return parse(run.once(settings, openmetrics=False, progress=lambda _, __: None).decode())
