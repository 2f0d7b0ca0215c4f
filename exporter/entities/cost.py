"""Cost: what models, speech and telephony cost, budgets, forecasts."""

from typing import Final

from exporter.entities.pipeline import CONVERSATION, COST, ENDED_AT, MODEL, PROVIDER, STATUS
from exporter.entity import AGENT, AGENT_TYPE, TENANT, Entity, money, real, text, time

PRICE: Final = Entity(
    "price",
    "cost",
    "What one unit of a model or service costs in a time.",
    (
        text("provider", "Company that sells it; unset for a price that holds whoever sells."),
        text("model", "Model, or stt, tts or telephony for a service without models.", required=True),
        text(
            "unit",
            "input_token, cached_input_token, cache_write_token, output_token, reasoning_token, audio_input_token, "
            "audio_output_token, second, minute or character.",
            required=True,
        ),
        money("price", "Price of one unit."),
        time("valid_from", "First instant at which it holds.", required=True),
        time("valid_to", "First instant at which it no longer holds; unset while it does."),
    ),
)

TELEPHONY_CALL: Final = Entity(
    "telephony_call",
    "cost",
    "One call as the carrier bills it.",
    (
        CONVERSATION, TENANT, AGENT, AGENT_TYPE, MODEL, PROVIDER, STATUS, ENDED_AT,
        real("billed_duration", "Time that the carrier bills.", unit="seconds"),
        *COST,
    ),
)  # fmt: skip

BUDGET: Final = Entity(
    "budget",
    "cost",
    "A limit on spending in a period.",
    (
        text("budget", "Name of the budget.", required=True),
        text("tenant", "Tenant whose spending it limits; unset for all."),
        money("amount", "Most that may be spent in one period."),
        text("period", "day, week, month, quarter or year.", required=True),
        text("notify", "Percentages of the limit at which to notify, such as 50,75,90,100."),
        time("created_at", "When it began to hold.", required=True),
        time("ended_at", "When it ceased to hold."),
    ),
)

ENTITIES: Final[tuple[Entity, ...]] = (PRICE, TELEPHONY_CALL, BUDGET)
