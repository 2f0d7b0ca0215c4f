"""Ways by which the dead man's switch reaches people: Slack, a webhook and mail, each tried until it has succeeded."""

from __future__ import annotations

import queue
import smtplib
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final

from exporter.log import log, where
from exporter.settings import Alerting, Settings, secret
from provisioning.deadman.watch import Alarm
from provisioning.routing import SLACK_URL

NAME: Final = "HeartbeatLost"
RETRY: Final = 5.0
TIMEOUT: Final = 10.0
SUBJECT: Final = {True: f"CRITICAL: {NAME}", False: f"RESOLVED: {NAME}"}


class AlarmError(Exception):
    """A way did not take the message."""


@dataclass(frozen=True, slots=True)
class Words:
    """An alarm as it is sent."""

    lost: bool
    text: str
    starts: str


def words(alarm: Alarm, now: datetime) -> Words:
    """What people read."""
    silence = f"{alarm.silence:.0f} s"
    if not alarm.lost:
        text = f"Heartbeats of the alert system are back after {silence}. Alerts are delivered again."
    else:
        since = f"for {silence}" if alarm.ever else f"since this watch began {silence} ago"
        reason = alarm.why if alarm.why.startswith("Alertmanager") else f"{alarm.why} {since}"
        text = (
            f"Alerts are no longer delivered: {reason}. Until this is mended nobody is told of anything, and what was said to be "
            "resolved in the meantime may not be. First step: `watchfloor status`, then the logs of Prometheus and Alertmanager."
        )
    return Words(alarm.lost, text, now.isoformat(timespec="seconds"))


def slack(said: Words) -> dict[str, Any]:
    """Body for a Slack webhook."""
    return {"text": f"{SUBJECT[said.lost]}\n{said.text}"}


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


def post(url: str, body: Mapping[str, Any]) -> None:
    """Send one message; AlarmError when it was not taken."""
    import requests

    try:
        answer = requests.post(url, json=body, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise AlarmError(type(error).__name__) from None
    if answer.status_code // 100 != 2:
        raise AlarmError(f"status {answer.status_code}")


def mail(alerting: Alerting, said: Words) -> None:
    """Send one mail; AlarmError when it was not taken."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = SUBJECT[said.lost], alerting.smtp_from, alerting.email
    message.set_content(said.text)
    host, _, port = alerting.smtp_host.rpartition(":")
    try:
        with smtplib.SMTP(host.strip("[]"), int(port), timeout=TIMEOUT) as server:
            if server.has_extn("starttls") or alerting.smtp_require_tls:
                server.starttls(context=ssl.create_default_context())
            if alerting.smtp_username is not None and alerting.smtp_password_file is not None:
                server.login(alerting.smtp_username, secret(alerting.smtp_password_file, "alerting.smtp_password_file"))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise AlarmError(type(error).__name__) from None


def ways(settings: Settings, environment: Mapping[str, str]) -> dict[str, Callable[[Words], None]]:
    """Every way that is configured, by its name. Raises SettingsError when a secret cannot be read."""
    alerting = settings.alerting
    found: dict[str, Callable[[Words], None]] = {}
    address = environment.get(SLACK_URL, "").strip()
    if alerting.slack_webhook_url_file is not None:
        address = secret(alerting.slack_webhook_url_file, "alerting.slack_webhook_url_file")
    if address:
        found["slack"] = lambda said: post(address, slack(said))
    if alerting.webhook_url_file is not None:
        hook = secret(alerting.webhook_url_file, "alerting.webhook_url_file")
        found["webhook"] = lambda said: post(hook, webhook(said))
    if alerting.email is not None:
        found["email"] = lambda said: mail(alerting, said)
    return found


class Sender:
    """A thread for each way, so that one that hangs holds up no other; each message is tried until it was taken."""

    def __init__(self, found: Mapping[str, Callable[[Words], None]], stop: threading.Event) -> None:
        self._stop = stop
        self._queues: dict[str, queue.Queue[Words]] = {name: queue.Queue() for name in found}
        for name, way in found.items():
            threading.Thread(target=self._work, args=(name, way), name=f"alarm {name}", daemon=True).start()

    def send(self, alarm: Alarm) -> None:
        """Give an alarm to every way, and to the log."""
        said = words(alarm, datetime.now(UTC))
        log("alarm" if said.lost else "alarm_over", silence=round(alarm.silence, 1), ways=",".join(self._queues))
        for waiting in self._queues.values():
            waiting.put(said)

    def _work(self, name: str, way: Callable[[Words], None]) -> None:
        while not self._stop.is_set():
            said = self._queues[name].get()
            while not self._try(name, way, said):
                if self._stop.wait(RETRY):
                    return

    def _try(self, name: str, way: Callable[[Words], None], said: Words) -> bool:
        try:
            way(said)
        except AlarmError as error:
            log("alarm_not_sent", way=name, why=error)
            return False
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one message, the next must be tried
            log("alarm_not_sent", way=name, **where(error))
            return False
        log("alarm_sent", way=name, lost=said.lost)
        return True
