"""Mail from a real Alertmanager to a real mail server: over STARTTLS with a password, and to one that refuses at the end."""

from __future__ import annotations

import email
import email.policy
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from exporter.settings import Settings
from provisioning import alertmanager
from provisioning.endpoints import native
from tests.parallel import free_port
from tests.processes import answers, running, wait_until
from tests.rules.promtool import tool

PASSWORD = 's3cr3t "$x" {{ y }}'


class Server:
    """Takes mail over TLS and from whom it knows only."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], bool]] = []
        self.tried: list[tuple[bytes, bytes]] = []

    def authenticator(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        """Whether somebody may send."""
        del server, session, envelope, mechanism
        self.tried.append((data.login, data.password))
        return AuthResult(success=(data.login, data.password) == (b"watchfloor", PASSWORD.encode()))

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        del server
        self.taken.append((envelope.rcpt_tos, session.ssl is not None))
        return "250 OK"


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[tuple[int, Server]]:
    """Port and server; the certificate is made for it."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server, port = Server(), free_port()
    controller = Controller(
        server, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, auth_required=True,
        authenticator=server.authenticator,
        # Alertmanager asks for the words "Username:" that other servers say, and this one does not.
        auth_exclude_mechanism=["LOGIN"],
    )  # fmt: skip
    controller.start()
    yield port, server
    controller.stop()


@contextmanager
def _sending(folder: Path, settings: Settings, by: str) -> Iterator[str]:
    """Address of an Alertmanager whose mail goes by the relay, as natively, or from itself, as in Compose."""
    places = replace(native(settings), mail_relayed=by == "relay")
    (folder / "secrets").mkdir()
    for name, text in alertmanager.secrets(settings, {}, places).items():
        (folder / "secrets" / name).write_text(text)
    for path, content in alertmanager.files(settings, places, {}).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
        assert b"s3cr3t" not in content
    (folder / "watchfloor.yml").write_text(yaml.safe_dump(settings.model_dump(mode="json", exclude_unset=True)))
    url, trusted = f"http://127.0.0.1:{free_port()}", {"SSL_CERT_FILE": str(folder / "cert.pem")}
    argv = [
        tool("prometheus-alertmanager"), f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/am",
        f"--web.listen-address={url.removeprefix('http://')}", "--cluster.listen-address=",
    ]  # fmt: skip
    own = [sys.executable, "-m", "generator", "--config", f"{folder}/watchfloor.yml", "relay"]
    with ExitStack() as stack:
        if by == "relay":
            relay = stack.enter_context(running("relay", own, folder, trusted))
            wait_until(lambda: answers(f"http://{places.relay}/health"), 30, "it was ready", relay)
        process = stack.enter_context(running("alertmanager", argv, folder, trusted))
        wait_until(lambda: answers(f"{url}/-/ready"), 30, "it was ready", process)
        yield url


def _post(url: str, description: str = "It broke.") -> None:
    alert = {"labels": {"alertname": "X", "severity": "critical"}, "annotations": {"description": description}}
    requests.post(f"{url}/api/v2/alerts", json=[alert], timeout=10).raise_for_status()


def _settings(folder: Path, to: str, port: int, **more: object) -> Settings:
    alerting = {"email": to, "smtp_host": f"localhost:{port}", **more}
    return Settings.model_validate(
        {"alerting": alerting, "stack": {"directory": str(folder)}, "relay": {"port": free_port()}}
    )


@pytest.mark.stack
@pytest.mark.promtool
@pytest.mark.parametrize("by", ["relay", "alertmanager"])
def test_mail_goes_over_tls_with_a_password(mail: tuple[int, Server], tmp_path: Path, by: str) -> None:
    """The password comes from a file of its own and is in no generated one. By the relay each address gets a mail of its own."""
    port, server = mail
    (tmp_path / "password").write_text(PASSWORD + "\n")
    secret = {"smtp_username": "watchfloor", "smtp_password_file": str(tmp_path / "password")}
    with _sending(tmp_path, _settings(tmp_path, "a@example.org, b@example.org", port, **secret), by) as url:
        _post(url)
        wait_until(lambda: len(server.taken) == (2 if by == "relay" else 1), 20, "mail came")
    assert set(server.tried) == {(b"watchfloor", PASSWORD.encode())}
    taken = sorted(server.taken)
    assert (
        taken == [(["a@example.org"], True), (["b@example.org"], True)]
        if by == "relay"
        else taken == [(["a@example.org", "b@example.org"], True)]
    )


class Grumpy:
    """Refuses every mail at the end of its text, as a full disk or a filter does, until it is told to take them."""

    def __init__(self) -> None:
        self.grumpy, self.refused = True, 0
        self.taken: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Answer to the end of a text."""
        del server, session
        if self.grumpy:
            self.refused += 1
            return "451 4.3.0 Try again later"
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def grumpy() -> Iterator[tuple[int, Grumpy]]:
    """Port and server."""
    server, port = Grumpy(), free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, server
    controller.stop()


@pytest.mark.stack
@pytest.mark.promtool
def test_mail_that_is_refused_at_its_end_is_sent_again(grumpy: tuple[int, Grumpy], tmp_path: Path) -> None:
    """Alertmanager 0.25 itself would count it as sent. What arrives has text and HTML, and no value is markup."""
    port, server = grumpy
    with _sending(tmp_path, _settings(tmp_path, "a@example.org", port, smtp_require_tls=False), "relay") as url:
        _post(url, "<b>5 &amp; 6</b>")
        wait_until(lambda: server.refused > 1, 30, "it was tried again")
        assert server.taken == []
        server.grumpy = False
        wait_until(lambda: bool(server.taken), 30, "mail came")
    (message,) = server.taken
    assert (message["Subject"], message["To"], message["From"]) == (
        "CRITICAL: X",
        "a@example.org",
        "watchfloor@localhost",
    )
    assert message.get_body(("plain",)).get_content().splitlines()[0] == "<b>5 &amp; 6</b>"
    assert "&lt;b&gt;5 &amp;amp; 6&lt;/b&gt;" in message.get_body(("html",)).get_content()
