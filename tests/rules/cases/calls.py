"""Cases of calls."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, CAMPAIGN, WEEK, Case, Series, gauge


def _outcomes(failed: str, other: str) -> Series:
    return {
        f'calls_completed_total{{{CALLER},outcome="failed"}}': failed,
        f'calls_completed_total{{{CALLER},outcome="qualified"}}': other,
        'exporter_domain_up{domain="calls"}': "1",
    }


CALLS: Final = f"calls_initiated_total{{{CALLER}}}"
MISSING: Final = Case({CALLS: f"0+100x12 1200x{WEEK}"}, {CALLS: f"0+100x{WEEK + 12}"}, at="169h", weekly=True)


def _heard(metric: str, total: str) -> Series:
    return {
        f"{metric}_sum{{{CALLER}}}": total,
        f"{metric}_count{{{CALLER}}}": "+4",
        'exporter_domain_up{domain="calls"}': "1",
    }


CASES: Final[dict[tuple[str, str], Case]] = {
    ("CallsFailing", "warning"): Case(_outcomes("+1", "+3"), _outcomes("0", "+3")),
    ("CallQueueBacklog", "warning"): gauge(f"queued_calls{{{CAMPAIGN}}}", "64", "32"),
    ("CallQueueBacklog", "critical"): gauge(f"queued_calls{{{CAMPAIGN}}}", "256", "128"),
    ("VoiceQualityLow", "warning"): Case(
        _heard("call_voice_quality_score", "+8"), _heard("call_voice_quality_score", "+16")
    ),
    ("TranscriptionAccuracyLow", "warning"): Case(
        _heard("call_transcription_accuracy_ratio", "+2"), _heard("call_transcription_accuracy_ratio", "+4")
    ),
    ("CallsMissing", "warning"): MISSING,
    ("CallsMissing", "critical"): MISSING,
    ("CampaignStalled", "warning"): Case(
        {f"campaign_status{{{CAMPAIGN}}}": "1", f"queued_calls{{{CAMPAIGN}}}": "8"},
        {
            f"campaign_status{{{CAMPAIGN}}}": "1",
            f"queued_calls{{{CAMPAIGN}}}": "8",
            f"calls_initiated_total{{{CAMPAIGN}}}": "+1",
        },
    ),
}
