"""Passes alerts on to services that Alertmanager 0.25 does not know (Microsoft Teams, SMS gateways) or whose no it takes for a yes
(Slack bots, and mail servers that refuse at the end of a mail).
"""

from __future__ import annotations

from typing import Final

from exporter.alerting import Channel
from exporter.settings import Settings
from provisioning.endpoints import Endpoints

KINDS: Final = ("slack_bot", "teams", "sms")
BEAT: Final = "heartbeat"
"""Path of the heartbeat, which takes the way of the mail, so that a relay that is gone is noticed."""


def relayed(settings: Settings) -> tuple[Channel, ...]:
    """The channels that go this way wherever the stack runs."""
    return tuple(channel for channel in settings.alerting.channels if channel.kind in KINDS)


def mails(settings: Settings) -> dict[str, str]:
    """Every address that gets mail, by its path at the relay. Grafana sends its mail itself."""
    alerting = settings.alerting
    if alerting.engine == "grafana":
        return {}
    found = {"email": alerting.email} if alerting.email else {}
    found |= {channel.name: channel.to for channel in alerting.channels if channel.kind == "email"}
    return {path(name, number): one for name, to in found.items() for number, one in enumerate(addresses(to))}


def path(name: str, number: int) -> str:
    """Path at the relay of an address of a channel of mail."""
    return f"{name}/{number}"


def addresses(to: str) -> tuple[str, ...]:
    """Each address alone, so that a mail which one server refuses is not sent to the others again."""
    return tuple(one.strip() for one in to.split(","))


def needed(settings: Settings, endpoints: Endpoints) -> bool:
    """Whether there is anything to pass on."""
    return bool(relayed(settings) or carries_mail(settings, endpoints))


def carries_mail(settings: Settings, endpoints: Endpoints) -> bool:
    """Whether there is mail to pass on."""
    return endpoints.mail_relayed and bool(mails(settings))
