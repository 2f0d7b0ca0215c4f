"""Dashboards of one tenant each: compiled once, then the tenant is put in, since a thousand tenants differ in nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from dashboards.frame import SCOPES, uid
from exporter.labels import TENANT

if TYPE_CHECKING:
    from exporter.settings import Settings

PLACE: Final = "@tenant@"
QUERY: Final = "@tenant-query@"
MARK: Final = "@tenant-mark@"


class TenantError(Exception):
    """Dashboards cannot be made for one tenant."""


def build(settings: Settings, boards: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Path and content of every dashboard of every tenant, from those over all tenants."""
    chosen = settings.tenant_folders
    if not chosen.tenants:
        return
    possible = [name for name, scope in SCOPES.items() if TENANT in scope.labels and f"{name}.json" in boards]
    if wrong := sorted(set(chosen.dashboards) - set(possible)):
        raise TenantError(
            f"tenant_folders.dashboards: {', '.join(wrong)} cannot show one tenant; those that can are {', '.join(sorted(possible))}"
        )
    forms = {name: _form(boards[f"{name}.json"], chosen.dashboards) for name in chosen.dashboards}
    for tenant in chosen.tenants:
        mark, folder = _mark(tenant), folder_of(tenant)
        # A comma parts the values of a variable.
        words = {PLACE: tenant, QUERY: tenant.replace(",", "\\,"), MARK: mark}
        for name, form in forms.items():
            yield f"{folder}/{name}.json", _filled(form, words)


def uids(settings: Settings) -> Iterator[str]:
    """The uid of each dashboard of each tenant."""
    chosen = settings.tenant_folders
    yield from (f"{uid(name)}-{_mark(tenant)}" for tenant in chosen.tenants for name in chosen.dashboards)


def _mark(tenant: str) -> str:
    return hashlib.sha256(tenant.encode()).hexdigest()[:12]


def folder_of(tenant: str) -> str:
    """The name of the tenant's folder: its own if it can be the name of one, else with what tells it from others."""
    plain = re.sub(r"[^A-Za-z0-9 _-]", "_", tenant)[:60].strip()
    if plain == tenant:
        return tenant
    return f"{plain or '_'}-{hashlib.sha256(tenant.encode()).hexdigest()[:8]}"


def _form(data: bytes, together: Iterable[str]) -> list[str]:
    """A dashboard, cut at the places for the tenant. Links to others of the folder stay in it."""
    board: dict[str, Any] = json.loads(data)
    board |= {"uid": f"{board['uid']}-{MARK}", "title": f"{board['title']}, {PLACE}"}
    board["templating"]["list"] = [
        _variable(one) if one["name"] == TENANT.name else one for one in board["templating"]["list"]
    ]
    text = json.dumps(board, indent=2, ensure_ascii=False) + "\n"
    for name in together:
        text = text.replace(f"/d/{uid(name)}?", f"/d/{uid(name)}-{MARK}?")
    return re.split(f"({PLACE}|{QUERY}|{MARK})", text)


def _variable(variable: Mapping[str, Any]) -> dict[str, Any]:
    """The tenant as a variable of one value that nobody is shown. It is of many, for Grafana quotes the values of these only."""
    option = {"selected": True, "text": PLACE, "value": PLACE}
    return {
        "type": "custom", "name": variable["name"], "label": variable["label"], "hide": 2, "skipUrlSync": True, "multi": True,
        "includeAll": False, "query": QUERY, "options": [option], "current": {"selected": True, "text": [PLACE], "value": [PLACE]},
    }  # fmt: skip


def _filled(form: Iterable[str], words: Mapping[str, str]) -> bytes:
    """The dashboard with words in their places; in one pass, so that a word may look like a place."""
    written = {place: json.dumps(word, ensure_ascii=False)[1:-1] for place, word in words.items()}
    return "".join(written.get(part, part) for part in form).encode()
