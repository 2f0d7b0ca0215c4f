"""The settings of alerting: who hears of alerts, through what, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from exporter.sections import Model, Seconds

BUILT_IN: Final = ("email", "slack", "webhook")
"""Names of the channels that the plain settings `email`, `slack_webhook_url_file` and `webhook_url_file` give."""

RESERVED: Final = (*BUILT_IN, "people", "heartbeat", "nowhere")
NAME: Final = r"^[a-z][a-z0-9-]{0,39}$"
MAIL: Final = r"^[^@\s,]+@[^@\s,]+(, *[^@\s,]+@[^@\s,]+)*$"
CLOCK: Final = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"
Name = Annotated[str, Field(pattern=NAME)]
Severity = Literal["critical", "warning", "info"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Kind = Literal[
    "slack", "slack_bot", "email", "webhook", "pagerduty", "opsgenie", "teams", "discord", "telegram", "sms"
]  # fmt: skip
NEEDS_TO: Final = {
    "slack_bot": "the channel, such as '#alerts'",
    "email": "an address, such as ops@example.org",
    "telegram": "the number of the chat, such as '-1001234567'",
    "sms": "a telephone number, such as '+33123456789'",
}
FORMS: Final = {"email": MAIL, "telegram": r"^-?\d{1,19}$", "sms": r"^\+\d{6,15}$"}


class Channel(Model):
    """One way to reach somebody. What is secret about it comes from a file or a variable."""

    name: Name = Field(description="Name of the channel: lower-case letters, digits and dashes.", examples=["ops"])
    kind: Kind = Field(
        description="slack, slack_bot, email, webhook, pagerduty, opsgenie, teams, discord, telegram or sms.",
        examples=["email"],
    )
    to: str = Field(
        "",
        description="Mail address, Slack channel, Telegram chat, telephone number or Opsgenie team, by kind.",
        examples=["ops@example.org"],
    )
    secret_file: Path | None = Field(
        None,
        description="File with the address (slack, webhook, teams, discord, sms), key (pagerduty, opsgenie) or token.",
        examples=["/run/secrets/pagerduty_key"],
    )
    secret_variable: str = Field(
        "",
        pattern=r"^([A-Z][A-Z0-9_]*)?$",
        description="Variable of the environment with the secret, instead of a file.",
        examples=["PAGERDUTY_KEY"],
    )
    url: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description="Address of the service, if not the usual one; such as Opsgenie's in Europe.",
        examples=["https://api.eu.opsgenie.com/"],
    )
    severities: tuple[Severity, ...] = Field(
        ("critical", "warning", "info"), description="Severities that the channel hears of.", examples=[["critical"]]
    )
    domains: tuple[str, ...] = Field(
        (), description="Domains that the channel hears of; empty for all.", examples=[["calls", "pipeline"]]
    )
    hours: tuple[Name, ...] = Field(
        (), description="Times, by name, in which the channel hears of alerts; empty for always.", examples=[["office"]]
    )
    quiet: tuple[Name, ...] = Field(
        (), description="Times, by name, in which it hears of critical alerts only.", examples=[["night"]]
    )
    resolved: bool = Field(default=True, description="Say when an alert has ended.")

    @model_validator(mode="after")
    def _complete(self) -> Channel:
        if self.name in RESERVED:
            raise ValueError(f"the name {self.name} is taken; choose another than {', '.join(RESERVED)}")
        if not self.to and self.kind in NEEDS_TO:
            raise ValueError(f"channel {self.name}: to is missing; write {NEEDS_TO[self.kind]}")
        if self.to and self.kind in FORMS and not re.match(FORMS[self.kind], self.to):
            raise ValueError(f"channel {self.name}: to has the wrong form; write {NEEDS_TO[self.kind]}")
        if self.kind == "email":
            if self.secret_file or self.secret_variable:
                raise ValueError(f"channel {self.name}: mail has no secret of its own; the smtp_ settings hold for it")
        elif bool(self.secret_file) == bool(self.secret_variable):
            raise ValueError(f"channel {self.name}: give exactly one of secret_file and secret_variable")
        return self


class Person(Model):
    """Somebody who is reached through several channels."""

    name: Name = Field(description="Name of the person.", examples=["anna"])
    channels: tuple[Name, ...] = Field(
        min_length=1,
        description="Their channels, by name; email, slack and webhook are those of the settings below.",
        examples=[["email"]],
    )
    hours: tuple[Name, ...] = Field(
        (), description="Times, by name, in which they are told; empty for always.", examples=[["office"]]
    )


class TenantRoute(Model):
    """Who hears of one tenant's alerts."""

    tenant: str = Field(min_length=1, description="Value of the label tenant.", examples=["acme"])
    notify: tuple[Name, ...] = Field(
        min_length=1, description="People and channels that hear of it.", examples=[["email"]]
    )
    severities: tuple[Severity, ...] = Field(
        ("critical", "warning", "info"), description="Severities that they hear of.", examples=[["critical"]]
    )
    alone: bool = Field(default=False, description="Nobody else hears of it.")


class Times(Model):
    """Times that come back every week."""

    name: Name = Field(description="Name of the times.", examples=["office"])
    zone: str | None = Field(None, description="Zone of these times; time_zone if not set.", examples=["Europe/Paris"])
    weekdays: tuple[Weekday, ...] = Field((), description="Days; empty for all.", examples=[["monday", "tuesday"]])
    start: str = Field("00:00", pattern=CLOCK, description="When they begin.", examples=["09:00"])
    end: str = Field(
        "24:00", pattern=CLOCK, description="When they end; before start means on the next day.", examples=["18:00"]
    )

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        from zoneinfo import ZoneInfo

        try:
            return value and ZoneInfo(value).key
        except (OSError, ValueError, KeyError):
            raise ValueError(f"{value!r} is no time zone; write a name such as Europe/Paris or UTC") from None

    @model_validator(mode="after")
    def _some(self) -> Times:
        if self.start in (self.end, "24:00"):
            raise ValueError(f"times {self.name}: start and end must differ and start must be before 24:00")
        return self


class Level(Model):
    """Who is told when nobody has acknowledged a critical alert."""

    after: Seconds = Field(gt=0, description="How long after the alert began.", examples=["5m"])
    notify: tuple[Name, ...] = Field(
        min_length=1, description="People and channels that are told.", examples=[["email"]]
    )


class Alerting(Model):
    """Who hears of alerts. Secrets come from files or the environment."""

    engine: Literal["prometheus", "grafana"] = Field(
        "prometheus",
        description="Who evaluates the alerts: prometheus, with Alertmanager to notify, or grafana, which does both.",
    )
    email: str | None = Field(
        None,
        pattern=MAIL,
        description="Receiver of mail; several with commas between.",
        examples=["ops@example.org"],
    )
    smtp_host: str = Field(
        "127.0.0.1:25",
        pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}$",
        description="host:port of the mail server.",
        examples=["mail.example.org:587"],
    )
    smtp_from: str = Field("watchfloor@localhost", description="Sender of mail.")
    smtp_username: str | None = Field(None, description="User name at the mail server.", examples=["watchfloor"])
    smtp_password_file: Path | None = Field(
        None, description="File with the password at the mail server.", examples=["/run/secrets/smtp_password"]
    )
    smtp_require_tls: bool = Field(default=True, description="Send mail over TLS only.")
    slack_webhook_url_file: Path | None = Field(
        None, description="File with the URL of a Slack webhook.", examples=["/run/secrets/slack_webhook_url"]
    )
    slack_channel: str | None = Field(
        None, description="Slack channel, if not the webhook's own.", examples=["#alerts"]
    )
    webhook_url_file: Path | None = Field(
        None, description="File with the URL of a generic webhook.", examples=["/run/secrets/webhook_url"]
    )
    runbook_url: str | None = Field(
        None,
        description="Where alerts/runbooks is served, for links; without it links are the path itself.",
        examples=["https://git.example.org/watchfloor/alerts/runbooks"],
    )
    channels: tuple[Channel, ...] = Field(
        (),
        description="Ways to reach people, beside those above.",
        examples=[[{"name": "ops", "kind": "email", "to": "ops@example.org", "severities": ["critical"]}]],
    )
    people: tuple[Person, ...] = Field((), description="People who are reached through several channels.")
    notify: tuple[Name, ...] = Field(
        (),
        description="People and channels that hear of everything; empty: all that no tenant, person or level names.",
        examples=[["email"]],
    )
    tenants: tuple[TenantRoute, ...] = Field((), description="Who hears of one tenant's alerts.")
    times: tuple[Times, ...] = Field((), description="Business hours and quiet times.")
    escalation: tuple[Level, ...] = Field(
        (), description="Who is told of a critical alert that nobody acknowledges, level by level."
    )

    @model_validator(mode="after")
    def _names(self) -> Alerting:
        channels, times = {item.name for item in self.channels}, {item.name for item in self.times}
        people = {item.name for item in self.people}
        _once("channels and people", [*(item.name for item in self.channels), *(item.name for item in self.people)])
        _once("times", (item.name for item in self.times))
        _once("tenants", (item.tenant for item in self.tenants))
        for channel in self.channels:
            _known(f"channel {channel.name}: domains", channel.domains, _domains())
            _known(f"channel {channel.name}: hours", channel.hours, times)
            _known(f"channel {channel.name}: quiet", channel.quiet, times)
        for person in self.people:
            _known(f"person {person.name}: channels", person.channels, channels | set(BUILT_IN))
            _known(f"person {person.name}: hours", person.hours, times)
        anybody = channels | people | set(BUILT_IN)
        _known("notify", self.notify, anybody)
        for tenant in self.tenants:
            _known(f"tenant {tenant.tenant}: notify", tenant.notify, anybody)
        for number, level in enumerate(self.escalation, 1):
            _known(f"escalation level {number}: notify", level.notify, anybody)
            if number > 1 and level.after <= self.escalation[number - 2].after:
                raise ValueError(f"escalation level {number}: after must be longer than that of the level before")
        return self


def _domains() -> tuple[str, ...]:
    from exporter.metrics import DOMAINS

    return (*DOMAINS, "exporter")


def _once(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what}: the name {name} is given twice; give each its own")
        seen.add(name)


def _known(place: str, names: Iterable[str], known: Iterable[str]) -> None:
    wrong = sorted(set(names) - set(known))
    if wrong:
        raise ValueError(f"{place}: unknown {', '.join(wrong)}; known are {', '.join(sorted(known)) or 'none'}")
