"""Passes alerts on to services that Alertmanager 0.25 does not know (Microsoft Teams, SMS gateways) or whose no it takes for a yes (Slack bots)."""

from __future__ import annotations

from typing import Final

from exporter.alerting import Channel
from exporter.settings import Settings

KINDS: Final = ("slack_bot", "teams", "sms")


def relayed(settings: Settings) -> tuple[Channel, ...]:
    """The channels that go this way."""
    return tuple(channel for channel in settings.alerting.channels if channel.kind in KINDS)
