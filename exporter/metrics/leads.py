"""Metrics of leads, appointments and campaigns."""

from typing import Final

from exporter.entities.leads import APPOINTMENT, CAMPAIGN, LEAD
from exporter.labels import CAMPAIGN as CAMPAIGN_LABEL
from exporter.labels import CHANNEL, TENANT
from exporter.metric import Computed, Count, Distribution, Level, Metric, Sum

WHO: Final = (TENANT, CAMPAIGN_LABEL, CHANNEL)
WHOSE: Final = (TENANT, CAMPAIGN_LABEL)

LEADS_CREATED: Final = Count(
    base="leads_created_total",
    help="Leads that came in.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    at=LEAD["created_at"],
    labels=WHO,
)
LEADS_CHECKED: Final = Count(
    base="leads_checked_total",
    help="Leads that came in and of which it is known whether their contact details are right.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    at=LEAD["created_at"],
    where=(LEAD["valid"].present,),
    labels=WHO,
)
LEADS_VALID: Final = Count(
    base="leads_valid_total",
    help="Leads that came in with the right contact details.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    at=LEAD["created_at"],
    where=(LEAD["valid"].true,),
    labels=WHO,
)
LEADS_DO_NOT_CALL: Final = Count(
    base="leads_do_not_call_total",
    help="Leads that came in and must not be called.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    at=LEAD["created_at"],
    where=(LEAD["do_not_call"].true,),
    labels=WHO,
)
LEADS_CONTACTED: Final = Count(
    base="leads_contacted_total",
    help="Leads that were contacted for the first time.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    at=LEAD["contacted_at"],
    labels=WHO,
)
LEADS_CONVERTED: Final = Count(
    base="leads_converted_total",
    help="Leads that became customers.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    at=LEAD["converted_at"],
    labels=WHO,
)
LEAD_QUALITY: Final = Distribution(
    base="lead_quality_points",
    help="Quality score of leads that came in, from 0 to 100.",
    domain="leads",
    codes=("M1",),
    unit="points",
    entity=LEAD,
    at=LEAD["created_at"],
    value=LEAD["quality_score"],
    bounds=(10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0),
    labels=WHO,
)
LEADS_OPEN: Final = Level(
    base="leads_open",
    help="Leads that are neither won nor lost.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    opened=LEAD["created_at"],
    closed=LEAD["closed_at"],
    labels=WHO,
)
LEADS_WAITING: Final = Level(
    base="leads_waiting",
    help="Leads that nobody has contacted yet.",
    domain="leads",
    codes=("M1",),
    entity=LEAD,
    opened=LEAD["created_at"],
    closed=LEAD["contacted_at"],
    labels=WHO,
)
PIPELINE_VALUE: Final = Level(
    base="pipeline_value_usd",
    help="What the open leads are worth if all of them convert, in US dollars.",
    domain="leads",
    codes=("M1",),
    unit="usd",
    entity=LEAD,
    opened=LEAD["created_at"],
    closed=LEAD["closed_at"],
    amount=LEAD["pipeline_value"],
    labels=WHO,
)
APPOINTMENTS_BOOKED: Final = Count(
    base="appointments_booked_total",
    help="Appointments that agents booked.",
    domain="leads",
    codes=("M2", "R2"),
    entity=APPOINTMENT,
    at=APPOINTMENT["booked_at"],
    labels=WHOSE,
)
APPOINTMENTS_KEPT: Final = Count(
    base="appointments_kept_total",
    help="Appointments to which the person came.",
    domain="leads",
    codes=("M2", "R2"),
    entity=APPOINTMENT,
    at=APPOINTMENT["kept_at"],
    labels=WHOSE,
)
APPOINTMENTS_CANCELLED: Final = Count(
    base="appointments_cancelled_total",
    help="Appointments that were called off.",
    domain="leads",
    codes=("M2",),
    entity=APPOINTMENT,
    at=APPOINTMENT["cancelled_at"],
    labels=WHOSE,
)
APPOINTMENT_VALUE: Final = Sum(
    base="appointments_booked_usd_total",
    help="What the booked appointments are worth, in US dollars; those of unknown worth are not in it.",
    domain="leads",
    codes=("R2",),
    unit="usd",
    entity=APPOINTMENT,
    at=APPOINTMENT["booked_at"],
    value=APPOINTMENT["value"],
    labels=WHOSE,
)
ATTRIBUTED: Final = Sum(
    base="appointments_kept_usd_total",
    help="What the kept appointments are worth, in US dollars: the revenue that agents brought.",
    domain="leads",
    codes=("R2",),
    unit="usd",
    entity=APPOINTMENT,
    at=APPOINTMENT["kept_at"],
    value=APPOINTMENT["value"],
    labels=WHOSE,
)
CALLS_PLANNED: Final = Level(
    base="campaign_calls_planned",
    help="Calls that the campaigns that have not ended are to make in all.",
    domain="leads",
    codes=("M2",),
    entity=CAMPAIGN,
    opened=CAMPAIGN["created_at"],
    closed=CAMPAIGN["ended_at"],
    amount=CAMPAIGN["planned_calls"],
    labels=WHOSE,
)
CALLS_MADE: Final = Computed(
    base="campaign_calls_made",
    help="Calls that the campaigns that have not ended have made since they were set up.",
    domain="leads",
    codes=("M2",),
    labels=WHOSE,
)

METRICS: Final[tuple[Metric, ...]] = (
    LEADS_CREATED, LEADS_CHECKED, LEADS_VALID, LEADS_DO_NOT_CALL, LEADS_CONTACTED, LEADS_CONVERTED, LEAD_QUALITY, LEADS_OPEN,
    LEADS_WAITING, PIPELINE_VALUE, APPOINTMENTS_BOOKED, APPOINTMENTS_KEPT, APPOINTMENTS_CANCELLED, APPOINTMENT_VALUE, ATTRIBUTED,
    CALLS_PLANNED, CALLS_MADE,
)  # fmt: skip
