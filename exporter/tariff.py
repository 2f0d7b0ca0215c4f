"""What is billed of each entity: which column is used up in which unit. Prices of these units turn usage into cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from exporter.entities.cost import TELEPHONY_CALL
from exporter.entities.pipeline import LLM_REQUEST, STT_REQUEST, TTS_REQUEST
from exporter.entity import Column, Entity

UNITS: Final = (
    "input_token", "cached_input_token", "cache_write_token", "output_token", "reasoning_token", "audio_input_token",
    "audio_output_token", "second", "minute", "character",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A column that is billed by a unit.

    Without a value in an `optional` column nothing of it was used; without one in another the usage is not known.
    Where the unit has no price, that of `instead` holds for `per` of them: 60 seconds make the minute that has one.
    """

    unit: str
    column: str
    optional: bool = False
    instead: str = ""
    per: int = 1


@dataclass(frozen=True, slots=True)
class Tariff:
    """The parts of an entity's cost. `model` stands for services whose rows name no model."""

    entity: Entity
    parts: tuple[Part, ...]
    model: str = ""
    at: str = "ended_at"

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit whose price may be needed."""
        return tuple(dict.fromkeys(unit for part in self.parts for unit in (part.unit, part.instead) if unit))

    @property
    def time(self) -> Column:
        """The instant whose price holds."""
        return self.entity[self.at]


WITHIN: Final = {
    "input_tokens": ("cached_input_tokens", "cache_write_tokens", "audio_input_tokens"),
    "output_tokens": ("reasoning_tokens", "audio_output_tokens"),
}
"""Columns that a source with inclusive counting has counted in another one too."""

TARIFFS: Final = (
    Tariff(
        LLM_REQUEST,
        (
            Part("input_token", "input_tokens"),
            Part("output_token", "output_tokens"),
            Part("cached_input_token", "cached_input_tokens", optional=True),
            Part("cache_write_token", "cache_write_tokens", optional=True),
            # Reasoning is billed as output by every provider that names no price of its own for it.
            Part("reasoning_token", "reasoning_tokens", optional=True, instead="output_token"),
            Part("audio_input_token", "audio_input_tokens", optional=True),
            Part("audio_output_token", "audio_output_tokens", optional=True),
        ),
    ),
    Tariff(STT_REQUEST, (Part("second", "audio_duration", instead="minute", per=60),), "stt"),
    Tariff(TTS_REQUEST, (Part("character", "characters"),), "tts"),
    Tariff(TELEPHONY_CALL, (Part("second", "billed_duration", instead="minute", per=60),), "telephony"),
)

NO_PRICE: Final = "no_price"
"""Usage is known, but at least one of its parts has no price at that time."""
NO_USAGE: Final = "no_usage"
"""Nothing is known of what was used."""
BAD_USAGE: Final = "bad_usage"
"""What was used is negative, or parts are greater than the whole that they are counted in."""
RECORDED: Final = "recorded"
COMPUTED: Final = "computed"
