"""The sections `roi` and `benchmarks` of the settings: what the calculator assumes, and what others achieve."""

from __future__ import annotations

from pydantic import Field

from exporter.sections import Model


class Roi(Model):
    """What the ROI calculator begins with; each can be changed in a box on the dashboard."""

    human_cost_usd: float = Field(5.0, ge=0, description="What a conversation costs when a human handles it.")
    human_minutes: float = Field(15.0, ge=0, description="How long people wait until a human answers, in minutes.")
    conversion_rate: float = Field(0.1, ge=0, le=1, description="Share of leads that become customers.")
    deal_value_usd: float = Field(1000.0, ge=0, description="What a new customer is worth.")


class Benchmarks(Model):
    """What others achieve, drawn as lines; a line that is not set is not drawn."""

    churn_rate: float | None = Field(
        None, ge=0, le=1, description="Share of customers that leave in 30 days.", examples=[0.03]
    )
    margin: float | None = Field(
        None, le=1, description="Share of revenue that is left after the cost of the service.", examples=[0.7]
    )
    mrr_growth: float | None = Field(
        None, description="Growth of monthly recurring revenue in 30 days.", examples=[0.05]
    )
    conversion_rate: float | None = Field(
        None, ge=0, le=1, description="Share of leads that become customers.", examples=[0.1]
    )


class Projection(Model):
    """How far the trend of revenue is carried on."""

    months: int = Field(3, ge=1, le=24, description="Months from now for which revenue is projected.")
    history_months: int = Field(12, ge=6, le=60, description="Most months of the past that the trend rests on.")
