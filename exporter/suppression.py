"""The settings of what keeps alerts quiet: acknowledgements, silences and maintenance."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from exporter.alerting import Name
from exporter.matching import Match
from exporter.sections import Model, Seconds

MOMENT: Final = "a time such as 2026-12-24 18:00, in time_zone, or 2026-12-24T18:00:00+01:00"

MOST: Final = 4


def _moment(value: object) -> str:
    """YAML reads a time that is not in quotes as such; what is kept is text."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    try:
        return datetime.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise ValueError(f"{str(value)[:40]!r} is no time; write {MOMENT}") from None


Moment = Annotated[str, BeforeValidator(_moment)]


def instant(text: str, zone: str) -> datetime:
    """A moment of the settings, in the zone of the settings unless it says its own."""
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))


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
    url: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description="Where people reach the page of `watchfloor ack --serve`, for links in messages.",
        examples=["https://ack.example.org"],
    )
    serve: bool = Field(default=False, description="Run `watchfloor ack --serve` with the stack.")
    port: int = Field(9881, ge=1, le=65535, description="Port of `watchfloor ack --serve`.")
    password_file: Path | None = Field(
        None,
        description="File with the password of the page of all critical alerts; without it only signed links open a page.",
        examples=["/run/secrets/ack_password"],
    )
    link_lasts: Seconds = Field(86400.0, gt=0, description="How long a signed link holds.")


class Quiet(Model):
    """Alerts that are not notified, why, and who answers for it."""

    name: Name = Field(description="Name, by which it is found again.", examples=["speech-provider"])
    matchers: tuple[str, ...] = Field(
        (),
        description="Conditions on labels, all of which an alert meets: name=value, !=, =~ or !~.",
        examples=[["alertname=PipelineSlow", "tenant=acme"]],
    )
    owner: str = Field(min_length=1, description="Who answers for it.", examples=["anna"])
    reason: str = Field(min_length=1, description="Why.", examples=["The provider works on it, ticket 4711."])

    @field_validator("matchers")
    @classmethod
    def _parsed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            Match.parse(text)
        return value

    @property
    def conditions(self) -> tuple[Match, ...]:
        """The matchers, parsed."""
        return tuple(Match.parse(text) for text in self.matchers)


class SilenceSetting(Quiet):
    """A known issue: its alerts are not notified until it ends."""

    start: Moment | None = Field(None, description="When it begins; unset: at once.", examples=["2026-12-24 18:00"])
    end: Moment = Field(description=f"When it ends: {MOMENT}.", examples=["2026-12-31 12:00"])

    @model_validator(mode="after")
    def _narrow(self) -> SilenceSetting:
        if not any(match.needs for match in self.conditions):
            raise ValueError(f"silence {self.name}: matchers would silence everything; name at least one label's value")
        _order(f"silence {self.name}", self.start, self.end)
        return self


class Maintenance(Quiet):
    """Planned work: once between two times, or at times that come back every week."""

    start: Moment | None = Field(None, description="When it begins, once.", examples=["2026-12-24 18:00"])
    end: Moment | None = Field(None, description="When it ends, once.", examples=["2026-12-24 22:00"])
    times: tuple[Name, ...] = Field(
        (), description="Times of alerting.times, by name, at which it comes back.", examples=[["backup"]]
    )

    @model_validator(mode="after")
    def _one(self) -> Maintenance:
        if bool(self.times) == bool(self.start or self.end) or bool(self.start) != bool(self.end):
            raise ValueError(f"maintenance {self.name}: give either start and end, or times")
        _order(f"maintenance {self.name}", self.start, self.end)
        return self


Silences = Annotated[
    tuple[SilenceSetting, ...],
    Field(
        description="Known issues whose alerts are not notified.",
        examples=[
            [
                {
                    "name": "queue",
                    "matchers": ["alertname=CallQueueBacklog"],
                    "owner": "anna",
                    "reason": "Ticket 4711.",
                    "end": "2099-12-31",
                }
            ]
        ],
    ),
]

Maintenances = Annotated[
    tuple[Maintenance, ...],
    Field(
        description="Planned work during which alerts are not notified.",
        examples=[
            [
                {
                    "name": "move",
                    "owner": "ben",
                    "reason": "Move.",
                    "start": "2099-01-01 22:00",
                    "end": "2099-01-02 04:00",
                }
            ]
        ],
    ),
]


def _order(what: str, start: str | None, end: str | None) -> None:
    # Both in the same way: with a zone of their own, or in that of the settings.
    if start and end and instant(start, "UTC") >= instant(end, "UTC"):
        raise ValueError(f"{what}: end must be after start")


def check(silences: tuple[SilenceSetting, ...], maintenance: tuple[Maintenance, ...], times: set[str]) -> None:
    """Names are unique, and times that are named are there."""
    seen: set[str] = set()
    for item in (*silences, *maintenance):
        if item.name in seen:
            raise ValueError(f"silences and maintenance: the name {item.name} is given twice; give each its own")
        seen.add(item.name)
    if sum(bool(window.times) for window in maintenance) > MOST:
        raise ValueError(f"maintenance: at most {MOST} windows may come back, as each doubles the routes; join some")
    for window in maintenance:
        if wrong := sorted(set(window.times) - times):
            known = ", ".join(sorted(times)) or "none"
            raise ValueError(f"maintenance {window.name}: unknown times {', '.join(wrong)}; known are {known}")
