"""`watchfloor down`: stop the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from generator.options import runtime as runtime_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command("down")
@runtime_option("What was started.")
@click.pass_obj
def command(obj: dict[str, Path | None], runtime: str) -> None:
    """Stop everything that `up` started. Data and passwords stay.

    \b
    Examples:
      watchfloor down
      watchfloor down --runtime compose
    """
    from exporter.settings import load

    settings = load(obj["config"])
    if runtime == "compose":
        from provisioning import compose

        compose.down(settings)
        return
    from generator import stack

    stopped = stack.down(settings)
    click.echo(f"stopped {', '.join(stopped)}" if stopped else "nothing was running", err=True)
