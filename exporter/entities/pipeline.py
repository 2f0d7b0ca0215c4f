"""Pipeline: the steps behind an answer (LLM, speech to text, text to speech, tools), turns and errors."""

from typing import Final

from exporter.entity import AGENT, AGENT_TYPE, TENANT, Entity, derived, flag, integer, money, real, text, time

CONVERSATION: Final = text("conversation", "The conversation that it belongs to.")
MODEL: Final = text("model", "Model that served the request.")
PROVIDER: Final = text("provider", "Company or service that served the request.")
STATUS: Final = text("status", "ok or error.")
ENDED_AT: Final = time("ended_at", "When the step ended. Must not change once set.", required=True)
DURATION: Final = real("duration", "Wall time of the step.", unit="seconds")

COST: Final = (
    money("cost", "Recorded cost, unset when it is not known; then it is computed where prices are known."),
    text("reason", "Why the cost is not known, if the source says so; else it is worked out."),
    derived("source", "Where the cost comes from: recorded or computed."),
)

LLM_REQUEST: Final = Entity(
    "llm_request",
    "pipeline",
    "One request to a language model.",
    (
        CONVERSATION, TENANT, AGENT, AGENT_TYPE, MODEL, PROVIDER, STATUS, ENDED_AT, DURATION,
        real("time_to_first_token", "Time until the first token arrived.", unit="seconds"),
        integer("input_tokens", "Input tokens that were not read from a cache."),
        integer("cached_input_tokens", "Input tokens read from a cache."),
        integer("cache_write_tokens", "Input tokens written to a cache."),
        integer("audio_input_tokens", "Input tokens of sound."),
        integer("output_tokens", "Output tokens without reasoning."),
        integer("reasoning_tokens", "Output tokens spent on reasoning."),
        integer("audio_output_tokens", "Output tokens of sound."),
        *COST,
    ),
)  # fmt: skip

STT_REQUEST: Final = Entity(
    "stt_request",
    "pipeline",
    "One piece of speech turned into text.",
    (
        CONVERSATION, TENANT, AGENT, AGENT_TYPE, MODEL, PROVIDER, STATUS, ENDED_AT, DURATION,
        real("audio_duration", "Length of the speech that is billed.", unit="seconds"),
        *COST,
    ),
)  # fmt: skip

TTS_REQUEST: Final = Entity(
    "tts_request",
    "pipeline",
    "One piece of text turned into speech.",
    (
        CONVERSATION, TENANT, AGENT, AGENT_TYPE, MODEL, PROVIDER, STATUS, ENDED_AT, DURATION,
        integer("characters", "Characters that are billed."),
        *COST,
    ),
)  # fmt: skip

TOOL_CALL: Final = Entity(
    "tool_call",
    "pipeline",
    "One call of a tool by an agent.",
    (CONVERSATION, TENANT, AGENT, AGENT_TYPE, text("tool", "Name of the tool."), STATUS, ENDED_AT, DURATION),
)

TURN: Final = Entity(
    "turn",
    "pipeline",
    "One exchange: the person stops, the agent answers.",
    (
        CONVERSATION, TENANT, AGENT, AGENT_TYPE, ENDED_AT,
        real("latency", "From the person's last sound or key to the agent's first, measured end to end.", unit="seconds"),
        flag("interrupted", "Whether the person cut the answer off."),
    ),
)  # fmt: skip

ERROR: Final = Entity(
    "error",
    "pipeline",
    "One error anywhere in the system.",
    (
        TENANT, AGENT, AGENT_TYPE,
        text("type", "Class of the error: timeout, rate_limit, ..."),
        text("component", "Part that failed: llm, stt, tts, tool, telephony, ..."),
        time("occurred_at", "When it happened.", required=True),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (LLM_REQUEST, STT_REQUEST, TTS_REQUEST, TOOL_CALL, TURN, ERROR)
