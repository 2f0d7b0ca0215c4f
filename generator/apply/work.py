"""What the three commands share: from settings to a plan, and errors with their own exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from generator.apply.connection import Api
    from generator.apply.desired import Desired
    from generator.apply.fingerprint import Fingerprints
    from generator.apply.plan import Plan, Wishes

CHANGES: Final = 1
FAILED: Final = 3


class Failure(click.ClickException):
    """An error of plan, apply or pull, in one sentence."""

    exit_code = FAILED


@contextmanager
def failing() -> Iterator[None]:
    """Our own errors end with code 3, so that code 1 always means that there are changes."""
    from generator.cli import is_for_user

    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:
        if is_for_user(error):
            raise Failure(str(error)) from error
        raise


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of both sides."""

    config: Path | None
    out: Path | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """The two sides, and what is known of secrets."""

    api: Api
    desired: Desired
    owner: str
    known: Fingerprints
    editable: bool

    def plan(self, wishes: Wishes) -> Plan:
        """Compare them."""
        from generator.apply.plan import build

        return build(self.api, self.desired, self.owner, wishes, self.known, editable=self.editable)


def prepare(options: Options) -> Work:
    """Both sides, ready to be compared."""
    import os

    from exporter.settings import load, secret
    from generator.apply import desired, fingerprint
    from generator.apply.connection import Api, target
    from provisioning import grafana
    from provisioning.endpoints import endpoints

    settings = load(options.config)
    place = target(settings, os.environ, options.url)
    out = options.out or settings.stack.output
    viewer = settings.database.viewer_url_file
    environment = dict(os.environ)
    if viewer is not None:
        url = secret(viewer, "database.viewer_url_file")
        environment = grafana.environment(endpoints(settings, "native"), out, url) | environment
    wanted = desired.read(out, environment, settings.grafana.owner)
    known = fingerprint.load(settings.stack.directory / "apply", place, settings.grafana.owner)
    return Work(Api(place), wanted, settings.grafana.owner, known, settings.grafana.editable)
