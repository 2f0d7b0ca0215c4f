"""What containers are given: settings that hold inside, secrets in files that only their container and their owner can read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from exporter.settings import Settings, SettingsError, load
from provisioning import container
from provisioning.container import Folder
from provisioning.stack import StackError

NO_ENVIRONMENT: dict[str, str] = {}
SECRET = "hunter2-very-secret"


def settings(tmp_path: Path, text: str = "") -> Settings:
    """Settings from the text of a file."""
    file = tmp_path / "watchfloor.yml"
    file.write_text(text)
    return load(file, NO_ENVIRONMENT)


def written(tmp_path: Path, text: str = "", **environment: str) -> Folder:
    """The folder after everything was written."""
    folder = Folder(tmp_path / "stack" / "compose")
    container.write(folder, settings(tmp_path, text), environment)
    return folder


def full(tmp_path: Path) -> str:
    """Settings with every kind of file and secret in them."""
    for name in ("password", "cert", "key", "token", "mapping"):
        (tmp_path / name).write_text(f"{SECRET}-{name}")
    (tmp_path / "hook").write_text(f"https://example.org/{SECRET}")
    (tmp_path / "viewer").write_text(f"postgresql://viewer:{SECRET}-viewer@db.example.org:5433/app?sslmode=require")
    return f"""
        database:
          url: "postgresql://me:{SECRET}@db.example.org:5433/app?sslmode=require"
          mapping: {tmp_path}/mapping
          viewer_url_file: {tmp_path}/viewer
        exporter:
          basic_auth: {{username: me, password_file: {tmp_path}/password}}
          tls: {{cert_file: {tmp_path}/cert, key_file: {tmp_path}/key}}
        alerting:
          smtp_password_file: {tmp_path}/password
          webhook_url_file: {tmp_path}/hook
        states:
          - metric: websocket_connections
            http: {{url: "http://api.example.org/stats", token_file: {tmp_path}/token}}
          - metric: queue_depth
            labels: {{queue: jobs}}
            redis: {{key: jobs}}
    """


def test_the_settings_inside_are_valid_and_name_only_files_inside(tmp_path: Path) -> None:
    """A container reads the same settings, with its own paths."""
    folder = written(tmp_path, full(tmp_path), SLACK_WEBHOOK_URL=f"https://example.com/{SECRET}")
    inside = load(folder.path / "config/watchfloor.yml", NO_ENVIRONMENT)
    assert inside.exporter.host == "0.0.0.0"
    assert inside.database.url is None
    assert str(inside.database.url_file) == "/run/secrets/database_url"
    assert inside.exporter.basic_auth is not None
    assert str(inside.exporter.basic_auth.password_file) == "/run/secrets/exporter_password"
    assert str(inside.alerting.slack_webhook_url_file) == "/run/secrets/slack_webhook_url"
    assert inside.alerting.webhook_url_file is not None
    assert str(inside.database.mapping) == "/etc/watchfloor/mapping.yml"
    assert (folder.path / "config/mapping.yml").read_text() == f"{SECRET}-mapping"
    assert str(tmp_path) not in (folder.path / "config/watchfloor.yml").read_text()


def test_no_secret_is_in_the_settings(tmp_path: Path) -> None:
    """Whoever sees the settings file of a container learns no password."""
    folder = written(tmp_path, full(tmp_path), SLACK_WEBHOOK_URL=f"https://example.com/{SECRET}", REDIS_URL=SECRET)
    assert SECRET not in (folder.path / "config/watchfloor.yml").read_text()


def test_every_secret_is_in_its_file(tmp_path: Path) -> None:
    """Secrets that were given as a value, a variable or a file all arrive as files."""
    folder = written(tmp_path, full(tmp_path), SLACK_WEBHOOK_URL=f"https://example.com/{SECRET}", REDIS_URL=SECRET)
    read = {path.name: path.read_text() for path in folder.secrets.iterdir()}
    assert read["database_url"] == f"postgresql://me:{SECRET}@db.example.org:5433/app?sslmode=require\n"
    assert read["slack_webhook_url"].strip() == f"https://example.com/{SECRET}"
    assert read["smtp_password"].strip() == read["exporter_password"].strip() == f"{SECRET}-password"
    assert f"https://example.org/{SECRET}" in read["alertmanager.yml"]
    assert f"WATCHFLOOR_POSTGRES_PASSWORD={SECRET}-viewer\n" in read["grafana_environment"]
    states = {path.name: path.read_text() for path in (folder.path / "states").iterdir()}
    assert states == {"token_0": f"{SECRET}-token", "redis_url_1": SECRET}


def test_only_the_owner_enters_and_every_container_reads(tmp_path: Path) -> None:
    """The folder is 0700; the files in it can be read under any account that they are mounted for."""
    folder = written(tmp_path, full(tmp_path))
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.path.rglob("*") if path.is_file()}
    assert modes == {0o444}


def test_links_made_on_this_machine_open_the_page_in_the_container(tmp_path: Path) -> None:
    """Its container has the key that signs them here, and the password; without the page nobody is given either."""
    (tmp_path / "password").write_text(SECRET)
    page = f"acknowledgement: {{serve: true, port: 19881, password_file: {tmp_path}/password}}"
    folder = written(tmp_path, page)
    key = (tmp_path / "stack/secrets/acknowledgement_key").read_text()
    assert (folder.secrets / "acknowledgement_key").read_text() == key
    assert (folder.secrets / "acknowledgement_password").read_text().strip() == SECRET
    inside = load(folder.path / "config/watchfloor.yml", NO_ENVIRONMENT).acknowledgement
    assert inside.port == 9881
    assert str(inside.password_file) == "/run/secrets/acknowledgement_password"
    assert not (written(tmp_path).secrets / "acknowledgement_key").read_text()


def test_secrets_that_are_not_configured_are_empty_files(tmp_path: Path) -> None:
    """Compose needs every file that it names, and passwords of our own are made."""
    folder = written(tmp_path)
    empty = {path.name for path in folder.secrets.iterdir() if not path.stat().st_size}
    assert empty == set(container.OPTIONAL)


def test_passwords_stay_when_written_again(tmp_path: Path) -> None:
    """A second start finds its database and its Grafana open to the same passwords, and asks for no new containers."""
    folder = written(tmp_path)
    before = {path.name: path.read_text() for path in folder.secrets.iterdir()}
    digest = folder.digest({})
    written(tmp_path)
    assert {path.name: path.read_text() for path in folder.secrets.iterdir()} == before
    assert folder.digest({}) == digest


def test_a_changed_setting_asks_for_new_containers(tmp_path: Path) -> None:
    """Containers read their settings at start, so a change must replace them."""
    digest = written(tmp_path).digest({})
    assert written(tmp_path, "retention_days: 7").digest({}) != digest
    assert written(tmp_path).digest({"prometheus/prometheus.yml": b"new"}) != digest


def test_a_removed_state_source_leaves_no_secret_behind(tmp_path: Path) -> None:
    """What is no longer configured is no longer on the disk."""
    written(tmp_path, full(tmp_path))
    folder = written(tmp_path)
    assert list((folder.path / "states").iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", ""])
def test_a_database_on_the_loopback_is_refused(tmp_path: Path, host: str) -> None:
    """A container has a loopback of its own; the message says what to write instead, and no password."""
    with pytest.raises(StackError, match=r"host\.docker\.internal") as error:
        written(tmp_path, f'database: {{url: "postgresql://me:{SECRET}@{host}/app"}}')
    assert SECRET not in str(error.value)


def test_a_file_database_is_refused(tmp_path: Path) -> None:
    """SQLite is a file of this machine."""
    with pytest.raises(StackError, match="cannot read a sqlite database"):
        written(tmp_path, f'database: {{url: "sqlite:///{tmp_path}/app.db"}}')


def test_a_missing_secret_file_is_told(tmp_path: Path) -> None:
    """The message names the setting and the file."""
    text = f"alerting: {{smtp_password_file: {tmp_path}/missing}}"
    with pytest.raises(SettingsError, match=r"alerting\.smtp_password_file: cannot read .*missing"):
        written(tmp_path, text)


def test_what_was_imported_is_in_the_container(tmp_path: Path) -> None:
    """As it is in the project; a file that was deleted there goes."""
    imports = tmp_path / "imports"
    for name in ("dashboards/a.json", "rules/b.yml", "notes.txt", "index.json"):
        (imports / name).parent.mkdir(parents=True, exist_ok=True)
        (imports / name).write_text(name)
    text = f"imports: {{directory: {imports}}}"
    folder = written(tmp_path, text)
    place = folder.path / "config/imports"
    assert (
        str(load(folder.path / "config/watchfloor.yml", NO_ENVIRONMENT).imports.directory) == "/etc/watchfloor/imports"
    )
    assert {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()} == {
        "dashboards/a.json", "rules/b.yml", "index.json",
    }  # fmt: skip
    (imports / "rules/b.yml").unlink()
    written(tmp_path, text)
    assert not (place / "rules/b.yml").exists()
