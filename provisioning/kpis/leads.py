"""Formulas of leads, appointments and campaigns."""

from __future__ import annotations

from typing import Final

from exporter.labels import OUTCOME
from exporter.metrics.calls import CALLS_ANSWERED, CALLS_COMPLETED, CALLS_INITIATED
from exporter.metrics.conversations import CONVERSATIONS_STARTED
from exporter.metrics.leads import (
    APPOINTMENTS_BOOKED,
    APPOINTMENTS_KEPT,
    CALLS_MADE,
    CALLS_PLANNED,
    LEAD_QUALITY,
    LEADS_CHECKED,
    LEADS_CONTACTED,
    LEADS_CONVERTED,
    LEADS_CREATED,
    LEADS_DO_NOT_CALL,
    LEADS_VALID,
    PIPELINE_VALUE,
)  # fmt: skip
from provisioning.kpi import Asked, Kpi

DOMAIN: Final = "leads"
BOOKED: Final = "appointment_booked"
QUALIFIED: Final = f"=~qualified|{BOOKED}"
"""Outcomes of calls with a person who is interested."""


def _qualified(asked: Asked) -> str:
    return asked.increase(CALLS_COMPLETED, {OUTCOME: QUALIFIED})


def booking(asked: Asked) -> str:
    """Share of ended calls that booked an appointment."""
    return asked.known(CALLS_COMPLETED, OUTCOME, BOOKED)


LEADS: Final = Kpi(
    name="leads",
    title="Leads",
    meaning="Leads that came in.",
    unit="short",
    formula="leads by created_at",
    unknown="Absent while no lead ever came in.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(LEADS_CREATED,),
    expression=lambda asked: asked.increase(LEADS_CREATED),
)
VALID_RATE: Final = Kpi(
    name="lead_valid_rate",
    title="Valid leads",
    meaning="Which share of the leads whose contact details were checked has the right ones.",
    unit="percentunit",
    formula="valid leads / leads with valid known",
    unknown="Absent where no lead of the range was checked.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(LEADS_VALID, LEADS_CHECKED),
    expression=lambda asked: asked.ratio(asked.increase(LEADS_VALID), asked.increase(LEADS_CHECKED)),
)
DO_NOT_CALL_RATE: Final = Kpi(
    name="lead_do_not_call_rate",
    title="Do-not-call leads",
    meaning="Which share of the leads must not be called.",
    unit="percentunit",
    formula="leads with do_not_call / leads",
    unknown="Absent where no lead came in.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(LEADS_DO_NOT_CALL, LEADS_CREATED),
    expression=lambda asked: asked.ratio(asked.increase(LEADS_DO_NOT_CALL), asked.increase(LEADS_CREATED)),
)
CONVERSION_RATE: Final = Kpi(
    name="lead_conversion_rate",
    title="Conversion rate",
    meaning="How many leads became customers in the time range for each lead that came in in it; they need not be the same leads.",
    unit="percentunit",
    formula="leads by converted_at / leads by created_at",
    unknown="Absent where no lead came in.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(LEADS_CONVERTED, LEADS_CREATED),
    expression=lambda asked: asked.ratio(asked.increase(LEADS_CONVERTED), asked.increase(LEADS_CREATED)),
)
FOLLOW_UP_RATE: Final = Kpi(
    name="lead_follow_up_rate",
    title="Follow-up rate",
    meaning="How many leads were first contacted in the time range for each lead that came in in it; below 1 leads pile up.",
    unit="percentunit",
    formula="leads by contacted_at / leads by created_at",
    unknown="Absent where no lead came in.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(LEADS_CONTACTED, LEADS_CREATED),
    expression=lambda asked: asked.ratio(asked.increase(LEADS_CONTACTED), asked.increase(LEADS_CREATED)),
)
QUALITY: Final = Kpi(
    name="lead_quality",
    title="Quality of leads",
    meaning="Mean quality score of the leads that came in, from 0 to 100.",
    unit="none",
    formula="sum of quality_score / leads with a score",
    unknown="Absent where no lead of the range has a score.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(LEAD_QUALITY,),
    expression=lambda asked: asked.mean(LEAD_QUALITY),
)
CAPTURE_RATE: Final = Kpi(
    name="lead_capture_rate",
    title="Leads from conversations",
    meaning="How many leads came in for each conversation that began.",
    unit="percentunit",
    formula="leads by created_at / conversations by started_at",
    unknown="Absent where no conversation began.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(LEADS_CREATED, CONVERSATIONS_STARTED),
    expression=lambda asked: asked.ratio(asked.increase(LEADS_CREATED), asked.increase(CONVERSATIONS_STARTED)),
)
PIPELINE: Final = Kpi(
    name="pipeline_value",
    title="Value of the pipeline",
    meaning="What the leads that are neither won nor lost are worth if all of them convert.",
    unit="currencyUSD",
    formula="sum of pipeline_value over leads with created_at <= t and no closed_at <= t",
    unknown="Absent while no lead is open; leads of unknown worth are not in it.",
    domain=DOMAIN,
    codes=("M1",),
    metrics=(PIPELINE_VALUE,),
    expression=lambda asked: asked.total(PIPELINE_VALUE),
)
QUALIFIED_CALLS: Final = Kpi(
    name="qualified_calls",
    title="Qualified calls",
    meaning="Calls that ended as qualified or with an appointment.",
    unit="short",
    formula="ended calls with the outcome qualified or appointment_booked",
    unknown="Absent while no call ended so.",
    domain=DOMAIN,
    codes=("M2",),
    metrics=(CALLS_COMPLETED,),
    expression=_qualified,
)
BOOKING_RATE: Final = Kpi(
    name="booking_rate",
    title="Booking rate",
    meaning="Which share of the ended calls with a known outcome booked an appointment.",
    unit="percentunit",
    formula="ended calls with the outcome appointment_booked / ended calls with an outcome",
    unknown="Absent where no call with an outcome ended.",
    domain=DOMAIN,
    codes=("M2", "N1"),
    metrics=(CALLS_COMPLETED,),
    expression=booking,
)
KEPT_RATE: Final = Kpi(
    name="appointment_kept_rate",
    title="Kept appointments",
    meaning="How many appointments were kept in the time range for each that was booked in it.",
    unit="percentunit",
    formula="appointments by kept_at / appointments by booked_at",
    unknown="Absent where no appointment was booked.",
    domain=DOMAIN,
    codes=("M2",),
    metrics=(APPOINTMENTS_KEPT, APPOINTMENTS_BOOKED),
    expression=lambda asked: asked.ratio(asked.increase(APPOINTMENTS_KEPT), asked.increase(APPOINTMENTS_BOOKED)),
)
PROGRESS: Final = Kpi(
    name="campaign_progress",
    title="Progress of campaigns",
    meaning="Calls that a campaign that has not ended has made since it was set up, for each that it is to make.",
    unit="percentunit",
    formula="calls of the campaign since created_at / planned_calls",
    unknown="Absent where the plan is not known or is 0, and for campaigns that have ended.",
    domain=DOMAIN,
    codes=("M2",),
    metrics=(CALLS_MADE, CALLS_PLANNED),
    expression=lambda asked: f"{asked.total(CALLS_MADE)} / ({asked.total(CALLS_PLANNED)} > 0)",
)

KPIS: Final[tuple[Kpi, ...]] = (
    LEADS, VALID_RATE, DO_NOT_CALL_RATE, CONVERSION_RATE, FOLLOW_UP_RATE, QUALITY, CAPTURE_RATE, PIPELINE, QUALIFIED_CALLS,
    BOOKING_RATE, KEPT_RATE, PROGRESS,
)  # fmt: skip
STAGES: Final = (
    ("1 initiated", CALLS_INITIATED), ("2 answered", CALLS_ANSWERED), ("3 qualified", QUALIFIED_CALLS),
    ("4 appointment booked", APPOINTMENTS_BOOKED), ("5 appointment kept", APPOINTMENTS_KEPT),
)  # fmt: skip
"""The way from a call to an appointment that is kept, in order."""
