"""The dead man's switch: when it raises the alarm, what it says, and that a way that fails is tried again."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import yaml
from click.testing import CliRunner

from exporter.settings import Settings
from generator.cli import cli
from provisioning import alertmanager, prometheus
from provisioning.deadman.alarm import AlarmError, Sender, ways
from provisioning.deadman.server import Switch, serve
from provisioning.deadman.watch import ENDED, SILENT, Alarm, Watch
from provisioning.deadman.words import slack, webhook, words
from provisioning.endpoints import native
from tests.delivery.chain import chain
from tests.delivery.ports import quiet_port
from tests.delivery.receivers import Receivers, receivers
from tests.processes import answers, running, wait_until

BEAT = {"alerts": [{"status": "firing", "labels": {"alertname": "Watchdog"}}]}
END = {"alerts": [{"status": "resolved", "labels": {"alertname": "Watchdog"}}]}
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_silence_raises_the_alarm_once() -> None:
    """After the timeout, not before, and not again until the repeat."""
    watch = Watch(60, 3600, now=100)
    watch.beat(110)
    assert watch.check(169) is None
    assert watch.check(170) == Alarm(lost=True, silence=60, why=SILENT)
    assert watch.check(171) is None
    assert watch.check(3769) is None
    assert watch.check(3770) == Alarm(lost=True, silence=3660, why=SILENT)


def test_a_heartbeat_ends_the_alarm() -> None:
    """People are told that alerts are delivered again, and for how long they were not."""
    watch = Watch(60, 3600, now=0)
    assert watch.check(60) == Alarm(lost=True, silence=60, why=SILENT, ever=False)
    assert watch.alarmed
    assert watch.beat(75) == Alarm(lost=False, silence=75)
    assert watch.beat(95) is None
    assert not watch.alarmed
    assert watch.check(155) is not None


def test_the_end_of_the_heartbeat_is_not_waited_for() -> None:
    """Alertmanager says that Prometheus no longer speaks; the alarm is raised at once and only once."""
    watch = Watch(60, 3600, now=0)
    watch.beat(10)
    assert watch.ended(12) == Alarm(lost=True, silence=2, why=ENDED)
    assert watch.ended(32) is None
    assert watch.beat(40) == Alarm(lost=False, silence=30)


def test_what_people_read() -> None:
    """The reason, what it means and the first step; a form that each receiver understands."""
    said = words(Alarm(lost=True, silence=60.4, why=SILENT), NOW)
    assert said.text.startswith(
        "Alerts are no longer delivered: no heartbeat came for 60 s. Until this is mended rely on no other message"
    )
    assert slack(said)["text"].startswith("CRITICAL: HeartbeatLost\n")
    assert (webhook(said)["status"], webhook(said)["alerts"][0]["labels"]["alertname"]) == ("firing", "HeartbeatLost")
    never = words(Alarm(lost=True, silence=60, why=SILENT, ever=False), NOW)
    assert "no heartbeat came since this watch began 60 s ago" in never.text
    over = words(Alarm(lost=False, silence=75), NOW)
    assert slack(over)["text"] == (
        "RESOLVED: HeartbeatLost\nHeartbeats of the alert system are back after 75 s. Alerts are delivered again."
    )


def test_a_way_that_fails_is_tried_again_and_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The alarm comes through the other way at once, and through the first when it works again."""
    monkeypatch.setattr("provisioning.deadman.alarm.RETRY", 0.01)
    took: list[str] = []
    tries = 0

    def broken(_: object) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise AlarmError("status 500")
        took.append("first")

    stop = threading.Event()
    Sender({"first": broken, "second": lambda _: took.append("second")}, stop).send(Alarm(lost=True, silence=60))
    wait_until(lambda: sorted(took) == ["first", "second"], 10, "both ways took it")
    stop.set()
    assert tries == 3


@pytest.fixture
def switch() -> Iterator[tuple[str, list[Alarm]]]:
    """Address of a switch that listens, and the alarms that it raised."""
    settings = Settings.model_validate({"deadman": {"port": quiet_port()}})
    told: list[Alarm] = []
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(settings, Switch(settings, told.append), stop))
    thread.start()
    url = f"http://127.0.0.1:{settings.deadman.port}"
    wait_until(lambda: answers(f"{url}/health"), 10, "it listens")
    yield url, told
    stop.set()
    thread.join()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps(BEAT), 200),
        ("{}", 400),
        ("no json", 400),
        ("[1]", 400),
        (json.dumps({"alerts": [{"status": "firing", "labels": {"alertname": "Other"}}]}), 400),
        (json.dumps({"alerts": "Watchdog"}), 400),
    ],
)
def test_only_a_heartbeat_is_a_heartbeat(switch: tuple[str, list[Alarm]], body: str, status: int) -> None:
    """Another alert, or anything else that somebody posts, keeps no alarm back."""
    url, _ = switch
    assert requests.post(f"{url}/beat", data=body, timeout=5).status_code == status
    page = requests.get(f"{url}/metrics", timeout=5).text
    assert f"\ndeadman_beats_total {1 if status == 200 else 0}\n" in page
    assert "\ndeadman_alarm 0\n" in page
    assert requests.post(f"{url}/other", data=body, timeout=5).status_code == 404


def test_an_end_and_a_new_beginning_are_told(switch: tuple[str, list[Alarm]]) -> None:
    """The state is in the metrics too."""
    url, told = switch
    requests.post(f"{url}/beat", json=END, timeout=5)
    assert "\ndeadman_alarm 1\n" in requests.get(f"{url}/metrics", timeout=5).text
    requests.post(f"{url}/beat", json=BEAT, timeout=5)
    assert [alarm.lost for alarm in told] == [True, False]


@pytest.fixture(scope="module")
def heard() -> Iterator[Receivers]:
    """Real receivers."""
    with receivers() as made:
        yield made


@pytest.mark.stack
def test_the_command_reaches_people_by_every_way(heard: Receivers, tmp_path: Path) -> None:
    """A real process with a real mail server; the secret address is in no log."""
    (tmp_path / "hook").write_text(f"{heard.hook.url}/s3cret")
    port = quiet_port()
    content = {
        "deadman": {"port": port},
        "alerting": {
            "email": "ops@example.org",
            "smtp_host": f"127.0.0.1:{heard.mail.port}",
            "smtp_require_tls": False,
            "webhook_url_file": str(tmp_path / "hook"),
        },
    }
    (tmp_path / "w.yml").write_text(yaml.safe_dump(content))
    argv = [sys.executable, "-m", "generator", "--config", str(tmp_path / "w.yml"), "deadman"]
    environment = {"SLACK_WEBHOOK_URL": f"{heard.slack.url}/s3cret"}
    with running("deadman", argv, tmp_path, environment) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health"), 30, "it listens", process)
        since = time.time()
        for body in (BEAT, END, BEAT):
            requests.post(f"{url}/beat", json=body, timeout=5).raise_for_status()
        for name in ("slack", "hook", "mail"):
            wait_until(lambda name=name: len(heard.of(name)) == 2, 20, f"both messages came to {name}", process)  # type: ignore[misc]
            first, second = (message.body for message in heard.of(name))
            assert "Alerts are no longer delivered" in first
            assert "Alerts are delivered again" in second
        assert heard.hook.received[0].time - since < 20
        assert "s3cret" not in process.log()


@pytest.mark.stack
@pytest.mark.promtool
@pytest.mark.slow
def test_heartbeats_take_the_way_of_the_mail(tmp_path: Path) -> None:
    """A relay that is gone, without which no mail goes out, is told by the dead man's switch, by mail too."""
    changes = {"deadman": {"enabled": True, "timeout": "30s"}}
    with chain(tmp_path, {}, changes=changes, start=("relay", "deadman", "alertmanager")) as made:
        alert = {"labels": {"alertname": "Watchdog", "severity": "none"}, "endsAt": "2126-01-01T00:00:00Z"}
        requests.post(f"{made.alertmanager()}/api/v2/alerts", json=[alert], timeout=10).raise_for_status()
        wait_until(lambda: "deadman_beats_total 2" in made.page("deadman"), 60, "heartbeats came")
        gone = made.kill("relay")
        for receiver in ("slack", "hook", "mail"):
            made.wait_for(receiver, "HeartbeatLost", 60, gone)


def test_a_taken_port_is_told(tmp_path: Path, heard: Receivers) -> None:
    """One sentence with the setting."""
    (tmp_path / "w.yml").write_text(f"deadman: {{port: {heard.hook.port}}}")
    result = CliRunner().invoke(cli, ["--config", str(tmp_path / "w.yml"), "deadman"])
    assert result.exit_code == 1
    assert "Address already in use; set deadman.port to another port" in result.output


def test_heartbeats_go_to_a_switch_elsewhere() -> None:
    """With an address of its own, Alertmanager sends there, and Prometheus leaves the watching to it."""
    settings = Settings.model_validate({"deadman": {"url": "http://watch.example.org:9880/"}})
    content = yaml.safe_load(alertmanager.config(settings, native(settings), {}))
    beats = next(item for item in content["receivers"] if item["name"] == "heartbeat")
    assert beats["webhook_configs"] == [{"url": "http://watch.example.org:9880/beat", "send_resolved": True}]
    jobs = yaml.safe_load(prometheus.config(settings, native(settings)))["scrape_configs"]
    assert "deadman" not in {job["job_name"] for job in jobs}
    jobs = yaml.safe_load(prometheus.config(Settings(), native(Settings())))["scrape_configs"]
    assert "deadman" in {job["job_name"] for job in jobs}
    off = Settings.model_validate({"deadman": {"enabled": False}})
    content = yaml.safe_load(alertmanager.config(off, native(off), {}))
    assert {"name": "heartbeat"} in content["receivers"]


KINDS: dict[str, dict[str, str]] = {
    "slack": {},
    "slack_bot": {"to": "#ops"},
    "webhook": {},
    "pagerduty": {},
    "opsgenie": {"to": "night"},
    "discord": {},
    "telegram": {"to": "-100123"},
    "teams": {},
    "sms": {"to": "+33123456789"},
}
IN_URL = {"slack", "webhook", "discord", "teams", "sms"}


def _named(kind: str) -> str:
    """A name that no plain setting has."""
    return f"my-{kind.replace('_', '-')}"


def _channels(heard: Receivers, folder: Path) -> Settings:
    channels: list[dict[str, object]] = []
    for kind, more in KINDS.items():
        (folder / kind).write_text(f"{heard.hook.url}/{kind}" if kind in IN_URL else "123:key")
        url = {} if kind in IN_URL else {"url": f"{heard.hook.url}/{kind}"}
        channels.append({"name": _named(kind), "kind": kind, "secret_file": str(folder / kind), **url, **more})
    channels.append({"name": "quiet", "kind": "pagerduty", "secret_file": "/none", "severities": ["info"]})
    channels.append({"name": "mail", "kind": "email", "to": "b@example.org"})
    alerting = {"channels": channels, "smtp_host": f"127.0.0.1:{heard.mail.port}", "smtp_require_tls": False}
    return Settings.model_validate({"alerting": alerting})


def test_every_kind_of_channel_takes_the_alarm(heard: Receivers, tmp_path: Path) -> None:
    """In its own form; a channel that does not hear of critical alerts is left out."""
    found = ways(_channels(heard, tmp_path), {})
    assert set(found) == {*map(_named, KINDS), "mail"}
    before, mails = len(heard.hook.received), len(heard.mail.received)
    for name, way in found.items():
        if name != "my-slack-bot":
            way(words(Alarm(lost=True, silence=60, why=SILENT), NOW))
    got = {message.path.split("/")[1]: json.loads(message.body) for message in heard.hook.received[before:]}
    assert set(got) == set(KINDS) - {"slack_bot"}
    assert all("Alerts are no longer delivered" in json.dumps(body) for body in got.values())
    assert (got["pagerduty"]["routing_key"], got["pagerduty"]["event_action"]) == ("123:key", "trigger")
    assert (got["opsgenie"]["priority"], got["opsgenie"]["responders"][0]["name"]) == ("P1", "night")
    assert got["telegram"]["chat_id"] == -100123
    assert len(heard.mail.received) == mails + 1
    # This server does not answer as Slack does, which says in the body whether it took the message.
    with pytest.raises(AlarmError):
        found["my-slack-bot"](words(Alarm(lost=True, silence=60, why=SILENT), NOW))


def test_a_container_has_the_secrets_of_channels_in_one_file(heard: Receivers, tmp_path: Path) -> None:
    """The file takes the place of the files that the settings name, which no container has."""
    settings = _channels(heard, tmp_path)
    for kind in KINDS:
        (tmp_path / kind).unlink()
    secrets = {_named(kind): f"{heard.hook.url}/from-the-file" for kind in KINDS}
    (tmp_path / "all").write_text(yaml.safe_dump(secrets))
    ways(settings, {"WATCHFLOOR_CHANNEL_SECRETS": str(tmp_path / "all")})["my-webhook"](
        words(Alarm(lost=False, silence=1), NOW)
    )
    assert heard.hook.received[-1].path == "/from-the-file"
