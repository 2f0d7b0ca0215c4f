"""The relay: what a service did not take is said to be failed, so that Alertmanager sends it again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from exporter.settings import Settings, SettingsError
from provisioning import alertmanager
from provisioning.endpoints import compose, native
from provisioning.relay import mails, needed
from provisioning.relay.mail import mailed
from provisioning.relay.server import passed_on, ways
from tests.parallel import free_port

MESSAGE: dict[str, Any] = {
    "status": "firing",
    "commonLabels": {"alertname": "X", "severity": "critical"},
    "alerts": [
        {"status": "firing", "labels": {"alertname": "X"}, "annotations": {}, "startsAt": "2026-01-02T03:04:05Z"}
    ],
}


@contextmanager
def service(status: int, body: bytes = b"") -> Iterator[str]:
    """A service that always answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/s3cr3t"
    server.shutdown()
    server.server_close()


def _settings() -> Settings:
    channel = {"name": "phone", "kind": "sms", "to": "+33123456789", "secret_variable": "URL"}
    return Settings.model_validate({"alerting": {"channels": [channel]}})


def _answer(url: str, content: bytes) -> tuple[int, str]:
    settings = _settings()
    status, words = passed_on(ways(settings, {"URL": url})["phone"], content, settings)
    assert "s3cr3t" not in words
    return int(status), words


@pytest.mark.parametrize(
    ("service_status", "status"), [(200, 200), (202, 200), (500, 502), (503, 502), (429, 502), (400, 422), (404, 422)]
)
def test_the_answer_of_the_service_goes_back(service_status: int, status: int) -> None:
    """What may succeed later ends with 5xx, which Alertmanager tries again; what is refused does not."""
    with service(service_status) as url:
        found, words = _answer(url, json.dumps(MESSAGE).encode())
    assert found == status
    assert words == ("ok" if status == 200 else f"phone: the service answered {service_status}\n")


def test_a_service_that_is_not_there_is_tried_again() -> None:
    """The address is a secret and is not told."""
    found, words = _answer(f"http://127.0.0.1:{free_port()}/s3cr3t", json.dumps(MESSAGE).encode())
    assert (found, words) == (502, "phone: the service cannot be reached: ConnectionError\n")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"alerts": []}', b'{"status": "firing", "alerts": [{"labels": 1}]}']
)
def test_what_is_no_message_is_refused(content: bytes) -> None:
    """Without asking the service."""
    assert _answer("http://127.0.0.1:9/x", content)[0] == 400


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"ok": True}, 200),
        ({"ok": False, "error": "channel_not_found"}, 422),
        ({"ok": False, "error": "ratelimited"}, 502),
        ([], 422),
    ],
)
def test_slacks_no_is_a_no(said: Any, status: int) -> None:
    """Slack answers 200 also when it does not take a message, which Alertmanager 0.25 counts as sent."""
    with service(200, json.dumps(said).encode()) as url:
        channel = {"name": "bot", "kind": "slack_bot", "to": "#x", "secret_variable": "KEY", "url": url}
        settings = Settings.model_validate({"alerting": {"channels": [channel]}})
        found, words = passed_on(ways(settings, {"KEY": "xoxb-s3cr3t"})["bot"], b'{"channel": "#x"}', settings)
    assert (int(found), "s3cr3t" in words) == (status, False)


def test_a_missing_secret_is_told_at_the_start() -> None:
    """It names the channel and the variable."""
    with pytest.raises(SettingsError, match="channels phone: the variable URL is not set"):
        ways(_settings(), {})


def test_a_container_has_the_secret_in_a_file_of_its_own(tmp_path: Path) -> None:
    """Only the relay's channels have one there; one that is no longer configured is removed."""
    from provisioning import container
    from provisioning.container import Folder

    folder, settings = Folder(tmp_path / "compose"), _settings()
    environment = {"URL": "https://sms.example.com/s3cr3t"}
    container.write(folder, settings, environment)
    assert (folder.path / "channels" / "phone").read_text() == "https://sms.example.com/s3cr3t"
    inside = container.inside(settings, environment)["alerting"]["channels"][0]
    assert (inside["secret_file"], inside["secret_variable"]) == ("/run/channels/phone", "")
    container.write(folder, Settings(), {})
    assert list((folder.path / "channels").iterdir()) == []


MAIL: dict[str, Any] = {
    "attachments": [{"title": "CRITICAL: X", "text": "It broke.", "pretext": "<p>It broke.</p>"}],
}


def _letter(port: int, **changes: Any) -> tuple[int, str]:
    settings = Settings.model_validate(
        {"alerting": {"email": "a@example.org", "smtp_host": f"127.0.0.1:{port}", "smtp_require_tls": False}}
    )
    status, words = mailed("email/0", "a@example.org", settings.alerting, json.dumps({**MAIL, **changes}).encode())
    return int(status), words


class Answers:
    """A mail server that answers so to the name of a receiver, and to the end of a text."""

    def __init__(self, receiver: str = "250 OK", end: str = "250 OK") -> None:
        self.receiver, self.end = receiver, end

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer to the name of a receiver."""
        del server, session, options
        envelope.rcpt_tos.append(address)
        return self.receiver

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Answer to the end of a text."""
        del server, session, envelope
        return self.end


@pytest.mark.parametrize(
    ("server", "answer"),
    [
        (Answers(), (200, "ok")),
        (Answers(end="451 Later"), (502, "email/0: the mail server did not take it: 451 Later\n")),
        (Answers(end="554 No"), (502, "email/0: the mail server did not take it: 554 No\n")),
        (Answers(receiver="450 Grey"), (502, "email/0: the mail server did not take it: 450 Grey\n")),
    ],
    ids=["takes it", "later", "never", "greylists"],
)
def test_what_the_mail_server_says_goes_back(server: Answers, answer: tuple[int, str]) -> None:
    """At whatever moment it says it."""
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        assert _letter(controller.port) == answer
    finally:
        controller.stop()


def test_a_mail_server_that_is_not_there_is_tried_again() -> None:
    """With its reason."""
    status, words = _letter(free_port())
    assert (status, words.partition(":")[0]) == (502, "email/0")
    assert "ConnectionRefusedError" in words


@pytest.mark.parametrize(
    "changes", [{"attachments": None}, {"attachments": []}, {"attachments": [{"title": "x"}]}, {"attachments": [1]}]
)
def test_what_is_no_mail_is_refused(changes: dict[str, Any]) -> None:
    """Before a server is asked."""
    assert _letter(9, **changes)[0] == 400


def test_mail_is_passed_on_where_alertmanager_loses_it() -> None:
    """Natively; Compose has a newer Alertmanager, and Grafana sends its own."""
    given = {
        "email": "a@example.org, b@example.org",
        "channels": [{"name": "boss", "kind": "email", "to": "c@example.org"}],
    }
    settings = Settings.model_validate({"alerting": given})
    assert mails(settings) == {"email/0": "a@example.org", "email/1": "b@example.org", "boss/0": "c@example.org"}
    assert (needed(settings, native(settings)), needed(settings, compose())) == (True, False)
    grafana = Settings.model_validate({"alerting": {**given, "engine": "grafana"}})
    assert not needed(grafana, native(grafana))
    places = [alertmanager.heartbeat_url(settings, one) for one in (native(settings), compose())]
    assert places == ["http://127.0.0.1:9882/heartbeat", "http://deadman:9880/beat"]
