"""The generated Alertmanager configuration, read by a real Alertmanager that sends to a real listener."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from exporter.settings import Settings
from provisioning import alertmanager
from provisioning.endpoints import native
from tests.rules.promtool import tool

TENANT = '<!channel> & {{ .X }}"\n'


@pytest.fixture
def listener() -> Iterator[tuple[str, dict[str, Any]]]:
    """Address of an HTTP listener, and what it has received, by path."""
    received: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received[self.path] = json.loads(body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()
    thread.join()
    server.server_close()


def _start(tmp_path: Path, url: str) -> Iterator[str]:
    program = tool("prometheus-alertmanager")
    (tmp_path / "hook").write_text(f"{url}/hook")
    settings = Settings.model_validate(
        {
            "stack": {"directory": str(tmp_path)},
            "alerting": {"slack_channel": '#o{{ .X }}"', "webhook_url_file": str(tmp_path / "hook")},
        }
    )
    (tmp_path / "secrets").mkdir()
    for name, text in alertmanager.secrets(settings, {"SLACK_WEBHOOK_URL": f"{url}/slack"}, native(settings)).items():
        (tmp_path / "secrets" / name).write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = alertmanager.config_file(settings, native(settings), "")
    flags = [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", f"--storage.path={tmp_path}/am"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([program, f"--config.file={config}", *flags, *alertmanager.FLAGS], stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def running(tmp_path: Path, listener: tuple[str, dict[str, Any]]) -> Iterator[str]:
    """Address of an Alertmanager with Slack and a webhook."""
    yield from _start(tmp_path, listener[0])


def _post(url: str, alerts: list[dict[str, Any]], deadline: float) -> None:
    while True:
        try:
            requests.post(f"{url}/api/v2/alerts", json=alerts, timeout=2).raise_for_status()
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "Alertmanager does not listen"
            time.sleep(0.05)
        else:
            return


@pytest.mark.stack
@pytest.mark.promtool
def test_a_critical_alert_arrives_as_text(running: str, listener: tuple[str, dict[str, Any]]) -> None:
    """Within the group wait, at Slack and at the webhook; neither a label nor a setting becomes markup or a template."""
    labels = {"alertname": "CallQueueBacklog", "severity": "critical", "domain": "calls", "tenant": TENANT}
    notes = {"description": f"256 calls of {TENANT} wait", "dashboard_url": "http://g/d/x", "runbook_url": "r.md#x"}
    start = time.monotonic()
    _post(running, [{"labels": labels, "annotations": notes}], start + 10)
    received = listener[1]
    while len(received) < 2:
        assert time.monotonic() < start + 20, f"only {sorted(received)} arrived"
        time.sleep(0.05)
    assert received["/hook"]["alerts"][0]["labels"] == labels
    slack = received["/slack"]
    message = slack["attachments"][0]
    assert slack["channel"] == '#o{{ .X }}"'
    assert message["title"] == message["fallback"]
    assert message["title"] == 'CRITICAL: CallQueueBacklog, tenant &lt;!channel&gt; &amp; {{ .X }}" '
    assert message["title_link"] == "http://g/d/x"
    lines = message["text"].splitlines()
    assert lines[0] == '256 calls of &lt;!channel&gt; &amp; {{ .X }}" wait'
    assert lines[1] == 'Where: tenant &lt;!channel&gt; &amp; {{ .X }}" '
    assert re.match(r"<http://g/d/x\?from=\d{13}&amp;to=now\|Dashboard>$", lines[3])
    assert lines[4] == "Runbook: r.md#x"
