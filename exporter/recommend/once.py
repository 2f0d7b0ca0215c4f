"""All rules once, outside the exporter: for the command line and reports."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from exporter.computed.facts import Facts
from exporter.engine.plan import plan
from exporter.mapping import Mapping
from exporter.recommend import Advice, advise
from exporter.settings import Settings
from exporter.sources.database import Database

TIMEOUT: Final = 60.0
"""Seconds for one statement: nobody scrapes here, so it may take longer than in the exporter."""


def look(settings: Settings, mapping: Mapping, database: Database) -> tuple[datetime, Advice]:
    """The instant, and what the rules say of the rows at it."""
    sources = plan(settings, mapping, database).sources
    with database.snapshot() as session:
        facts = Facts(session.moment.now, settings, session, sources, TIMEOUT, database.dialect)
        facts.take_memory()
        return facts.instant, advise(facts)
