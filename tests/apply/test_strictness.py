"""The API refuses what it should: the same requests to the stand-in and to a real Grafana are answered alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.apply.conftest import grafana
from tests.apply.rig import Rig

P = "/api/v1/provisioning"


def _board(**more: Any) -> dict[str, Any]:
    return {
        "dashboard": {"uid": "NAME-calls", "title": "Calls", "panels": [], **more},
        "folderUid": "FOLDER",
        "overwrite": False,
    }


def _group(*rules: dict[str, Any], interval: int = 60) -> dict[str, Any]:
    return {"title": "g", "interval": interval, "rules": list(rules)}


def _rule(**more: Any) -> dict[str, Any]:
    data = [{"refId": "C", "datasourceUid": "__expr__", "model": {"type": "math", "expression": "1"}}]
    return {"uid": "NAME-new", "title": "New", "condition": "C", "data": data, "noDataState": "OK", "execErrState": "OK", "for": "0s",
            "folderUID": "FOLDER", "ruleGroup": "g", "orgID": 1, **more}  # fmt: skip


GROUP = f"{P}/folder/FOLDER/rule-groups/g"
REQUESTS: dict[str, tuple[str, str, Any, dict[str, str], tuple[int, ...]]] = {
    "an old version of a dashboard": ("POST", "/api/dashboards/db", _board(version=99), {}, (412,)),
    "no version of a dashboard": ("POST", "/api/dashboards/db", _board(), {}, (412,)),
    "a dashboard without a title": ("POST", "/api/dashboards/db", _board(title="", version=1), {}, (400,)),
    "a dashboard with a bad uid": ("POST", "/api/dashboards/db", _board(uid="a b"), {}, (400,)),
    "a dashboard with a long uid": ("POST", "/api/dashboards/db", _board(uid="a" * 41), {}, (400,)),
    "a dashboard with an unknown number": ("POST", "/api/dashboards/db", _board(id=99_999_999), {}, (404,)),
    "a dashboard in no folder": (
        "POST", "/api/dashboards/db", {"dashboard": {"title": "x", "uid": "NAME-x"}, "folderUid": "NAME-nope"}, {}, (400, 404),
    ),
    "a folder twice": ("POST", "/api/folders", {"uid": "FOLDER", "title": "Again NAME"}, {}, (409, 412)),
    "a folder without a title": ("POST", "/api/folders", {"uid": "NAME-t", "title": ""}, {}, (400,)),
    "an old version of a folder": ("PUT", "/api/folders/FOLDER", {"title": "New NAME", "version": 99}, {}, (412,)),
    "no such folder": ("GET", "/api/folders/NAME-nope", None, {}, (404,)),
    "a folder with rules": ("DELETE", "/api/folders/FOLDER?forceDeleteRules=false", None, {}, (400,)),
    "a data source of a taken name": (
        "POST", "/api/datasources", {"uid": "NAME-x", "name": "Prom NAME", "type": "prometheus", "access": "proxy"}, {}, (409,),
    ),
    "an old version of a data source": (
        "PUT", "/api/datasources/uid/NAME-old", {"name": "Old", "type": "prometheus", "access": "proxy", "version": 1}, {}, (404, 409),
    ),
    "a library panel twice": ("POST", "/api/library-elements", {"uid": "NAME-lib", "name": "X", "kind": 1, "model": {"type": "text"}}, {}, (400,)),
    "an old version of a library panel": (
        "PATCH", "/api/library-elements/NAME-lib", {"name": "X", "kind": 1, "model": {"type": "text"}, "version": 99}, {}, (412,),
    ),
    "a library panel that is shown": ("DELETE", "/api/library-elements/NAME-lib", None, {}, (403,)),
    "an interval that is no tenth": ("PUT", GROUP, _group(_rule(), interval=15), {}, (400,)),
    "a condition without a query": ("PUT", GROUP, _group(_rule(condition="Z")), {}, (400,)),
    "a rule without queries": ("PUT", GROUP, _group(_rule(data=[])), {}, (400,)),
    "a rule without a title": ("PUT", GROUP, _group(_rule(title="")), {}, (400,)),
    "a rule with an unknown state": ("PUT", GROUP, _group(_rule(noDataState="Maybe")), {}, (400,)),
    "a rule for a receiver that is not there": ("PUT", GROUP, _group(_rule(notification_settings={"receiver": "NAME-nope"})), {}, (400,)),
    "a rule that gives up its provenance": (
        "PUT", f"{P}/folder/FOLDER/rule-groups/watch%2Fers", _group(_rule(uid="NAME-a"), interval=60), {"X-Disable-Provenance": "true"}, (409,),
    ),
    "no such group": ("GET", f"{P}/folder/FOLDER/rule-groups/nope", None, {}, (404,)),
    "a contact point twice": (
        "POST", f"{P}/contact-points", {"uid": "NAME-mail", "name": "x", "type": "email", "settings": {"addresses": "a@b.c"}}, {}, (409, 500),
    ),
    "a contact point without an address": ("POST", f"{P}/contact-points", {"uid": "NAME-y", "name": "y", "type": "email", "settings": {}}, {}, (400,)),
    "a contact point of no kind": ("POST", f"{P}/contact-points", {"uid": "NAME-y", "name": "y", "type": "pigeon", "settings": {}}, {}, (400,)),
    "no such contact point": ("PUT", f"{P}/contact-points/NAME-no", {"name": "y", "type": "email", "settings": {"addresses": "a@b.c"}}, {}, (404,)),
    "policies without a receiver": ("PUT", f"{P}/policies", {"group_by": ["alertname"]}, {}, (400,)),
    "policies for nobody": ("PUT", f"{P}/policies", {"receiver": "NAME-nope"}, {}, (400,)),
    "policies that match at the root": ("PUT", f"{P}/policies", {"receiver": "people NAME", "object_matchers": [["a", "=", "b"]]}, {}, (400,)),
    "policies that never notify again": ("PUT", f"{P}/policies", {"receiver": "people NAME", "repeat_interval": "0s"}, {}, (400,)),
    "policies muted by nothing": (
        "PUT", f"{P}/policies", {"receiver": "people NAME", "routes": [{"mute_time_intervals": ["NAME-nope"]}]}, {}, (400,),
    ),
    "policies that give up their provenance": ("PUT", f"{P}/policies", {"receiver": "people NAME"}, {"X-Disable-Provenance": "true"}, (409,)),
    "a mute timing that is used": ("DELETE", f"{P}/mute-timings/nights%20NAME", None, {}, (409,)),
    "a mute timing at no time": (
        "POST", f"{P}/mute-timings", {"name": "x NAME", "time_intervals": [{"times": [{"start_time": "25:00", "end_time": "26:00"}]}]}, {}, (400,),
    ),
    "a mute timing twice": ("POST", f"{P}/mute-timings", {"name": "nights NAME", "time_intervals": []}, {}, (400, 409)),
    "an old version of a mute timing": (
        "PUT", f"{P}/mute-timings/nights%20NAME", {"name": "nights NAME", "time_intervals": [], "version": "0"}, {}, (409,),
    ),
    "a template that is none": ("PUT", f"{P}/templates/x", {"template": "{{ define"}, {}, (400,)),
    "an old version of a template": ("PUT", f"{P}/templates/text%20NAME", {"template": "x", "version": "0"}, {}, (409,)),
    "a text for a number": ("POST", "/api/folders", {"uid": 5, "title": "x"}, {}, (400,)),
    "no JSON": ("POST", "/api/folders", "{", {}, (400,)),
}  # fmt: skip


@pytest.fixture(scope="module")
def applied(standin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A Grafana with everything in it, for all tests that change nothing."""
    with grafana(standin, tmp_path_factory.mktemp("strict")) as rig:
        rig.applied()
        yield rig


def _filled(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, rename) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, rename) for one in value]
    return rename(value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", REQUESTS)
def test_refused(name: str, applied: Rig) -> None:
    """With one of the codes that Grafana 11 to 13 have for it."""
    method, path, body, headers, codes = REQUESTS[name]

    def rename(text: str) -> str:
        return text.replace("NAME", applied.name).replace("FOLDER", applied.parent)

    data = body if isinstance(body, str) else json.dumps(_filled(body, rename)) if body is not None else None
    headers = {**headers, "Content-Type": "application/json"}
    answer = requests.request(
        method, applied.url + rename(path), data=data, headers=headers, auth=applied.admin, timeout=20
    )
    assert answer.status_code in codes, answer.text


UNKNOWN = {
    "a folder": ("/api/folders", {"uid": "x", "title": "x", "folder": "y"}),
    "a dashboard": ("/api/dashboards/db", {"dashboard": {"title": "x"}, "folder": "y"}),
    "a data source": ("/api/datasources", {"name": "x", "type": "y", "secureJsondata": {}}),
    "a library panel": ("/api/library-elements", {"name": "x", "kind": 1, "model": {}, "folder": "y"}),
    "a contact point": (
        f"{P}/contact-points",
        {"name": "x", "type": "email", "settings": {"addresses": "a"}, "orgId": 1},
    ),
    "a mute timing": (f"{P}/mute-timings", {"name": "x", "time_intervals": [{"weekday": ["monday"]}]}),
}


@pytest.mark.parametrize(("path", "body"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_the_stand_in_knows_no_unknown_field(path: str, body: dict[str, Any], standin: str) -> None:
    """Where Grafana would say nothing, a misspelt field of ours must not pass."""
    answer = requests.post(standin + path, json=body, auth=("admin", "admin"), timeout=20)
    assert (answer.status_code, "unknown field" in answer.text) == (400, True)
