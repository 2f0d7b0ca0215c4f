"""Leads, appointments and campaigns."""

from typing import Final

from exporter.entities.calls import CAMPAIGN as CAMPAIGN_NAME
from exporter.entity import AGENT, CHANNEL, TENANT, Entity, flag, integer, money, real, text, time

LEAD: Final = Entity(
    "lead",
    "leads",
    "A person or company that may become a customer of a tenant.",
    (
        text("lead", "Number of the lead."),
        TENANT, CAMPAIGN_NAME, CHANNEL,
        text("name", "Name of the person.", personal=True),
        text("email", "E-mail address of the person.", personal=True),
        text("status", "new, contacted, converted, lost, ..."),
        flag("valid", "Whether the contact details are right; unknown until checked."),
        flag("do_not_call", "Whether the person must not be called."),
        real("quality_score", "How promising the lead is, from 0 to 100.", unit="points"),
        money("pipeline_value", "What the lead is worth if it converts, in US dollars."),
        text("next_action", "What is to be done next: call, follow up, ..."),
        time("next_action_at", "When it is to be done."),
        time("created_at", "When the lead came in.", required=True),
        time("contacted_at", "When somebody or an agent first got in touch; unset until then. Must not change once set."),
        time("converted_at", "When the lead became a customer; unset until then. Must not change once set."),
        time("closed_at", "When the lead was won or lost; unset while it is open."),
    ),
)  # fmt: skip

APPOINTMENT: Final = Entity(
    "appointment",
    "leads",
    "An appointment that an agent booked, with what it is worth to the tenant.",
    (
        TENANT, AGENT, CAMPAIGN_NAME,
        text("status", "booked, kept, missed, cancelled, ..."),
        money("value", "What the appointment is worth, in US dollars; unset when it is not known."),
        time("booked_at", "When it was booked.", required=True),
        time("starts_at", "When it is to take place."),
        time("kept_at", "When the person came; unset until then. Must not change once set."),
        time("cancelled_at", "When it was called off; unset unless it was. Must not change once set."),
    ),
)  # fmt: skip

CAMPAIGN: Final = Entity(
    "campaign",
    "leads",
    "An outbound campaign as it stands now.",
    (
        TENANT, CAMPAIGN_NAME, AGENT,
        text("status", "running, paused, ended, ..."),
        integer("planned_calls", "How many calls it is to make."),
        time("created_at", "When it was set up.", required=True),
        time("ended_at", "When it ended; unset until then."),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (LEAD, APPOINTMENT, CAMPAIGN)
