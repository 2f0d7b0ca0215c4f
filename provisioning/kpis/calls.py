"""Formulas of calls."""

from typing import Final

from exporter.labels import OUTCOME
from exporter.metrics.calls import (
    CALL_DURATION,
    CALL_INTERRUPTIONS,
    CALL_TRANSCRIPTION_ACCURACY,
    CALL_VOICE_QUALITY,
    CALLS_ANSWERED,
    CALLS_COMPLETED,
    CALLS_INITIATED,
)  # fmt: skip
from provisioning.kpi import Kpi

QUALIFIED: Final = "qualified"
NOT_HELD: Final = "=~failed|no_answer"
"""Outcomes of calls in which nobody talked to the end."""
NO_CALLS: Final = "Without calls in the window there is no answer."

ANSWER_RATE: Final = Kpi(
    name="answer_rate",
    title="Answer rate",
    meaning="Share of calls that somebody answered.",
    unit="percentunit",
    formula="calls answered / calls initiated, each counted when it happened",
    unknown=NO_CALLS,
    domain="calls",
    codes=("C2",),
    metrics=(CALLS_ANSWERED, CALLS_INITIATED),
    expression=lambda ask: ask.ratio(ask.increase(CALLS_ANSWERED), ask.increase(CALLS_INITIATED)),
)
COMPLETION_RATE: Final = Kpi(
    name="completion_rate",
    title="Completion rate",
    meaning="Share of ended calls with a known outcome that neither failed nor stayed without answer.",
    unit="percentunit",
    formula="1 - ended calls with outcome failed or no_answer / ended calls with a known outcome",
    unknown=NO_CALLS,
    domain="calls",
    codes=("C2", "Q3"),
    metrics=(CALLS_COMPLETED,),
    expression=lambda ask: f"1 - ({ask.known(CALLS_COMPLETED, OUTCOME, NOT_HELD)})",
)
QUALIFICATION_RATE: Final = Kpi(
    name="qualification_rate",
    title="Qualification rate",
    meaning="Share of answered calls that ended as qualified.",
    unit="percentunit",
    formula="ended calls with outcome qualified / calls answered",
    unknown="Without answered calls in the window there is no answer.",
    domain="calls",
    codes=("C2",),
    metrics=(CALLS_COMPLETED, CALLS_ANSWERED),
    expression=lambda ask: ask.ratio(ask.increase(CALLS_COMPLETED, {OUTCOME: QUALIFIED}), ask.increase(CALLS_ANSWERED)),
)
CONVERSION_RATE: Final = Kpi(
    name="call_conversion_rate",
    title="Conversion rate of calls",
    meaning="Share of all calls started that ended as qualified.",
    unit="percentunit",
    formula="ended calls with outcome qualified / calls initiated",
    unknown=NO_CALLS,
    domain="calls",
    codes=("C2",),
    metrics=(CALLS_COMPLETED, CALLS_INITIATED),
    expression=lambda ask: ask.ratio(
        ask.increase(CALLS_COMPLETED, {OUTCOME: QUALIFIED}), ask.increase(CALLS_INITIATED)
    ),
)
QUALIFIED_SHARE: Final = Kpi(
    name="qualified_share",
    title="Qualified of ended calls",
    meaning="Share of ended calls with a known outcome that ended as qualified.",
    unit="percentunit",
    formula="ended calls with outcome qualified / ended calls with a known outcome",
    unknown=NO_CALLS,
    domain="calls",
    codes=("C2",),
    metrics=(CALLS_COMPLETED,),
    expression=lambda ask: ask.known(CALLS_COMPLETED, OUTCOME, QUALIFIED),
)
FAILURE_RATE: Final = Kpi(
    name="call_failure_rate",
    title="Failure rate of calls",
    meaning="Share of ended calls that failed.",
    unit="percentunit",
    formula="ended calls with outcome failed / ended calls",
    unknown=NO_CALLS,
    domain="calls",
    codes=("C2", "N1"),
    metrics=(CALLS_COMPLETED,),
    expression=lambda ask: ask.ratio(ask.increase(CALLS_COMPLETED, {OUTCOME: "failed"}), ask.increase(CALLS_COMPLETED)),
)
AVERAGE_LENGTH: Final = Kpi(
    name="call_average_length",
    title="Average length of a call",
    meaning="Mean length of ended calls, from dialling to the end.",
    unit="s",
    formula="sum of lengths / number of ended calls",
    unknown=NO_CALLS,
    domain="calls",
    codes=("C2",),
    metrics=(CALL_DURATION,),
    expression=lambda ask: ask.mean(CALL_DURATION),
)
TALK_TIME: Final = Kpi(
    name="talk_time",
    title="Talk time",
    meaning="Length of all ended calls together.",
    unit="s",
    formula="sum of lengths of ended calls",
    unknown="Without calls ever there is no answer; without calls in the window it is 0.",
    domain="calls",
    codes=("C2",),
    metrics=(CALL_DURATION,),
    expression=lambda ask: ask.amount(CALL_DURATION),
)
VOICE_QUALITY: Final = Kpi(
    name="voice_quality",
    title="Voice quality",
    meaning="Mean opinion score of how well voices came through, from 1 (bad) to 5 (excellent).",
    unit="none",
    formula="sum of scores / number of calls with a score",
    unknown="Without calls that have a score there is no answer.",
    domain="calls",
    codes=("L4",),
    metrics=(CALL_VOICE_QUALITY,),
    expression=lambda ask: ask.mean(CALL_VOICE_QUALITY),
)
TRANSCRIPTION_ACCURACY: Final = Kpi(
    name="transcription_accuracy",
    title="Transcription accuracy",
    meaning="Mean share of the words of a call that were understood rightly.",
    unit="percentunit",
    formula="sum of shares / number of calls with a share",
    unknown="Without calls whose transcription was judged there is no answer.",
    domain="calls",
    codes=("L4",),
    metrics=(CALL_TRANSCRIPTION_ACCURACY,),
    expression=lambda ask: ask.mean(CALL_TRANSCRIPTION_ACCURACY),
)
INTERRUPTIONS: Final = Kpi(
    name="interruptions_per_call",
    title="Interruptions per call",
    meaning="How often a caller interrupted the agent in one call on average.",
    unit="short",
    formula="sum of interruptions / number of calls in which they were counted",
    unknown="Without calls in which they were counted there is no answer.",
    domain="calls",
    codes=("L4",),
    metrics=(CALL_INTERRUPTIONS,),
    expression=lambda ask: ask.mean(CALL_INTERRUPTIONS),
)

KPIS: Final[tuple[Kpi, ...]] = (
    ANSWER_RATE, COMPLETION_RATE, QUALIFICATION_RATE, CONVERSION_RATE, QUALIFIED_SHARE, FAILURE_RATE, AVERAGE_LENGTH, TALK_TIME,
    VOICE_QUALITY, TRANSCRIPTION_ACCURACY, INTERRUPTIONS,
)  # fmt: skip
