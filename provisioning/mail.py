"""Sends one mail by the server of the settings, as Alertmanager would, and says so when the server did not take it."""

from __future__ import annotations

import contextlib
import email.policy
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final

from exporter.settings import Alerting, secret

TIMEOUT: Final = 10.0
UNFOLDED: Final = email.policy.SMTP.clone(max_line_length=900)
"""Python folds a subject with other letters than English ones so that readers see a blank twice."""

PLAIN: Final = "quoted-printable"
"""Which every server takes."""

IMPLICIT: Final = 465
"""Port on which a server speaks TLS from the first byte."""


def compose(alerting: Alerting, to: str, subject: str, text: str, html: str = "") -> EmailMessage:
    """A mail. Raises ValueError when a header or text cannot be written."""
    message = EmailMessage(UNFOLDED)
    message["Subject"], message["From"], message["To"] = " ".join(subject.split()), alerting.smtp_from, to
    # A domain of its own, so that no name server is asked for that of this machine.
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="watchfloor.invalid")
    message.set_content(text, cte=PLAIN)
    if html:
        message.add_alternative(html, subtype="html", cte=PLAIN)
    return message


def send(alerting: Alerting, message: EmailMessage) -> None:
    """Hand a mail over. Raises OSError when it was not taken, be it only at its end."""
    host, _, number = alerting.smtp_host.rpartition(":")
    place, port, context = host.strip("[]"), int(number), ssl.create_default_context()
    server: smtplib.SMTP
    if port == IMPLICIT:
        server = smtplib.SMTP_SSL(place, port, "localhost", timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(place, port, "localhost", timeout=TIMEOUT)
    try:
        if alerting.smtp_require_tls and port != IMPLICIT:
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if alerting.smtp_username is not None and alerting.smtp_password_file is not None and server.has_extn("auth"):
            server.login(alerting.smtp_username, secret(alerting.smtp_password_file, "alerting.smtp_password_file"))
        server.send_message(message)
        # It is taken: whatever becomes of the farewell must not make the sender send it again.
        with contextlib.suppress(OSError):
            server.putcmd("quit")
    finally:
        server.close()
