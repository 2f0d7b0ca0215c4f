"""What the three commands share: from settings to a plan, and errors with their own exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from exporter.settings import Settings
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

    from exporter.settings import load
    from generator.apply import desired, fingerprint
    from generator.apply.connection import Api, target

    settings = load(options.config)
    place = target(settings, os.environ, options.url)
    out = options.out or settings.stack.output
    variables = _variables(settings, os.environ)
    wanted = desired.read(out, variables, settings.grafana.owner)
    known = fingerprint.load(settings.stack.directory / "apply", place, settings.grafana.owner)
    return Work(Api(place), wanted, settings.grafana.owner, known, settings.grafana.editable)


def _variables(settings: Settings, given: Mapping[str, str]) -> dict[str, str]:
    """What the files name: the variables that Grafana's own process would get from us, and those of this process, which win."""
    from exporter.settings import secret
    from provisioning import grafana, grafana_kinds
    from provisioning.endpoints import endpoints

    channels = grafana_kinds.environment(settings, given)
    viewer = settings.database.viewer_url_file
    if viewer is None:
        return {**channels, **given}
    url = secret(viewer, "database.viewer_url_file")
    return {**channels, **grafana.environment(endpoints(settings, "native"), settings.stack.output, url), **given}
