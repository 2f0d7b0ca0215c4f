"""The routing table: which severities exist, who receives them, how they are grouped and what silences what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exporter.settings import Settings

PEOPLE: Final = "people"
HEARTBEAT: Final = "heartbeat"
NOWHERE: Final = "nowhere"

SLACK_URL: Final = "SLACK_WEBHOOK_URL"


@dataclass(frozen=True, slots=True)
class Route:
    """Where alerts of one severity go and how fast. Times in seconds."""

    severity: str
    receiver: str
    group_by: tuple[str, ...]
    group_wait: int
    group_interval: int
    repeat_interval: int


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While the source fires, the targets with the same values of `equal` are not notified."""

    source: Mapping[str, str]
    target: Mapping[str, str]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channels:
    """Which ways to the people are configured."""

    email: bool
    slack: bool
    webhook: bool

    @property
    def any(self) -> bool:
        """Whether anybody hears of anything."""
        return self.email or self.slack or self.webhook


# Timing: DESIGN.md, alerts and routing. A new alert of a group that is already open waits for group_interval.
ROUTES: Final = (
    Route("critical", PEOPLE, ("alertname", "domain"), 5, 10, 3600),
    Route("warning", PEOPLE, ("alertname", "domain"), 5, 10, 4 * 3600),
    Route("info", PEOPLE, ("alertname", "domain"), 60, 300, 24 * 3600),
    # A repeat below the group interval beats exactly once a group interval.
    Route("none", HEARTBEAT, ("alertname",), 0, 20, 10),
)
DEFAULT: Final = Route("", PEOPLE, ("alertname", "domain"), 5, 10, 4 * 3600)
"""For alerts without a severity: somebody must see them."""

SAME: Final = (
    "alertname",
    "tenant",
    "agent",
    "agent_type",
    "component",
    "campaign",
    "queue",
    "model",
    "part",
    "plan",
    "kind",
    "domain",
    "instance",
)
INHIBITIONS: Final = (
    Inhibition({"severity": "critical"}, {"severity": "warning"}, SAME),
    *(
        Inhibition({"alertname": "DatabaseDown"}, {"alertname": consequence}, ("instance",))
        for consequence in ("DomainDown", "ComputationFailing", "DataStale", "HorizonLagging")
    ),
)


def channels(settings: Settings, environment: Mapping[str, str]) -> Channels:
    """The ways to the people that the settings and the environment give."""
    alerting = settings.alerting
    return Channels(
        email=bool(alerting.email),
        slack=bool(alerting.slack_webhook_url_file or environment.get(SLACK_URL, "").strip()),
        webhook=alerting.webhook_url_file is not None,
    )


def notices(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What the user should know about who hears of alerts; empty when all is well."""
    ways = channels(settings, environment)
    if not ways.any:
        return (
            "Alerts go nowhere: set ALERT_EMAIL, SLACK_WEBHOOK_URL or alerting.webhook_url_file to be told of them.",
        )
    if ways.email and not (ways.slack or ways.webhook):
        return (
            "Alerts go by e-mail alone: Alertmanager 0.25 loses mail that a server refuses late; add Slack or a webhook.",
        )
    return ()
