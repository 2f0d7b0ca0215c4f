"""Reads a sentiment from words with TextBlob's lexicon: on this machine, without network and without a model; English only."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

LONGEST: Final = 2000
"""Characters of one text that are looked at."""


class ScorerError(Exception):
    """Text cannot be scored; the message never holds any of it."""


def score(words: str) -> float | None:
    """Sentiment from 0 (bad) to 1 (good); None when no word says anything, for that is not the same as neutral."""
    try:
        polarity, _, found = _blob()(words[:LONGEST]).sentiment_assessments
    except ScorerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its own message could hold the text
        raise ScorerError(f"the scorer failed on a text with {type(error).__name__}") from None
    return (float(polarity) + 1) / 2 if found else None


@cache
def _blob() -> Callable[[str], Any]:
    try:
        from textblob import TextBlob
    except ImportError:
        raise ScorerError(
            "satisfaction.score_text is on but TextBlob is not installed; install watchfloor[sentiment] or set it to false"
        ) from None
    return TextBlob  # type: ignore[no-any-return]
