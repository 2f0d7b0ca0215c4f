"""The settings of what keeps alerts quiet: acknowledgements, silences and maintenance."""

from __future__ import annotations

from pydantic import Field

from exporter.sections import Model, Seconds


class Acknowledgement(Model):
    """How long it counts that somebody looks at an alert."""

    lasts: Seconds = Field(
        14400.0, gt=0, description="How long an acknowledgement holds back escalation while its alert goes on."
    )
    same_incident: Seconds = Field(
        600.0,
        gt=0,
        description="An alert that comes back within this time, or Prometheus that does, continues the same incident.",
    )
