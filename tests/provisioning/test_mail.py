"""Mail over STARTTLS with a password, from a real Alertmanager to a real mail server."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
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
from tests.processes import answers, free_port, running, wait_until
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


@pytest.mark.stack
@pytest.mark.promtool
def test_mail_goes_over_tls_with_a_password(mail: tuple[int, Server], tmp_path: Path) -> None:
    """The password comes from a file of its own and is in no generated one."""
    port, server = mail
    (tmp_path / "password").write_text(PASSWORD + "\n")
    alerting = {
        "email": "a@example.org, b@example.org",
        "smtp_host": f"localhost:{port}",
        "smtp_username": "watchfloor",
        "smtp_password_file": str(tmp_path / "password"),
    }
    settings = Settings.model_validate({"alerting": alerting, "stack": {"directory": str(tmp_path)}})
    (tmp_path / "secrets").mkdir()
    for name, text in alertmanager.secrets(settings, {}, native(settings)).items():
        (tmp_path / "secrets" / name).write_text(text)
    for path, content in alertmanager.files(settings, native(settings), {}).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
        assert b"s3cr3t" not in content
    assert yaml.safe_load((tmp_path / "alertmanager.yml").read_text())["receivers"][0]["email_configs"][0][
        "require_tls"
    ]
    url = f"http://127.0.0.1:{free_port()}"
    argv = [
        tool("prometheus-alertmanager"), f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}/am",
        f"--web.listen-address={url.removeprefix('http://')}", "--cluster.listen-address=",
    ]  # fmt: skip
    with running("alertmanager", argv, tmp_path, {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}) as process:
        wait_until(lambda: answers(f"{url}/-/ready"), 30, "it was ready", process)
        alert = {"labels": {"alertname": "X", "severity": "critical"}, "annotations": {"description": "It broke."}}
        requests.post(f"{url}/api/v2/alerts", json=[alert], timeout=10).raise_for_status()
        wait_until(lambda: bool(server.taken), 20, "mail came", process)
    assert set(server.tried) == {(b"watchfloor", PASSWORD.encode())}
    assert server.taken == [(["a@example.org", "b@example.org"], True)]
