"""Limits of the alerts, by domain: every one can be set, every one moves a rule."""

from __future__ import annotations

from typing import Final

from pydantic import Field, model_validator

from exporter.sections import Model

FALLING: Final = frozenset({"uptime"})
"""Pairs in which less is worse."""


class Threshold(Model):
    """Where an alert warns and where it is critical."""

    warning: float = Field(description="The alert warns from here on.", examples=[0.02])
    critical: float = Field(description="The alert is critical from here on.", examples=[0.05])


class Thresholds(Model):
    """Limits of the alerts. Ratios are 0 to 1, times in seconds."""

    # calls, conversations, pipeline
    error_rate: Threshold = Field(
        Threshold(warning=0.02, critical=0.05), description="Share of calls and requests that fail."
    )
    response_time_seconds: Threshold = Field(
        Threshold(warning=0.8, critical=1.2), description="95th percentile of response times."
    )
    slow_response_seconds: float = Field(5.0, description="A response longer than this counts as slow.")
    success_rate: float = Field(0.9, gt=0, lt=1, description="Least share of conversations that reach their goal.")
    confidence: float = Field(0.6, gt=0, lt=1, description="Least mean confidence of answers.")
    agent_error_rate: float = Field(0.1, gt=0, lt=1, description="Most errors per request of one agent.")
    handoff_rate: float = Field(0.3, gt=0, lt=1, description="Most conversations handed to a human.")
    voice_quality: float = Field(3.5, gt=1, lt=5, description="Least mean voice quality of calls, from 1 to 5.")
    transcription_accuracy: float = Field(0.9, gt=0, lt=1, description="Least share of words understood rightly.")
    queued_calls: Threshold = Field(Threshold(warning=50, critical=200), description="Calls that wait.")
    # agents
    agent_idle_seconds: float = Field(
        86400, gt=0, description="An agent in service that does nothing for longer is inactive."
    )
    agent_configuration_age_seconds: float = Field(
        2_592_000, gt=0, description="A configuration older than this is stale."
    )
    agent_configured: float = Field(
        0.8, gt=0, lt=1, description="Least share of an agent's settings that are filled in."
    )

    # cost
    cost_growth: float = Field(0.2, gt=0, description="Growth of cost from one week to the next.")
    cost_least_usd: float = Field(1.0, ge=0, description="Fewest US dollars a week from which growth is told.")
    cost_anomaly_score: float = Field(
        6.0, gt=0, description="Robust standard deviations above the usual cost of an hour."
    )
    unpriced_share: float = Field(0.05, gt=0, lt=1, description="Most usage without a known cost.")

    # revenue
    churn_rate: Threshold = Field(
        Threshold(warning=0.05, critical=0.1), description="Share of customers that leave in 30 days."
    )
    billing_gap: Threshold = Field(
        Threshold(warning=0.001, critical=0.01),
        description="Share of recorded revenue by which billing differs in 30 days.",
    )

    # satisfaction
    negative_sentiment: float = Field(0.2, gt=0, lt=1, description="Most conversations with a negative sentiment.")

    # content
    knowledge_freshness: float = Field(0.5, gt=0, lt=1, description="Least share of documents that are fresh.")
    pending_upload_seconds: float = Field(86400, gt=0, description="Longest that a document may wait to be found.")
    unanswered_questions: float = Field(0.4, gt=0, lt=1, description="Most questions that stay unanswered.")

    # leads
    booking_rate: float = Field(0.6, gt=0, lt=1, description="Least share of calls in which an appointment is booked.")
    conversion_milestone: float = Field(
        100.0, gt=0, description="So many conversions in 30 days, and each multiple, are a milestone."
    )

    # behaviour
    plan_usage: Threshold = Field(
        Threshold(warning=0.8, critical=1.0), description="Share of what a plan allows in a month that is used."
    )
    usage_spike: float = Field(3.0, gt=1, description="Times as many conversations as a week ago that are unusual.")
    usage_low: float = Field(0.5, gt=0, lt=1, description="Share of last week's conversations below which use is low.")

    # experiments

    # health
    system_latency_seconds: float = Field(
        1.0, gt=0, description="95th percentile of the time that a part takes to answer a probe."
    )
    cpu: float = Field(0.8, gt=0, lt=1, description="Mean share of a host's processors in use.")
    memory: float = Field(0.9, gt=0, lt=1, description="Mean share of a host's memory in use.")
    cache_hit_rate: float = Field(0.5, gt=0, lt=1, description="Least share of reads that the cache answers.")
    uptime: Threshold = Field(Threshold(warning=0.99, critical=0.95), description="Share of time that a part is up.")

    # exporter
    horizon_lag_seconds: Threshold = Field(
        Threshold(warning=900, critical=3600), description="Age of the horizon of sealed totals."
    )
    data_age_seconds: Threshold = Field(
        Threshold(warning=3600, critical=21600), description="Age of the newest row of a domain."
    )

    @model_validator(mode="after")
    def _order(self) -> Thresholds:
        for name, limit in self._pairs():
            low, high = ("critical", "warning") if name in FALLING else ("warning", "critical")
            if not getattr(limit, low) < getattr(limit, high):
                raise ValueError(
                    f"{name}: {low} ({getattr(limit, low):g}) must be below {high} ({getattr(limit, high):g})"
                )
        return self

    def bounds(self) -> dict[str, tuple[float, ...]]:
        """Values that must be bucket bounds where a distribution names the threshold, by threshold name."""
        single = {
            name: (float(value),)
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), int | float)
        }
        return {**single, **{name: (limit.warning, limit.critical) for name, limit in self._pairs()}}

    def _pairs(self) -> list[tuple[str, Threshold]]:
        return [
            (name, value) for name in type(self).model_fields if isinstance(value := getattr(self, name), Threshold)
        ]
