"""Behaviour: how people use the product."""

from typing import Final

from exporter.entity import TENANT, Entity, integer, real, text, time

PLAN: Final = text("plan", "Plan that the customer pays for.")

USAGE_EVENT: Final = Entity(
    "usage_event",
    "behaviour",
    "One use of a feature of the product by one person.",
    (
        TENANT, PLAN,
        text("person", "Who used it.", personal=True),
        text("session", "The visit that it belongs to."),
        text("event", "What was done: page_view, action, export, ..."),
        text("feature", "Feature that was used."),
        real("duration", "How long it was used.", unit="seconds"),
        time("occurred_at", "When it happened.", required=True),
    ),
)  # fmt: skip

PLAN_LIMIT: Final = Entity(
    "plan_limit",
    "behaviour",
    "What a plan allows in a calendar month; what is unset has no limit.",
    (
        PLAN,
        integer("calls", "Calls that are included."),
        integer("conversations", "Conversations that are included."),
        integer("seats", "People who may use the product."),
    ),
)

PLAN_PERIOD: Final = Entity(
    "plan_period",
    "behaviour",
    "The time in which a customer has a plan.",
    (
        TENANT, PLAN,
        time("started_at", "When the plan began.", required=True),
        time("ended_at", "When it ended; unset while it holds."),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (USAGE_EVENT, PLAN_LIMIT, PLAN_PERIOD)
