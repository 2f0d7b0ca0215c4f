"""`watchfloor status`: how the parts of the stack are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from generator.options import runtime as runtime_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@runtime_option("What was started.")
@click.pass_obj
def command(obj: dict[str, Path | None], as_json: bool, runtime: str) -> None:
    """Show each part with its state and address; exit code 1 when one that should run does not.

    \b
    Examples:
      watchfloor status
      watchfloor status --json
    """
    from exporter.settings import load
    from generator import stack
    from generator.commands.up import say, show

    settings = load(obj["config"])
    if runtime == "compose":
        from provisioning import compose

        parts = compose.status(settings)
    else:
        parts = stack.parts(settings.stack.directory.absolute())
    if as_json:
        click.echo(
            json.dumps(
                [{"name": part.name, "state": part.state.value, "url": part.url, "why": part.why} for part in parts]
            )
        )
    elif parts:
        show(parts)
    if not parts:
        say("the stack is not running; start it with watchfloor up")
    for part in parts:
        if part.why:
            say(f"{part.name} is not running because {part.why}")
    if not parts or not all(part.healthy for part in parts):
        raise click.exceptions.Exit(1)
