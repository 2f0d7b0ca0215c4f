"""Entities by domain."""

from typing import Final

from exporter.entities.calls import CALL, CAMPAIGN_RUN, SCHEDULED_CALL
from exporter.entities.conversations import CONVERSATION
from exporter.entities.pipeline import ERROR, LLM_REQUEST, STT_REQUEST, TOOL_CALL, TTS_REQUEST, TURN
from exporter.entity import Entity

ENTITIES: Final[tuple[Entity, ...]] = (
    CALL, SCHEDULED_CALL, CAMPAIGN_RUN,
    CONVERSATION,
    LLM_REQUEST, STT_REQUEST, TTS_REQUEST, TOOL_CALL, TURN, ERROR,
)  # fmt: skip
