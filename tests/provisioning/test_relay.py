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

from exporter.settings import Settings, SettingsError
from provisioning.relay.server import passed_on, ways
from tests.processes import free_port

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
    assert words == ("ok\n" if status == 200 else f"phone: the service answered {service_status}\n")


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
