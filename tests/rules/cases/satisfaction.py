"""Cases of satisfaction."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, Case, Series, gauge

UP: Final = {'exporter_domain_up{domain="satisfaction"}': "1"}
NAME: Final = "conversation_sentiment_ratio"


def _sentiment(negative: str, every: str) -> Series:
    """Sentiments below 0.4 and all of them."""
    bucket = f'{NAME}_bucket{{{CALLER},le="0.39999999999999997"}}'
    return {bucket: negative, f"{NAME}_count{{{CALLER}}}": every, **UP}


CASES: Final[dict[tuple[str, str], Case]] = {
    ("NegativeSentimentHigh", "warning"): Case(_sentiment("+2", "+4"), _sentiment("0", "+4")),
    ("NegativeSentimentSpike", "warning"): Case(
        _sentiment("0x720 0+2x360", "0+4x1080"), _sentiment("0+2x1080", "0+4x1080"), at="175m"
    ),
    ("NegativeFeedback", "info"): gauge(f"negative_feedback_recent{{{CALLER}}}", "1", "0"),
}
