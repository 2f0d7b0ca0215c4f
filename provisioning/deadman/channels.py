"""The alarm in the form of each kind of channel, sent without Alertmanager."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from exporter.alerting import Channel
from exporter.settings import Settings, SettingsError
from provisioning.contact import channel_secret
from provisioning.deadman.words import NAME, SUBJECT, Words, webhook
from provisioning.relay.server import SLACK_API
from provisioning.relay.words import body

SECRETS: Final = "WATCHFLOOR_CHANNEL_SECRETS"
"""Variable with the path of a file that has the secrets of all channels by name; containers are given it."""

PAGERDUTY: Final = "https://events.pagerduty.com/v2/enqueue"
OPSGENIE: Final = "https://api.opsgenie.com/"
TELEGRAM: Final = "https://api.telegram.org"
MOST: Final = 1900
"""Letters of a message that Discord takes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted. `says_ok`: the answer is 200 whatever happened, and its body says whether it was taken."""

    url: str
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    says_ok: bool = False


def secret_of(channel: Channel, environment: Mapping[str, str]) -> str:
    """The secret of a channel: from the file of all channels where there is one, else as the settings say."""
    path = environment.get(SECRETS, "")
    if path and Path(path).exists():
        import yaml

        found: Any = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        if channel.name not in found:
            raise SettingsError(
                f"alerting.channels {channel.name}: {path} has no secret of it; run watchfloor up again"
            )
        return str(found[channel.name])
    return channel_secret(channel, environment)


def request(channel: Channel, secret: str, said: Words) -> Request:
    """The alarm for a channel."""
    return KINDS[channel.kind](channel, secret, said)


def hears(channel: Channel) -> bool:
    """Whether the channel is one for alarms: all that hear of critical alerts, at any time of the day."""
    return "critical" in channel.severities and (not channel.domains or "exporter" in channel.domains)


def _slack(_: Channel, secret: str, said: Words) -> Request:
    return Request(secret, {"text": said.whole})


def _slack_bot(channel: Channel, secret: str, said: Words) -> Request:
    text = {"channel": channel.to, "text": said.whole}
    return Request(channel.url or SLACK_API, text, {"Authorization": f"Bearer {secret}"}, says_ok=True)


def _webhook(_: Channel, secret: str, said: Words) -> Request:
    return Request(secret, webhook(said))


def _relayed(channel: Channel, secret: str, said: Words) -> Request:
    made = body(channel, webhook(said), Settings())
    for attachment in made.get("attachments", ()):
        # What is not from Alertmanager cannot be silenced there.
        attachment["content"]["actions"] = []
    return Request(secret, made)


def _pagerduty(channel: Channel, secret: str, said: Words) -> Request:
    action = "trigger" if said.lost else "resolve"
    payload = {"summary": said.whole[:1000], "source": "watchfloor", "severity": "critical", "component": NAME}
    url = channel.url or PAGERDUTY
    return Request(url, {"routing_key": secret, "event_action": action, "dedup_key": NAME, "payload": payload})


def _opsgenie(channel: Channel, secret: str, said: Words) -> Request:
    url, headers = f"{(channel.url or OPSGENIE).rstrip('/')}/v2/alerts", {"Authorization": f"GenieKey {secret}"}
    if not said.lost:
        return Request(f"{url}/{NAME}/close?identifierType=alias", {"note": said.text}, headers)
    team = {"responders": [{"name": channel.to, "type": "team"}]} if channel.to else {}
    subject = SUBJECT[said.lost]
    return Request(
        url, {"message": subject, "alias": NAME, "description": said.text, "priority": "P1", **team}, headers
    )


def _discord(_: Channel, secret: str, said: Words) -> Request:
    return Request(secret, {"content": said.whole[:MOST]})


def _telegram(channel: Channel, secret: str, said: Words) -> Request:
    url = f"{(channel.url or TELEGRAM).rstrip('/')}/bot{secret}/sendMessage"
    return Request(url, {"chat_id": int(channel.to), "text": said.whole})


KINDS: Final[Mapping[str, Callable[[Channel, str, Words], Request]]] = {
    "slack": _slack,
    "slack_bot": _slack_bot,
    "webhook": _webhook,
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "discord": _discord,
    "telegram": _telegram,
    "teams": _relayed,
    "sms": _relayed,
}


def environment_of(environment: Mapping[str, str], channels: tuple[Channel, ...]) -> dict[str, str]:
    """The variables with secrets of channels that are set."""
    names = (channel.secret_variable for channel in channels)
    return {name: environment[name] for name in names if name and name in environment}
