"""Mail by the relay: Alertmanager fills in the texts in the form that it has for Slack, and hears what the mail server said at the end.

Alertmanager before 0.28 takes a mail for sent that the server refuses after its text.
"""

from __future__ import annotations

import json
import smtplib
from http import HTTPStatus
from typing import Final

from exporter.log import log
from exporter.settings import Alerting, SettingsError
from provisioning.mail import compose, send

SAID: Final = 200
"""Letters of a server's answer that are passed on."""


def mailed(name: str, to: str, alerting: Alerting, content: bytes) -> tuple[HTTPStatus, str]:
    """Send one mail; the status and the words for Alertmanager, which tries again what ends with 5xx."""
    try:
        said = json.loads(content)["attachments"][0]
        message = compose(alerting, to, said["title"], said["text"], said["pretext"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return HTTPStatus.BAD_REQUEST, f"{name}: this is no mail of Alertmanager\n"
    try:
        send(alerting, message)
    except SettingsError as error:
        why = str(error)
    except OSError as error:
        why = _why(error)
    else:
        return HTTPStatus.OK, "ok"
    log("not_passed_on", channel=name, why=why)
    # A lasting refusal is tried again too: somebody may mend the account or the mailbox, and the alert may still be on.
    return HTTPStatus.BAD_GATEWAY, f"{name}: the mail server did not take it: {why}\n"


def _why(error: OSError) -> str:
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return f"{type(error).__name__}: {error}"[:SAID]
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:SAID]
