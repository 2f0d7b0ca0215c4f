"""/api/v1/provisioning/alert-rules and .../rule-groups."""

from __future__ import annotations

import copy
from typing import Any

from tests.grafana_api.answer import RefusalError, Request, change_of_provenance, checked_uid, fields
from tests.grafana_api.duration import written
from tests.grafana_api.state import State

BASE_INTERVAL = 10
NO_DATA = ("NoData", "Alerting", "OK", "KeepLast")
ERROR = ("Error", "Alerting", "OK", "KeepLast")


def listed(state: State, _: Request) -> Any:
    """Every rule."""
    return 200, list(state.rules.values())


def get(state: State, _: Request, folder: str, name: str) -> Any:
    """One group."""
    rules = _group(state, folder, name)
    if not rules:
        raise RefusalError(404, "", messageId="alerting.alert-rule.notFound")
    return 200, {"title": name, "folderUid": folder, "interval": state.intervals[folder, name], "rules": rules}


def put(state: State, request: Request, folder: str, name: str) -> Any:
    """All rules of a group at once: new ones, changed ones, and those that are gone."""
    body = fields(request.body, title=str, folderUid=str, interval=int, rules=list)
    interval = body.get("interval", 0)
    if interval <= 0 or interval % BASE_INTERVAL:
        raise _invalid(
            f"interval ({interval}s) should be non-zero and divided exactly by scheduler interval: {BASE_INTERVAL}"
        )
    if folder not in state.folders:
        raise RefusalError(400, "folder does not exist")
    rules = [_rule(state, one, folder, name) for one in body.get("rules", [])]
    uids = [rule["uid"] for rule in rules]
    if len(set(uids)) != len(uids):
        raise _invalid("a rule uid is given twice")
    for rule in rules:
        if rule["uid"] in state.rules:
            change_of_provenance("update", state.rules[rule["uid"]]["provenance"], request.provenance)
    gone = [rule["uid"] for rule in _group(state, folder, name) if rule["uid"] not in uids]
    for uid in gone:
        change_of_provenance("delete", state.rules[uid]["provenance"], request.provenance)
    others = [
        rule for rule in state.rules.values() if rule["uid"] not in {*uids, *gone} and rule["folderUID"] == folder
    ]
    titles = [rule["title"] for rule in (*others, *rules)]
    if len(set(titles)) != len(titles):
        raise RefusalError(
            400, "a conflicting alert rule is found: rule title under the same organisation and folder should be unique"
        )
    for uid in gone:
        del state.rules[uid]
    for rule in rules:
        number = state.rules[rule["uid"]]["id"] if rule["uid"] in state.rules else next(state.ids)
        state.rules[rule["uid"]] = {**rule, "id": number, "orgID": request.org, "provenance": request.provenance}
    state.intervals[folder, name] = interval
    return 200, body


def delete(state: State, request: Request, folder: str, name: str) -> Any:
    """A group with its rules."""
    rules = _group(state, folder, name)
    if not rules:
        raise RefusalError(404, "", messageId="alerting.alert-rule.notFound")
    for rule in rules:
        change_of_provenance("delete", rule["provenance"], request.provenance)
    for rule in rules:
        del state.rules[rule["uid"]]
    del state.intervals[folder, name]
    return 204, None


def receivers(state: State) -> set[str]:
    """Contact points that rules name."""
    return {
        rule["notification_settings"]["receiver"] for rule in state.rules.values() if rule.get("notification_settings")
    }


def _group(state: State, folder: str, name: str) -> list[dict[str, Any]]:
    return [rule for rule in state.rules.values() if (rule["folderUID"], rule["ruleGroup"]) == (folder, name)]


def _invalid(reason: str) -> RefusalError:
    return RefusalError(400, f"invalid alert rule: {reason}")


def _rule(state: State, given: Any, folder: str, name: str) -> dict[str, Any]:
    """A rule as it is stored: with what Grafana fills in."""
    rule = fields(
        given, id=int, uid=str, orgID=int, folderUID=str, ruleGroup=str, title=str, condition=str, data=list, noDataState=str,
        execErrState=str, keep_firing_for=str, annotations=dict, labels=dict, isPaused=bool, notification_settings=dict,
        record=dict, provenance=str, missingSeriesEvalsToResolve=int, updated=str, **{"for": str},
    )  # fmt: skip
    rule = copy.deepcopy(rule)
    checked_uid(rule.get("uid", ""))
    if not rule.get("title") or len(rule["title"]) > 190:
        raise _invalid("rule title is empty or longer than 190")
    rule["data"] = [_query(one) for one in rule.get("data", [])]
    if not rule["data"]:
        raise _invalid("no queries or expressions are found")
    wanted = rule.get("condition") or (rule.get("record") or {}).get("from")
    if wanted not in {one["refId"] for one in rule["data"]}:
        raise _invalid(f"condition {wanted} does not exist")
    for key, known, default in (("noDataState", NO_DATA, "NoData"), ("execErrState", ERROR, "Alerting")):
        rule[key] = rule.get(key) or default
        if rule[key] not in known:
            raise _invalid(f"unknown {key} {rule[key]}")
    rule["for"] = written(rule.get("for", "0s"))
    if "keep_firing_for" in rule:
        rule["keep_firing_for"] = written(rule["keep_firing_for"])
    for key in ("labels", "annotations"):
        rule[key] = rule.get(key) or {}
        if not all(isinstance(value, str) for value in rule[key].values()):
            raise RefusalError(400, f"bad request data: values of {key} must be text")
    settings = rule.get("notification_settings")
    if settings:
        _settings(state, settings)
    return {
        **rule,
        "folderUID": folder,
        "ruleGroup": name,
        "isPaused": rule.get("isPaused", False),
        "updated": "2026-01-01T00:00:00Z",
    }


def _settings(state: State, given: dict[str, Any]) -> None:
    settings = fields(
        given, receiver=str, group_by=list, group_wait=str, group_interval=str, repeat_interval=str,
        mute_time_intervals=list, active_time_intervals=list,
    )  # fmt: skip
    if settings.get("receiver") not in {one["name"] for one in state.contacts.values()}:
        raise _invalid(f"receiver {settings.get('receiver')} does not exist")
    if set(settings.get("mute_time_intervals", [])) - state.timings.keys():
        raise _invalid("mute time interval does not exist")
    for key in ("group_wait", "group_interval", "repeat_interval"):
        if key in settings:
            given[key] = written(settings[key])


def _query(given: Any) -> dict[str, Any]:
    query = fields(given, refId=str, queryType=str, relativeTimeRange=dict, datasourceUid=str, model=dict)
    if not query.get("refId") or not query.get("datasourceUid"):
        raise _invalid("a query has no refId or no datasourceUid")
    period = fields(query.get("relativeTimeRange", {}), **{"from": int, "to": int})
    start, end = period.get("from", 0), period.get("to", 0)
    if query["datasourceUid"] not in ("__expr__", "-100") and start <= end:
        raise _invalid(f"invalid relative time range [From: {start}s, To: {end}s]")
    model = {"intervalMs": 1000, "maxDataPoints": 43200, **query.get("model", {}), "refId": query["refId"]}
    return {
        "refId": query["refId"], "queryType": query.get("queryType", ""), "relativeTimeRange": {"from": start, "to": end},
        "datasourceUid": query["datasourceUid"], "model": model,
    }  # fmt: skip
