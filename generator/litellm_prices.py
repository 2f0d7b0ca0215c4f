"""LiteLLM's price list as a price file: what fits its units is taken over exactly, everything else is told."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

FIELDS: Final = {
    "input_cost_per_token": "input_token",
    "cache_read_input_token_cost": "cached_input_token",
    "cache_creation_input_token_cost": "cache_write_token",
    "output_cost_per_token": "output_token",
    "output_cost_per_reasoning_token": "reasoning_token",
    "input_cost_per_audio_token": "audio_input_token",
    "output_cost_per_audio_token": "audio_output_token",
}
SPEECH: Final = {
    "audio_transcription": ("input_cost_per_second", "second"),
    "audio_speech": ("input_cost_per_character", "character"),
}
"""What is billed of speech, by the list's `mode`."""

PROVIDERS: Final = {
    "bedrock_converse": "bedrock", "azure_text": "azure", "text-completion-openai": "openai", "cohere_chat": "cohere",
    "text-completion-codestral": "codestral", "fireworks_ai-embedding-models": "fireworks_ai",
}  # fmt: skip
"""The list's words for an interface of a provider, and the provider that LiteLLM records with a request."""


@dataclass
class Imported:
    """Entries of a price file, and what was left out: models with the reason, and fields of models that were taken."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    fields: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> Iterator[str]:
        """The report."""
        yield f"{len(self.entries)} models taken over"
        for reason, count in Counter(self.left_out.values()).most_common():
            examples = sorted(name for name, why in self.left_out.items() if why == reason)[:3]
            yield f"{count} models left out: {reason} ({', '.join(examples)}{', ...' if count > 3 else ''})"
        if self.fields:
            total = len(self.fields)
            first = ", ".join(f"{name} ({count})" for name, count in self.fields.most_common(5))
            yield f"{total} kinds of price of these models have no place in a price file: {first}{', ...' if total > 5 else ''}"


def convert(
    listed: Mapping[str, Any], valid_from: str, patterns: Iterable[str] = (), *, zero: bool = False
) -> Imported:
    """The list's entries that match (all without patterns). With `zero`, models whose every price is 0 are taken as free."""
    found, wanted = Imported(), tuple(patterns)
    for name, said in listed.items():
        if name == "sample_spec" or (wanted and not any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)):
            continue
        prices, reason = _prices(said)
        if not reason and not zero and not any(prices.values()):
            reason = "every price is 0, which may mean free or not known"
        if reason:
            found.left_out[name] = reason
            continue
        found.entries.append(
            {
                "provider": provider(str(said.get("litellm_provider", ""))),
                "model": name.lower(),
                "valid_from": valid_from,
                "usd": {unit: f"{price:f}" for unit, price in prices.items()},
            }
        )
        taken = {*FIELDS, *(one for one, _ in SPEECH.values())}
        found.fields.update(key for key, value in said.items() if "cost" in key and value and key not in taken)
    return found


def provider(word: str) -> str:
    """The provider as LiteLLM records it with a request."""
    return "vertex_ai" if word.startswith("vertex_ai-") else PROVIDERS.get(word, word).lower()


def _prices(said: Mapping[str, Any]) -> tuple[dict[str, Decimal], str]:
    mode = str(said.get("mode"))
    fields = dict([SPEECH[mode]]) if mode in SPEECH and SPEECH[mode][0] in said else FIELDS
    prices = {}
    for name, unit in fields.items():
        if said.get(name) is not None:
            try:
                prices[unit] = Decimal(str(said[name]))
            except InvalidOperation:
                return {}, f"{name} is no number"
    if not prices:
        return {}, "it is billed by other units than tokens, seconds and characters"
    if any(price < 0 for price in prices.values()):
        return {}, "a price is negative"
    return prices, ""
