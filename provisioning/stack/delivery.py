"""The parts of a native stack that bring alerts to people: Alertmanager, or two of them, and the dead man's switch."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Final

from exporter.settings import Model
from provisioning import alertmanager as alertmanager_files
from provisioning.acknowledgement import served
from provisioning.deadman.channels import environment_of
from provisioning.relay import needed, relayed
from provisioning.stack import binary
from provisioning.stack.native import Place, answers, digest, inherited, listen
from provisioning.stack.port import Port
from provisioning.stack.process import Service

ALERTMANAGERS: Final = ("alertmanager", "alertmanager-2")
DEADMAN_SECRETS: Final = ("SLACK_WEBHOOK_URL",)


def alertmanager(place: Place, number: int = 0) -> Service:
    """The first or the second Alertmanager."""
    name = ALERTMANAGERS[number]
    port = place.port("second_alertmanager" if number else "alertmanager")
    url = f"http://{place.endpoints.alertmanagers[number]}"
    program = binary.alertmanager(place.directory / "packages", place.say)
    generated = str(place.output / "alertmanager" / "alertmanager.yml")
    config = alertmanager_files.config_file(place.settings, place.endpoints, generated)
    return Service(
        name=name,
        command=program.call(
            f"--config.file={config}",
            f"--storage.path={place.folder(name)}",
            f"--web.listen-address={listen(port)}",
            *alertmanager_files.flags(place.settings, place.endpoints, number),
        ),
        log=place.log(name),
        ready=answers(f"{url}/-/ready"),
        url=url,
        inherited=inherited(place.settings),
        port=port,
        account=place.account,
        version=digest(place.output / "alertmanager", *place.own_secrets(alertmanager_files.SECRET_FILES)),
    )


def optional(place: Place) -> dict[str, Callable[[], Service] | None]:
    """Parts that a stack has when its settings say so; None for those that this one has not."""
    settings = place.settings
    return {
        ALERTMANAGERS[1]: (lambda: alertmanager(place, 1)) if settings.stack.alertmanagers == 2 else None,
        "deadman": (lambda: deadman(place)) if settings.deadman.enabled and settings.deadman.url is None else None,
        "relay": (lambda: relay(place)) if needed(settings, place.endpoints) else None,
        "acknowledgements": (lambda: acknowledgements(place)) if served(settings) else None,
    }


def deadman(place: Place) -> Service:
    """The dead man's switch. It may see the secrets by which it reaches people."""
    options = place.settings.deadman
    url = f"http://{place.endpoints.deadman}"
    secrets = {name: os.environ[name] for name in DEADMAN_SECRETS if name in os.environ}
    secrets |= environment_of(os.environ, place.settings.alerting.channels)
    return Service(
        name="deadman",
        command=place.command("deadman"),
        log=place.log("deadman"),
        ready=answers(f"{url}/health"),
        url=url,
        environment=secrets,
        inherited=inherited(place.settings),
        port=Port(options.port, "deadman.port", options.host),
        version=_digest_of(place.settings.alerting, options),
    )


def relay(place: Place) -> Service:
    """The relay to mail servers, Slack bots, Teams and SMS gateways. It may see the secrets of its channels."""
    options = place.settings.relay
    url = f"http://{place.endpoints.relay}"
    names = {channel.secret_variable for channel in relayed(place.settings)}
    return Service(
        name="relay",
        command=place.command("relay"),
        log=place.log("relay"),
        ready=answers(f"{url}/health"),
        url=url,
        environment={name: os.environ[name] for name in sorted(names) if name in os.environ},
        inherited=inherited(place.settings),
        port=Port(options.port, "relay.port", options.host),
        version=_digest_of(place.settings.alerting, options, place.settings.deadman),
    )


def acknowledgements(place: Place) -> Service:
    """The page on which people say that they look at an alert."""
    options, host = place.settings.acknowledgement, place.settings.stack.host
    port = Port(options.port, "acknowledgement.port", host)
    url = f"http://{listen(port)}"
    return Service(
        name="acknowledgements",
        command=place.command("ack", "--serve"),
        log=place.log("acknowledgements"),
        ready=answers(f"{url}/health"),
        url=f"{url}/ack",
        inherited=inherited(place.settings),
        port=port,
        version=_digest_of(options, place.settings.alerting, place.settings.stack),
    )


def _digest_of(*sections: Model) -> str:
    return hashlib.sha256("".join(section.model_dump_json() for section in sections).encode()).hexdigest()
