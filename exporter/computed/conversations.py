"""Computations of conversations: people, each counted once, and how many conversations lie in long spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.conversations import CONVERSATION
from exporter.metrics.conversations import RECENT_CONVERSATIONS, RETURNING_VISITORS, VISITORS

DOMAIN: Final = "conversations"
STARTED: Final = CONVERSATION["started_at"]
PERIODS: Final = {"day": 1, "week": 7, "month": 30}
"""Length of a period in days."""
YEAR: Final = 365
EVERY: Final = {"day": 300.0, "week": 1800.0, "month": 3600.0}
"""Seconds between two counts: the longer the period, the more rows and the slower the change."""

SEEN: Final = """
SELECT tenant, SUM(present), SUM(present * earlier) FROM (
    SELECT tenant, visitor, MAX(CASE WHEN started_at > :edge THEN 1 ELSE 0 END) AS present,
        MAX(CASE WHEN started_at > :edge THEN 0 ELSE 1 END) AS earlier
    FROM {talk} WHERE visitor IS NOT NULL AND visitor <> '' GROUP BY tenant, visitor
) AS seen GROUP BY tenant
"""
RECENT: Final = """
SELECT tenant, channel, SUM(CASE WHEN started_at > :day THEN 1 ELSE 0 END), SUM(CASE WHEN started_at > :week THEN 1 ELSE 0 END),
    COUNT(*)
FROM {talk} GROUP BY tenant, channel
"""
YEARLY: Final = "SELECT tenant, channel, COUNT(*) FROM {talk} GROUP BY tenant, channel"


def _visitors(period: str) -> Callable[[Facts], Iterator[Value]]:
    """Reads twice the period: who came before it is a returning visitor."""
    days = PERIODS[period]

    def run(facts: Facts) -> Iterator[Value]:
        talk = facts.of(CONVERSATION, STARTED, since=timedelta(days=2 * days))
        for tenant, people, returning in facts.read(SEEN, talk=talk, edge=facts.now - 86400 * days):
            yield Value(VISITORS, (tenant, period), people)
            yield Value(RETURNING_VISITORS, (tenant, period), returning)

    return run


def _recent(facts: Facts) -> Iterator[Value]:
    talk = facts.of(CONVERSATION, STARTED, since=timedelta(days=PERIODS["month"]))
    edges = {period: facts.now - 86400 * days for period, days in PERIODS.items() if period != "month"}
    for tenant, channel, *counts in facts.read(RECENT, talk=talk, **edges):
        for period, count in zip(PERIODS, counts, strict=True):
            yield Value(RECENT_CONVERSATIONS, (tenant, channel, period), count)


def _year(facts: Facts) -> Iterator[Value]:
    talk = facts.of(CONVERSATION, STARTED, since=timedelta(days=YEAR))
    for tenant, channel, count in facts.read(YEARLY, talk=talk):
        yield Value(RECENT_CONVERSATIONS, (tenant, channel, "year"), count)


COMPUTATIONS: Final[tuple[Computation, ...]] = (
    *(
        Computation(
            f"visitors_{period}",
            DOMAIN,
            (VISITORS, RETURNING_VISITORS),
            {CONVERSATION: ("tenant", "visitor", "started_at")},
            _visitors(period),
            every=EVERY[period],
            timeout=120.0,
        )
        for period in PERIODS
    ),
    Computation(
        "conversations_recent",
        DOMAIN,
        (RECENT_CONVERSATIONS,),
        {CONVERSATION: ("tenant", "started_at")},
        _recent,
        every=600.0,
        timeout=60.0,
    ),
    Computation(
        "conversations_year",
        DOMAIN,
        (RECENT_CONVERSATIONS,),
        {CONVERSATION: ("tenant", "started_at")},
        _year,
        every=3600.0,
        timeout=120.0,
    ),
)
