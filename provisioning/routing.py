"""The routing table: which severities exist, who receives them, how they are grouped and what silences what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exporter.labels import LABELS
from exporter.metrics.exporter import METRICS as OWN
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


# Timing: provisioning/timing.py. A new alert of a group that is already open waits for group_interval. Information may
# come a little later, so that it comes in fewer messages.
ROUTES: Final = (
    Route("critical", PEOPLE, ("alertname", "domain"), 1, 2, 3600),
    Route("warning", PEOPLE, ("alertname", "domain"), 5, 10, 4 * 3600),
    Route("info", PEOPLE, ("alertname", "domain"), 5, 30, 24 * 3600),
    # A repeat below the group interval beats exactly once a group interval.
    Route("none", HEARTBEAT, ("alertname",), 0, 20, 10),
)
DEFAULT: Final = Route("", PEOPLE, ("alertname", "domain"), 1, 2, 4 * 3600)
"""For alerts without a severity: somebody must see them."""

SAME: Final = (
    "alertname",
    "instance",
    *dict.fromkeys(label.name for label in (*LABELS, *(label for metric in OWN for label in metric.labels))),
)
"""Every label that an alert can have: a critical alert of one thing must not silence the warning of another."""

INHIBITIONS: Final = (
    Inhibition({"severity": "critical"}, {"severity": "warning"}, SAME),
    *(
        Inhibition({"alertname": "DatabaseDown"}, {"alertname": consequence}, ("instance",))
        for consequence in ("DomainDown", "ComputationFailing", "ScrapeSlow")
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
