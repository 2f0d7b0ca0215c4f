"""The section `relay` of the settings: the process that speaks to services that Alertmanager does not know, and to mail servers."""

from __future__ import annotations

from pydantic import Field

from exporter.sections import Model


class Relay(Model):
    """The process that passes alerts on to mail servers, Slack bots, Microsoft Teams and SMS gateways."""

    host: str = Field("127.0.0.1", min_length=1, description="Address that it listens on.")
    port: int = Field(9882, ge=1, le=65535, description="Port that it listens on.")
