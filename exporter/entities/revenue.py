"""Revenue: subscriptions, invoices, clients, what agents earn for them."""

from typing import Final

from exporter.entity import TENANT, Entity, money, text, time

PLAN: Final = text("plan", "Plan that the customer pays for.")

CLIENT: Final = Entity(
    "client",
    "revenue",
    "A customer, from joining to leaving.",
    (
        TENANT, PLAN,
        text("country", "Country, two letters of ISO 3166-1."),
        text("industry", "What the customer does."),
        time("joined_at", "When it became a customer.", required=True),
        time("left_at", "When it left; unset while it is a customer. Must not change once set."),
    ),
)  # fmt: skip

SUBSCRIPTION: Final = Entity(
    "subscription",
    "revenue",
    "A plan that a customer pays for, from its start to its end.",
    (
        TENANT, PLAN,
        money("mrr", "What it brings each month, in US dollars."),
        time("started_at", "When it began.", required=True),
        time("ended_at", "When it ended or was exchanged for another; unset while it runs."),
        text("end_reason", "Why it ended: cancelled, upgraded, ..."),
    ),
)  # fmt: skip

INVOICE: Final = Entity(
    "invoice",
    "revenue",
    "A sum that a customer was asked for, with what the billing system says of the same sum.",
    (
        text("invoice", "Number of the invoice."),
        TENANT, PLAN,
        text("category", "What it is for: subscription, setup_fee, usage, ..."),
        text("status", "open, paid, overdue, ..."),
        money("amount", "Sum that was recorded, in US dollars."),
        money("billed", "The same sum in the billing system; unset when it does not know the invoice."),
        money("difference", "How far the two sums are apart, without sign; unset when the billing system does not know it."),
        time("issued_at", "When it was issued.", required=True),
        time("due_at", "Until when it is to be paid."),
        time("paid_at", "When it was paid; unset until then. Must not change once set."),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (CLIENT, SUBSCRIPTION, INVOICE)
