"""What people read when heartbeats are lost, and when they are back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from provisioning.deadman.watch import Alarm

NAME: Final = "HeartbeatLost"
SUBJECT: Final = {True: f"CRITICAL: {NAME}", False: f"RESOLVED: {NAME}"}


@dataclass(frozen=True, slots=True)
class Words:
    """An alarm as it is sent."""

    lost: bool
    text: str
    starts: str

    @property
    def whole(self) -> str:
        """Subject and text."""
        return f"{SUBJECT[self.lost]}\n{self.text}"


def words(alarm: Alarm, now: datetime) -> Words:
    """What people read."""
    silence = f"{alarm.silence:.0f} s"
    if not alarm.lost:
        text = f"Heartbeats of the alert system are back after {silence}. Alerts are delivered again."
    else:
        since = f"for {silence}" if alarm.ever else f"since this watch began {silence} ago"
        reason = alarm.why if alarm.why.startswith("Alertmanager") else f"{alarm.why} {since}"
        text = (
            f"Alerts are no longer delivered: {reason}. Until this is mended rely on no other message, and what was said to be "
            "resolved in the meantime may not be. First step: `watchfloor status`, then the logs of Prometheus, Alertmanager and the relay."
        )
    return Words(alarm.lost, text, now.isoformat(timespec="seconds"))


def slack(said: Words) -> dict[str, Any]:
    """Body for a Slack webhook."""
    return {"text": said.whole}


def webhook(said: Words) -> dict[str, Any]:
    """Body for a generic webhook, in the form that Alertmanager's messages have."""
    labels = {"alertname": NAME, "severity": "critical", "domain": "exporter"}
    notes = {"summary": "Heartbeats of the alert system.", "description": said.text}
    status = "firing" if said.lost else "resolved"
    alert = {"status": status, "labels": labels, "annotations": notes, "startsAt": said.starts}
    return {
        "version": "4", "status": status, "receiver": "deadman", "groupLabels": {"alertname": NAME},
        "commonLabels": labels, "commonAnnotations": notes, "alerts": [alert],
    }  # fmt: skip
