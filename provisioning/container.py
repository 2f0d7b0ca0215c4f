"""What containers are given of the settings: a settings file with the paths inside, and every secret in a file."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from exporter.settings import Settings, database_url, secret
from provisioning import ack_link, alertmanager, contact, grafana, grafana_kinds, relay
from provisioning.document import document
from provisioning.endpoints import compose
from provisioning.imported import kept
from provisioning.prometheus import CA_FILE, PASSWORD_FILE
from provisioning.stack import StackError
from provisioning.stack import secret as passwords
from provisioning.stack.port import Port
from provisioning.stack.postgres import ADMIN, OWNER, READER, VIEWER, Cluster

SECRETS: Final = "/run/secrets"
STATES: Final = "/run/states"
CHANNELS: Final = "/run/channels"
CONFIG: Final = "/etc/watchfloor"
IMPORTS: Final = "config/imports"
STATE_FILE: Final = "/var/lib/watchfloor/state.json"
DATABASE: Final = "watchfloor_demo"
KEY_FILE: Final = "exporter_key.pem"
URL_FILE: Final = "database_url"
CHANNELS_FILE: Final = "channel_secrets"
WEBHOOK_FILE: Final = "webhook_url"
ACK_PASSWORD_FILE: Final = "acknowledgement_password"  # noqa: S105 - the name of a file
ADMIN_FILE: Final = "grafana_admin"
GRAFANA_FILE: Final = "grafana_environment"
OPTIONAL: Final = (
    *alertmanager.SECRET_FILES,
    WEBHOOK_FILE,
    CHANNELS_FILE,
    ack_link.KEY_FILE,
    ACK_PASSWORD_FILE,
    PASSWORD_FILE,
    CA_FILE,
    KEY_FILE,
)
"""Secrets that need not be configured; Compose wants their files all the same."""

GENERATED: Final = (ADMIN_FILE, *(f"postgres_{user}" for user in (ADMIN, OWNER, READER, VIEWER)))
ONLY_HERE: Final = ("localhost", "127.0.0.1", "::1", "")


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the containers' files are on the host: nobody else can enter it, containers can read what they are given."""

    path: Path

    @property
    def secrets(self) -> Path:
        """One file a secret."""
        return self.path / "secrets"

    def prepare(self) -> None:
        """Make the folders."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            for name in ("config", "secrets", "states", "channels"):
                (self.path / name).mkdir(exist_ok=True)
                (self.path / name).chmod(0o755)
        except OSError as error:
            raise StackError(
                f"cannot make {error.filename}: {error.strerror}; run as the user who started it"
            ) from None

    def put(self, name: str, content: str | bytes) -> None:
        """Write a file that containers read under accounts of their own; one that is right already stays as it is."""
        path = self.path / name
        data = content.encode() if isinstance(content, str) else content
        try:
            if not path.exists() or path.read_bytes() != data:
                # A container has mounted this very file, so its content is replaced and not the file.
                path.touch(mode=0o644)
                path.chmod(0o644)
                path.write_bytes(data)
            path.chmod(0o444)
        except OSError as error:
            raise StackError(f"cannot write {path}: {error.strerror}; run as the user who started the stack") from None

    def digest(self, generated: Mapping[str, bytes]) -> str:
        """Changes with everything that asks for new containers: their settings, their secrets, their generated files."""
        digest = hashlib.sha256()
        for path in sorted(path for path in self.path.rglob("*") if path.is_file()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        for name, content in sorted(generated.items()):
            digest.update(name.encode() + b"\0" + content + b"\0")
        return digest.hexdigest()[:16]


def write(folder: Folder, settings: Settings, environment: Mapping[str, str]) -> None:
    """Write everything that is mounted into containers. Raises SettingsError when a file that the settings name is missing."""
    reader = reader_url(folder, settings)
    folder.prepare()
    for name, content in _secrets(folder, settings, environment, reader).items():
        folder.put(f"secrets/{name}", content)
    for place, files in (("states", _states(settings, environment)), ("channels", _channels(settings, environment))):
        for name in _old(folder.path / place, files):
            (folder.path / place / name).unlink()
        for name, content in files.items():
            folder.put(f"{place}/{name}", content)
    mapping = settings.database.mapping
    if mapping is not None:
        try:
            folder.put("config/mapping.yml", mapping.read_bytes())
        except OSError as error:
            raise StackError(f"database.mapping: cannot read {mapping}: {error.strerror}") from None
    _imports(folder, kept(settings))
    folder.put("config/watchfloor.yml", document(inside(settings, environment)))


def _imports(folder: Folder, files: Mapping[str, bytes]) -> None:
    """What was imported, for the container that generates; what is there no more goes."""
    place = folder.path / IMPORTS
    for path in sorted(place.rglob("*")):
        if path.is_file() and path.relative_to(place).as_posix() not in files:
            path.unlink()
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        folder.put(f"{IMPORTS}/{name}", content)


def reader_url(folder: Folder, settings: Settings) -> str:
    """The database as containers reach it: the user's own, or the demo's."""
    own = database_url(settings)
    if own is None:
        folder.prepare()
        return Cluster(folder.path, folder.secrets, Port(5432, "", "postgres")).url(READER, DATABASE)
    url = urlsplit(own)
    if not url.scheme.startswith("postgres"):
        raise StackError(
            f"a container cannot read a {url.scheme.partition('+')[0]} database of this machine; give a PostgreSQL URL, "
            "or leave out --runtime compose"
        )
    if (url.hostname or "") in ONLY_HERE:
        raise StackError(
            f"a container cannot reach the database at {url.hostname or 'a unix socket'}, which is the container itself; "
            "write host.docker.internal instead and let PostgreSQL listen there, or leave out --runtime compose"
        )
    return own


def viewer_url(folder: Folder, settings: Settings) -> str | None:
    """The database as tables on dashboards see it: the demo's views, or what the user has made for them."""
    if database_url(settings) is None:
        return Cluster(folder.path, folder.secrets, Port(5432, "", "postgres")).url(VIEWER, DATABASE)
    path = settings.database.viewer_url_file
    return secret(path, "database.viewer_url_file") if path is not None else None


def inside(settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
    """The settings as they hold inside a container; no secret is in them."""
    content: dict[str, Any] = settings.model_dump(mode="json")
    database, exporter = content["database"], content["exporter"]
    database.update(url=None, url_file=f"{SECRETS}/{URL_FILE}", viewer_url_file=None)
    if database["mapping"]:
        database["mapping"] = f"{CONFIG}/mapping.yml"
    content["relay"].update(host="0.0.0.0", port=9882)  # noqa: S104 - published nowhere
    content["imports"]["directory"] = f"{CONFIG}/imports"
    exporter.update(host="0.0.0.0", port=9877, state_file=STATE_FILE)  # noqa: S104 - published on the loopback only
    content["deadman"].update(host="0.0.0.0", port=9880)  # noqa: S104 - published nowhere
    content["acknowledgement"]["port"] = 9881
    if content["acknowledgement"]["password_file"]:
        content["acknowledgement"]["password_file"] = f"{SECRETS}/{ACK_PASSWORD_FILE}"
    if exporter["basic_auth"]:
        exporter["basic_auth"]["password_file"] = f"{SECRETS}/{PASSWORD_FILE}"
    if exporter["tls"]:
        exporter["tls"] = {"cert_file": f"{SECRETS}/{CA_FILE}", "key_file": f"{SECRETS}/{KEY_FILE}"}
    _alerting(content["alerting"], environment)
    for index, source in enumerate(content["states"]):
        if source["redis"]:
            source["redis"]["url_file"] = f"{STATES}/redis_url_{index}"
        elif source["http"]["token_file"]:
            source["http"]["token_file"] = f"{STATES}/token_{index}"
    # Another Grafana is nothing for a container, and its address may carry a password.
    del content["stack"]["directory"], content["stack"]["output"], content["grafana"]
    return content


def _alerting(alerting: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Secrets of the ways to people, as files inside."""
    if alerting["smtp_password_file"]:
        alerting["smtp_password_file"] = f"{SECRETS}/{contact.SMTP_FILE}"
    if alerting["slack_webhook_url_file"] or environment.get("SLACK_WEBHOOK_URL", "").strip():
        alerting["slack_webhook_url_file"] = f"{SECRETS}/{contact.SLACK_FILE}"
    if alerting["webhook_url_file"]:
        alerting["webhook_url_file"] = f"{SECRETS}/{WEBHOOK_FILE}"
    for channel in alerting["channels"]:
        if channel["kind"] != "email":
            # Only the relay reads such a file; of the others the private copy of alertmanager.yml has the secret.
            channel.update(secret_file=f"{CHANNELS}/{channel['name']}", secret_variable="")


def _secrets(folder: Folder, settings: Settings, environment: Mapping[str, str], reader: str) -> dict[str, str]:
    """Name and content of every secret of the Compose file."""
    given = alertmanager.secrets(settings, environment, compose())
    if settings.exporter.tls is not None:
        given[KEY_FILE] = secret(settings.exporter.tls.key_file, "exporter.tls.key_file") + "\n"
    if settings.alerting.webhook_url_file is not None:
        given[WEBHOOK_FILE] = secret(settings.alerting.webhook_url_file, "alerting.webhook_url_file")
    if settings.acknowledgement.serve:
        # The key of the native stack: links that are made on this machine open the page in the container.
        given[ack_link.KEY_FILE] = passwords.generated(folder.path.parent / "secrets" / ack_link.KEY_FILE) + "\n"
        if (file := settings.acknowledgement.password_file) is not None:
            given[ACK_PASSWORD_FILE] = secret(file, "acknowledgement.password_file") + "\n"
    channels = [channel for channel in settings.alerting.channels if channel.kind != "email"]
    if channels:
        content = {channel.name: contact.channel_secret(channel, environment) for channel in channels}
        given[CHANNELS_FILE] = document(content).decode()
    viewer = viewer_url(folder, settings)
    variables = grafana.environment(compose(), Path("/generated/grafana/dashboards"), viewer)
    variables |= grafana_kinds.environment(settings, environment)
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items())]
    made = {name: passwords.generated(folder.secrets / name) + "\n" for name in GENERATED}
    return {**dict.fromkeys(OPTIONAL, ""), **given, **made, URL_FILE: f"{reader}\n", GRAFANA_FILE: "".join(lines)}


def _states(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Secrets of the state sources, by the place of the source in the settings."""
    files = {}
    for index, source in enumerate(settings.states):
        place = f"states.{index}"
        if source.redis is not None:
            path = source.redis.url_file
            url = secret(path, f"{place}.redis.url_file") if path else environment.get("REDIS_URL", "").strip()
            files[f"redis_url_{index}"] = url
        elif source.http is not None and source.http.token_file is not None:
            files[f"token_{index}"] = secret(source.http.token_file, f"{place}.http.token_file")
    return files


def _channels(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Secrets of the channels that go through the relay."""
    return {channel.name: contact.channel_secret(channel, environment) for channel in relay.relayed(settings)}


def _old(folder: Path, wanted: Iterable[str]) -> list[str]:
    return sorted({path.name for path in folder.iterdir()} - set(wanted))
