"""Two Alertmanagers: each message comes once, and the loss of one loses none."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import yaml

from exporter.settings import Settings
from provisioning import alertmanager, prometheus
from provisioning.endpoints import native
from tests.delivery.chain import Chain, chain, rule
from tests.processes import wait_until

FAST = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
RULES = {"pair": [rule("First", "critical", "first == 1"), rule("Second", "critical", "second == 1")]}
TWO = Settings.model_validate({"stack": {"alertmanagers": 2}})


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain with two Alertmanagers that see each other."""
    with chain(tmp_path_factory.mktemp("pair"), RULES, changes={"stack": {**FAST, "alertmanagers": 2}}) as made:
        wait_until(lambda: len(made.query("alertmanager_cluster_members == 2")) == 2, 60, "they see each other")
        yield made


@pytest.mark.stack
@pytest.mark.promtool
@pytest.mark.slow
def test_one_killed_in_the_middle_of_an_incident_loses_nothing(pair: Chain) -> None:
    """The first alert comes once although both have it; after the first Alertmanager is killed the second alert comes too."""
    start = pair.target.set('first{case="the-first"}', 1)
    for receiver in ("slack", "hook", "mail"):
        pair.wait_for(receiver, "the-first", 60, start)
    # The other one would send its copy after the peer timeout.
    time.sleep(8)
    counts = {receiver: len(pair.messages(receiver, "the-first", start)) for receiver in ("slack", "hook", "mail")}
    assert counts == {"slack": 1, "hook": 1, "mail": 1}
    pair.kill("alertmanager")
    start = pair.target.set('second{case="the-second"}', 1)
    for receiver in ("slack", "hook", "mail"):
        pair.wait_for(receiver, "the-second", 60, start)


def test_prometheus_tells_both() -> None:
    """Both are told and both are scraped; one alone has no port for the other."""
    content = yaml.safe_load(prometheus.config(TWO, native(TWO)))
    both = ["127.0.0.1:9093", "127.0.0.1:9095"]
    assert content["alerting"]["alertmanagers"][0]["static_configs"] == [{"targets": both}]
    job = next(job for job in content["scrape_configs"] if job["job_name"] == "alertmanager")
    assert job["static_configs"] == [{"targets": both}]


def test_they_hear_each_other_on_the_loopback_alone() -> None:
    """Whatever address the stack listens on; a single one listens for no other."""
    wide = Settings.model_validate({"stack": {"alertmanagers": 2, "host": "0.0.0.0"}})
    first, second = (alertmanager.flags(wide, native(wide), number) for number in (0, 1))
    assert first[:2] == ("--cluster.listen-address=127.0.0.1:9094", "--cluster.peer=127.0.0.1:9096")
    assert second[:2] == ("--cluster.listen-address=127.0.0.1:9096", "--cluster.peer=127.0.0.1:9094")
    assert alertmanager.flags(Settings(), native(Settings()))[0] == "--cluster.listen-address="
