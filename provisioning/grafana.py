"""Grafana's provisioning files: data sources, the dashboards' folder and a place for alerting.

Grafana ignores unknown keys in silence, so each file is made from a typed model. Literal `$` are doubled where Grafana
interpolates; names of environment variables are left to it, so that the same files serve natively and in Compose.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from exporter.settings import Settings
from provisioning.document import document
from provisioning.endpoints import Endpoints

PROMETHEUS_UID: Final = "watchfloor-prometheus"
POSTGRES_UID: Final = "watchfloor-postgres"
ALERTMANAGER_UID: Final = "watchfloor-alertmanager"
FOLDER: Final = "Watchfloor"
DASHBOARDS: Final = "WATCHFLOOR_DASHBOARDS"
ADDRESS: Final = "WATCHFLOOR_POSTGRES_ADDRESS"
DATABASE: Final = "WATCHFLOOR_POSTGRES_DATABASE"
USER: Final = "WATCHFLOOR_POSTGRES_USER"
PASSWORD: Final = "WATCHFLOOR_POSTGRES_PASSWORD"  # noqa: S105 - the name of a variable
SSLMODE: Final = "WATCHFLOOR_POSTGRES_SSLMODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """One entry of a data source file. Grafana finds it by name; a change of uid needs the old name deleted."""

    name: str
    type: str
    uid: str
    url: str
    user: str = ""
    default: bool = False
    json: Mapping[str, object] = field(default_factory=dict)
    secure: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> dict[str, object]:
        """The entry with Grafana's keys."""
        entry: dict[str, object] = {
            "name": self.name,
            "type": self.type,
            "uid": self.uid,
            "access": "proxy",
            "orgId": 1,
            "url": self.url,
            "isDefault": self.default,
            "editable": False,
        }
        extra = {"user": self.user, "jsonData": dict(self.json), "secureJsonData": dict(self.secure)}
        return {**entry, **{key: value for key, value in extra.items() if value}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A folder of dashboard files."""

    name: str
    folder: str
    path: str

    def content(self) -> dict[str, object]:
        """The entry with Grafana's keys."""
        return {
            "name": self.name,
            "type": "file",
            "orgId": 1,
            "folder": self.folder,
            "disableDeletion": False,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 30,
            "options": {"path": self.path, "foldersFromFilesStructure": False},
        }


def files(settings: Settings, endpoints: Endpoints) -> dict[str, bytes]:
    """Every provisioning file, by its path below Grafana's provisioning directory."""
    provider = Provider(name="watchfloor", folder=FOLDER, path=f"${DASHBOARDS}")
    return {
        "datasources/watchfloor.yaml": document(
            {"apiVersion": 1, "datasources": [source.content() for source in _sources(settings, endpoints)]}
        ),
        "dashboards/watchfloor.yaml": document({"apiVersion": 1, "providers": [provider.content()]}),
        # Prometheus evaluates and Alertmanager notifies; Grafana has no rule of its own yet.
        "alerting/watchfloor.yaml": document({"apiVersion": 1}),
    }


def imported_place(folder: str) -> str:
    """Where the dashboards of an imported folder lie, below Grafana's directory: its name in letters that every file system takes."""
    slug = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:40] or "folder"
    return f"imported/{slug}-{hashlib.sha256(folder.encode()).hexdigest()[:8]}"


def imported(folders: Iterable[str]) -> bytes:
    """The providers of imported dashboards, apart from ours: two titles alike would stop a provider from writing."""
    providers = [
        Provider(name=f"watchfloor {place}", folder=escape(folder), path=f"${DASHBOARDS}/../{place}")
        for folder in sorted(set(folders))
        for place in (imported_place(folder),)
    ]
    return document({"apiVersion": 1, "providers": [provider.content() for provider in providers]})


def environment(endpoints: Endpoints, dashboards: Path, database: str | None) -> dict[str, str]:
    """Variables that Grafana's process needs for these files. `database` is the read-only connection URL."""
    url = urlsplit(database or "")
    address = f"{url.hostname}:{url.port or 5432}" if url.hostname else endpoints.postgres
    return {
        DASHBOARDS: str(dashboards),
        ADDRESS: address,
        DATABASE: unquote(url.path.lstrip("/")),
        USER: unquote(url.username or ""),
        PASSWORD: unquote(url.password or ""),
        SSLMODE: "require" if "sslmode=require" in url.query or "sslmode=verify" in url.query else "disable",
    }


def escape(text: str) -> str:
    """A literal text for a field in which Grafana interpolates."""
    return text.replace("$", "$$")


def _sources(settings: Settings, endpoints: Endpoints) -> tuple[DataSource, ...]:
    prometheus = DataSource(
        name="Watchfloor Prometheus",
        type="prometheus",
        uid=PROMETHEUS_UID,
        url=escape(settings.timeseries_url or f"http://{endpoints.prometheus}"),
        default=True,
        json={"httpMethod": "POST", "timeInterval": f"{settings.stack.scrape_interval:g}s", "manageAlerts": True},
    )
    alertmanager = DataSource(
        name="Watchfloor Alertmanager",
        type="alertmanager",
        uid=ALERTMANAGER_UID,
        url=escape(f"http://{endpoints.alertmanager}"),
        json={"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
    )
    return (prometheus, _postgres(), alertmanager) if _has_postgres(settings) else (prometheus, alertmanager)


def _postgres() -> DataSource:
    return DataSource(
        name="Watchfloor PostgreSQL",
        type="grafana-postgresql-datasource",
        uid=POSTGRES_UID,
        url=f"${ADDRESS}",
        user=f"${USER}",
        json={"database": f"${DATABASE}", "sslmode": f"${SSLMODE}", "maxOpenConns": 4},
        secure={"password": f"${PASSWORD}"},
    )


def _has_postgres(settings: Settings) -> bool:
    url = settings.database.url
    return url is None or url.get_secret_value().startswith("postgres")
