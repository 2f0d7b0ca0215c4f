"""Ways by which the dead man's switch reaches people: all that hear of critical alerts, each tried until it has succeeded."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

from exporter.alerting import Channel
from exporter.log import log, where
from exporter.settings import Alerting, Settings, secret
from provisioning.deadman.channels import Request, hears, request, secret_of
from provisioning.deadman.watch import Alarm
from provisioning.deadman.words import SUBJECT, Words, slack, webhook, words
from provisioning.mail import compose, send
from provisioning.routing import SLACK_URL

RETRY: Final = 5.0
TIMEOUT: Final = 10.0


Way = Callable[[Words], None]


class AlarmError(Exception):
    """A way did not take the message."""


def post(what: Request) -> None:
    """Send one message; AlarmError when it was not taken."""
    import requests

    try:
        answer = requests.post(what.url, json=what.body, headers=dict(what.headers), timeout=TIMEOUT)
        taken = not what.says_ok or answer.json().get("ok") is True
    except (requests.RequestException, ValueError, AttributeError) as error:
        # Its message can have the address, which is a secret.
        raise AlarmError(type(error).__name__) from None
    if answer.status_code // 100 != 2 or not taken:
        raise AlarmError(f"status {answer.status_code}{'' if taken else ', refused'}")


def mail(alerting: Alerting, to: str, said: Words) -> None:
    """Send one mail; AlarmError when it was not taken."""
    try:
        send(alerting, compose(alerting, to, SUBJECT[said.lost], said.text))
    except OSError as error:
        raise AlarmError(type(error).__name__) from None


def ways(settings: Settings, environment: Mapping[str, str]) -> dict[str, Way]:
    """Every way that is configured, by its name. Raises SettingsError when a secret cannot be read."""
    alerting = settings.alerting
    found: dict[str, Way] = {}
    address = environment.get(SLACK_URL, "").strip()
    if alerting.slack_webhook_url_file is not None:
        address = secret(alerting.slack_webhook_url_file, "alerting.slack_webhook_url_file")
    if address:
        found["slack"] = lambda said: post(Request(address, slack(said)))
    if alerting.webhook_url_file is not None:
        hook = secret(alerting.webhook_url_file, "alerting.webhook_url_file")
        found["webhook"] = lambda said: post(Request(hook, webhook(said)))
    if alerting.email is not None:
        found["email"] = partial(mail, alerting, alerting.email)
    return found | {
        channel.name: _way(channel, alerting, environment) for channel in alerting.channels if hears(channel)
    }


def _way(channel: Channel, alerting: Alerting, environment: Mapping[str, str]) -> Way:
    if channel.kind == "email":
        return partial(mail, alerting, channel.to)
    known = secret_of(channel, environment)
    return lambda said: post(request(channel, known, said))


class Sender:
    """A thread for each way, so that one that hangs holds up no other; each message is tried until it was taken."""

    def __init__(self, found: Mapping[str, Way], stop: threading.Event) -> None:
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

    def _work(self, name: str, way: Way) -> None:
        while not self._stop.is_set():
            said = self._queues[name].get()
            while not self._try(name, way, said):
                if self._stop.wait(RETRY):
                    return

    def _try(self, name: str, way: Way, said: Words) -> bool:
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
