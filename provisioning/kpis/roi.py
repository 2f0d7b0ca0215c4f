"""Formulas of the ROI calculator: what agents are worth under assumptions that stand in boxes of the dashboard."""

from __future__ import annotations

from typing import Final

from exporter.duration import seconds
from exporter.metrics.conversations import CONVERSATION_HANDOFFS, CONVERSATIONS_ENDED
from exporter.metrics.leads import LEADS_CREATED
from exporter.metrics.pipeline import TURN_LATENCY
from exporter.metrics.revenue import INVOICED
from provisioning import promql
from provisioning.kpi import Asked, Kpi

DOMAIN: Final = "revenue"
HUMAN_COST: Final = "human_cost"
HUMAN_MINUTES: Final = "human_minutes"
CONVERSION: Final = "lead_conversion"
DEAL_VALUE: Final = "deal_value"
BOXES: Final = (HUMAN_COST, HUMAN_MINUTES, CONVERSION, DEAL_VALUE)
"""Variables of the dashboard, filled from the section `roi` of the settings."""

ASSUMED: Final = "Absent without data; the assumptions are those of the boxes, not measured ones."


def length(window: str) -> str:
    """A window in seconds, as a query has it."""
    span = promql.span(window)
    return f"${span[2:-1]}_s" if span.startswith("$") else f"{seconds(span):.0f}"


def handled(asked: Asked) -> str:
    """Conversations that ended without a human."""
    ended = asked.increase(CONVERSATIONS_ENDED)
    return f"({ended} - ({asked.increase(CONVERSATION_HANDOFFS)} or 0 * {ended}))"


def _saved(asked: Asked) -> str:
    return f"{handled(asked)} * ${HUMAN_COST}"


def _sold(asked: Asked) -> str:
    return f"{asked.increase(LEADS_CREATED)} * ${CONVERSION} * ${DEAL_VALUE}"


def _value(asked: Asked) -> str:
    return f"({_saved(asked)} + {_sold(asked)})"


def _time(asked: Asked) -> str:
    return f"{handled(asked)} * (${HUMAN_MINUTES} * 60 - {asked.mean(TURN_LATENCY)})"


HANDLED: Final = Kpi(
    name="conversations_handled",
    title="Conversations handled",
    meaning="Conversations that agents ended without a human.",
    unit="short",
    formula="conversations that ended - those handed to a human",
    unknown="Absent while no conversation has ended.",
    domain=DOMAIN,
    codes=("R4",),
    metrics=(CONVERSATIONS_ENDED, CONVERSATION_HANDOFFS),
    expression=handled,
)
SAVED: Final = Kpi(
    name="roi_cost_saved",
    title="Human cost saved",
    meaning="What humans would have cost for the conversations that agents handled.",
    unit="currencyUSD",
    formula=f"conversations handled x ${HUMAN_COST}",
    unknown=ASSUMED,
    domain=DOMAIN,
    codes=("R4",),
    metrics=(CONVERSATIONS_ENDED, CONVERSATION_HANDOFFS),
    expression=_saved,
)
SOLD: Final = Kpi(
    name="roi_lead_value",
    title="Value of leads",
    meaning="What the leads of the time range bring if the assumed share of them buys.",
    unit="currencyUSD",
    formula=f"leads x ${CONVERSION} x ${DEAL_VALUE}",
    unknown=ASSUMED,
    domain=DOMAIN,
    codes=("R4",),
    metrics=(LEADS_CREATED,),
    expression=_sold,
)
TIME: Final = Kpi(
    name="roi_time_saved",
    title="Waiting time saved",
    meaning="How much less people waited in all than if humans had answered.",
    unit="s",
    formula=f"conversations handled x (${HUMAN_MINUTES} x 60 - mean measured latency of turns)",
    unknown="Absent without a measured latency; the assumption is that of the box.",
    domain=DOMAIN,
    codes=("R4",),
    metrics=(CONVERSATIONS_ENDED, CONVERSATION_HANDOFFS, TURN_LATENCY),
    expression=_time,
)
VALUE: Final = Kpi(
    name="roi_total_value",
    title="Total value",
    meaning="Human cost saved and value of leads together; the time saved is not priced.",
    unit="currencyUSD",
    formula="human cost saved + value of leads",
    unknown=ASSUMED,
    domain=DOMAIN,
    codes=("R4",),
    metrics=(CONVERSATIONS_ENDED, CONVERSATION_HANDOFFS, LEADS_CREATED),
    expression=_value,
)
RETURN: Final = Kpi(
    name="roi_return",
    title="Return",
    meaning="What each dollar invoiced for the service brought beyond itself.",
    unit="percentunit",
    formula="(total value - revenue) / revenue, the revenue being what customers were invoiced",
    unknown="Absent where nothing was invoiced in the range.",
    domain=DOMAIN,
    codes=("R4",),
    metrics=(CONVERSATIONS_ENDED, CONVERSATION_HANDOFFS, LEADS_CREATED, INVOICED),
    expression=lambda asked: f"{_value(asked)} / ({asked.increase(INVOICED)} > 0) - 1",
)
PAYBACK: Final = Kpi(
    name="roi_payback",
    title="Payback period",
    meaning="After which time the value equals what was invoiced for the range, at the range's own pace.",
    unit="s",
    formula="revenue / (total value / length of the range)",
    unknown="Absent while there is no value.",
    domain=DOMAIN,
    codes=("R4",),
    metrics=(CONVERSATIONS_ENDED, CONVERSATION_HANDOFFS, LEADS_CREATED, INVOICED),
    expression=lambda asked: f"{asked.increase(INVOICED)} * {length(asked.window)} / ({_value(asked)} > 0)",
)
KPIS: Final[tuple[Kpi, ...]] = (HANDLED, SAVED, SOLD, TIME, VALUE, RETURN, PAYBACK)
