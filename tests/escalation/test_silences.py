"""Silences as code, on a real Alertmanager: applied twice, changed, taken out, expired; what people made stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner, Result

from exporter.matching import Match
from exporter.settings import SettingsError, load
from generator.cli import cli
from provisioning.silence import Alertmanager, AlertmanagerError, Silence
from tests.processes import answers, free_port, running, wait_until
from tests.rules.promtool import tool

pytestmark = [pytest.mark.stack, pytest.mark.promtool]
KNOWN = {
    "name": "queue",
    "matchers": ["alertname=CallQueueBacklog", 'tenant=~"acme|b.*"'],
    "owner": "anna",
    "reason": 'Dialler is replaced: "ticket" 4711',
    "end": "2099-12-31 12:00",
}


@dataclass
class Place:
    """An Alertmanager and the settings that name it."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def alertmanager(self) -> Alertmanager:
        """Its silences, asked for as those of a pair whose first has died."""
        return Alertmanager(("http://127.0.0.1:9", self.url))

    def run(self, what: str, **settings: Any) -> Result:
        """`watchfloor silences ...` with these settings."""
        config = self.folder / "watchfloor.yml"
        config.write_text(yaml.safe_dump({**settings, "stack": {"alertmanager_port": self.port}}))
        return CliRunner().invoke(cli, ["--config", str(config), "silences", *what.split()])

    def live(self) -> list[Silence]:
        """What holds or will."""
        return [one for one in self.alertmanager.silences() if one.live]

    def post(self, **labels: str) -> None:
        """An alert that fires."""
        answer = requests.post(f"{self.url}/api/v2/alerts", json=[{"labels": labels}], timeout=5)
        answer.raise_for_status()

    def silenced(self) -> dict[str, bool]:
        """Alerts by name, and whether they are silenced."""
        found = requests.get(f"{self.url}/api/v2/alerts", timeout=5).json()
        return {one["labels"]["alertname"]: bool(one["status"]["silencedBy"]) for one in found}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One Alertmanager for the module."""
    folder, port = tmp_path_factory.mktemp("silences"), free_port()
    (folder / "am.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    argv = [
        tool("prometheus-alertmanager"), f"--config.file={folder}/am.yml", f"--storage.path={folder}/am",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    with running("alertmanager", argv, folder) as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), 60, "it was ready", process)
        yield Place(folder, port)


@pytest.fixture
def place(server: Place) -> Iterator[Place]:
    """The same one without a live silence."""
    yield server
    for one in server.live():
        server.alertmanager.expire(one.id)


def test_applied_twice_it_is_the_same(place: Place) -> None:
    """The second time nothing changes; the silence has owner, reason and end, and holds for what it names."""
    first = place.run("apply", silences=[KNOWN])
    assert (first.exit_code, first.stdout) == (
        0,
        "queue: made (alertname=CallQueueBacklog, tenant=~acme|b.*; until 2099-12-31 12:00 UTC, anna)\n",
    )
    (one,) = place.live()
    again = place.run("apply", silences=[KNOWN])
    assert again.exit_code == 0
    assert "queue: unchanged" in again.stdout
    assert place.live() == [one]
    assert (one.by, one.comment) == ("anna", 'Dialler is replaced: "ticket" 4711 [watchfloor:queue]')
    assert one.end == datetime(2099, 12, 31, 12, tzinfo=UTC)
    place.post(alertname="CallQueueBacklog", tenant="bolt")
    place.post(alertname="LeadsStale", tenant="bolt")
    wait_until(
        lambda: place.silenced() == {"CallQueueBacklog": True, "LeadsStale": False}, 30, "only the queue is silenced"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"end": "2099-12-31 13:00"},
        {"matchers": ["alertname=CallQueueBacklog"]},
        {"owner": "ben"},
        {"reason": "Another."},
        {"start": "2099-01-01"},
    ],
)
def test_a_change_takes_the_place_of_what_was(place: Place, change: dict[str, Any]) -> None:
    """Whatever changes, one silence is there after it, and it is the new one."""
    place.run("apply", silences=[KNOWN])
    (old,) = place.live()
    assert "queue: changed" in place.run("apply", silences=[{**KNOWN, **change}]).stdout
    (new,) = place.live()
    assert new.id != old.id
    assert "queue: unchanged" in place.run("apply", silences=[{**KNOWN, **change}]).stdout


def test_what_leaves_the_settings_ends_and_what_people_made_stays(place: Place) -> None:
    """Only silences with our mark are ended."""
    now = datetime.now(UTC)
    mine = Silence((Match("alertname", "LeadsStale"),), now, now + timedelta(hours=1), "carl", "by hand")
    hand = place.alertmanager.put(mine)
    place.run("apply", silences=[KNOWN])
    done = place.run("apply")
    assert (done.exit_code, done.stdout.split(" (")[0]) == (0, "queue: ended, it is no longer in the settings")
    assert [one.id for one in place.live()] == [hand]


def test_an_expired_one_is_told_with_its_owner(place: Place) -> None:
    """Exit code 1 from apply and from list, until somebody takes it out or moves its end."""
    old = {**KNOWN, "end": "2026-01-02"}
    said = "queue: expired at 2026-01-02 00:00 UTC; anna removes it from the settings or gives it a new end\n"
    for what in ("apply", "list"):
        done = place.run(what, silences=[old])
        assert (done.exit_code, done.stdout) == (1, said)
    assert place.live() == []


def test_one_that_names_no_alert_is_told(place: Place) -> None:
    """A misspelt alert would silence nothing."""
    done = place.run("apply", silences=[{**KNOWN, "matchers": ["alertname=CallQueueBaklog"]}])
    assert done.exit_code == 1
    assert done.stderr == "queue: alertname=CallQueueBaklog names no alert of the catalogue\n"


def test_maintenance_begins_and_ends_in_the_zone_of_the_settings(place: Place) -> None:
    """Everything but the heartbeat is silenced in a window; one in the future waits."""
    now = {"name": "move", "owner": "ben", "reason": "Move.", "start": "2026-01-01 00:00", "end": "2099-06-01 02:00"}
    later = {**now, "name": "later", "start": "2099-06-01 00:00", "matchers": ["tenant=acme"]}
    assert place.run("apply", maintenance=[now, later], time_zone="Europe/Paris").exit_code == 0
    found = {one.comment: one for one in place.live()}
    assert found["Move. [watchfloor:later]"].state == "pending"
    assert found["Move. [watchfloor:later]"].start == datetime(2099, 5, 31, 22, tzinfo=UTC)
    assert found["Move. [watchfloor:move]"].state == "active"
    place.post(alertname="LeadsStale", severity="warning")
    place.post(alertname="Watchdog", severity="none")
    wait_until(
        lambda: {"LeadsStale": True, "Watchdog": False}.items() <= place.silenced().items(), 30, "all but the heartbeat"
    )


def test_list_shows_who_and_until_when(place: Place) -> None:
    """As text and as records."""
    place.run("apply", silences=[KNOWN])
    shown = json.loads(place.run("list --json", silences=[KNOWN]).stdout)
    assert [(one["name"], one["owner"], one["state"]) for one in shown["silences"]] == [("queue", "anna", "active")]
    assert shown["expired"] == []
    assert (
        "alertname=CallQueueBacklog, tenant=~acme|b.*: active until 2099" in place.run("list", silences=[KNOWN]).stdout
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"matchers": []}, "silence queue: matchers would silence everything; name at least one label's value"),
        ({"matchers": ["tenant!=acme"]}, "matchers would silence everything"),
        ({"matchers": ["tenant"]}, "'tenant' is no matcher; write one such as tenant=acme"),
        ({"matchers": ["tenant=~("]}, "'tenant=~(' has a wrong regular expression"),
        ({"owner": ""}, "owner: must not be empty"),
        ({"end": "soon"}, "'soon' is no time; write a time such as 2026-12-24 18:00"),
        ({"start": "2099-12-31 12:00"}, "silence queue: end must be after start"),
    ],
)
def test_a_wrong_silence_is_refused(tmp_path: Path, setting: dict[str, Any], said: str) -> None:
    """One sentence: which, what is wrong, what would be right."""
    path = tmp_path / "w.yml"
    path.write_text(yaml.safe_dump({"silences": [{**KNOWN, **setting}]}))
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({}, "maintenance w: give either start and end, or times"),
        ({"start": "2026-01-01"}, "maintenance w: give either start and end, or times"),
        ({"times": ["night"]}, "maintenance w: unknown times night; known are none"),
    ],
)
def test_a_wrong_window_is_refused(tmp_path: Path, window: dict[str, Any], said: str) -> None:
    """It is either once or again and again."""
    path = tmp_path / "w.yml"
    path.write_text(yaml.safe_dump({"maintenance": [{"name": "w", "owner": "a", "reason": "r", **window}]}))
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert said in str(caught.value)


def test_without_alertmanager_it_says_so() -> None:
    """One sentence with the address."""
    with pytest.raises(AlertmanagerError, match=r"does not answer at http://127\.0\.0\.1:9;"):
        Alertmanager(("http://127.0.0.1:9",)).silences()


def test_of_a_pair_the_one_that_answers_is_asked(place: Place) -> None:
    """Whichever of the two has died."""
    for urls in (("http://127.0.0.1:9", place.url), (place.url, "http://127.0.0.1:9")):
        assert [one for one in Alertmanager(urls).silences() if one.live] == []
