"""Computations of leads: how far campaigns are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.calls import CALL
from exporter.entities.leads import CAMPAIGN
from exporter.metrics.leads import CALLS_MADE

SQL: Final = """
SELECT running.tenant, running.campaign, COUNT(call.initiated_at) FROM (
    SELECT tenant, campaign, MIN(created_at) AS created_at FROM {campaign}
    WHERE created_at <= :now AND (ended_at IS NULL OR ended_at > :now) GROUP BY tenant, campaign
) AS running LEFT JOIN {call} ON call.tenant = running.tenant AND call.campaign = running.campaign
    AND call.initiated_at >= running.created_at AND call.initiated_at <= :now
GROUP BY running.tenant, running.campaign
"""


def calls_made(facts: Facts) -> Iterator[Value]:
    """Calls of every campaign that has not ended, since it was set up."""
    for tenant, campaign, calls in facts.read(SQL, campaign=facts.of(CAMPAIGN), call=facts.of(CALL), now=facts.now):
        yield Value(CALLS_MADE, (tenant, campaign), calls)


COMPUTATIONS: Final[tuple[Computation, ...]] = (
    Computation(
        "campaign_calls",
        "leads",
        (CALLS_MADE,),
        {CAMPAIGN: ("tenant", "campaign", "created_at", "ended_at"), CALL: ("tenant", "campaign", "initiated_at")},
        calls_made,
        every=300.0,
    ),
)
