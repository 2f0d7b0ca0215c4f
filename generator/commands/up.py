"""`watchfloor up`: start the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from generator.options import runtime as runtime_option

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from exporter.settings import Settings
    from provisioning.stack import Part


@click.command("up")
@runtime_option("Plain processes, or Docker Compose.")
@click.option(
    "--calls", type=click.IntRange(min=0), help="Calls in the demo history.  [default: the setting demo.calls]"
)
@click.option(
    "--alertmanagers",
    type=click.IntRange(1, 2),
    help="Number of Alertmanagers; of two, one may be lost.  [default: the setting stack.alertmanagers]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="Seconds to wait for the first metrics.",
)
@click.pass_obj
def command(
    obj: dict[str, Path | None], runtime: str, calls: int | None, alertmanagers: int | None, timeout: float
) -> None:
    """Start the whole stack and prove that metrics arrive in Prometheus.

    On a demo database of its own, or on yours when ANALYTICS_DATABASE_URL is set.

    \b
    Examples:
      watchfloor up
      watchfloor up --calls 1000000
      watchfloor up --alertmanagers 2
      ANALYTICS_DATABASE_URL=postgresql://reader@127.0.0.1/app watchfloor up
    """
    from exporter.settings import load

    config = obj["config"]
    settings = load(config)
    if alertmanagers is not None:
        stack_settings = settings.stack.model_copy(update={"alertmanagers": alertmanagers})
        settings = settings.model_copy(update={"stack": stack_settings})
    if runtime == "compose":
        from generator.generate import build
        from provisioning import compose

        show(compose.up(settings, build(settings, "compose"), calls=calls, timeout=timeout))
        silence(settings)
        return
    from generator import stack

    outcome = stack.up(settings, config, say, calls=calls, timeout=timeout)
    show(outcome.parts)
    silence(settings)
    if not outcome.started:
        say("the stack was running already; nothing was started")
    say(f"{outcome.series:,} series of your data are in Prometheus")
    for part in outcome.parts:
        if part.why:
            say(f"{part.name} is not running because {part.why}")


def silence(settings: Settings) -> None:
    """Bring the silences of the settings to Alertmanager; a stack without one runs all the same."""
    from datetime import UTC, datetime

    from provisioning.silence import AlertmanagerError, of
    from provisioning.suppression import Outcome, apply

    if settings.alerting.engine != "prometheus":
        return
    try:
        results = apply(settings, of(settings), datetime.now(UTC))
    except AlertmanagerError as error:
        if settings.silences or settings.maintenance:
            say(f"silences were not made: {error}")
        return
    for result in results:
        if result.outcome is not Outcome.KEPT:
            say(f"silence {result}")


def say(text: str) -> None:
    """Tell how far we are."""
    click.echo(text, err=True)


def show(parts: Iterable[Part]) -> None:
    """Print parts, states and addresses as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("part", "state", "url")
    for part in parts:
        table.add_row(part.name, part.state.value, part.url)
    Console().print(table)
