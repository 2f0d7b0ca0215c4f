"""The command line: a group whose commands are imported when they are used."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

import click

import generator.commands

PACKAGES: Final = frozenset({"exporter", "provisioning", "alerts", "dashboards", "generator"})


def is_for_user(error: Exception) -> bool:
    """Whether the message is meant for the user: our own error classes; anything else is a bug and shows its traceback."""
    return any(
        kind.__module__.partition(".")[0] in PACKAGES and kind.__name__.endswith("Error")
        for kind in type(error).__mro__
    )


class Commands(click.Group):
    """Commands found by name in `generator/commands`, each in the attribute `command` of its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names of the modules."""
        return sorted(module.name.rstrip("_") for module in iter_modules(generator.commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        # A word of the language cannot name a module: `import` is in import_.py.
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"generator.commands.{module}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run, with our own errors as one sentence and exit code 1."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if is_for_user(error):
                raise click.ClickException(str(error)) from error
            raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="watchfloor", message="%(prog)s %(version)s")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file.  [default: watchfloor.yml if it is there]"
)
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Metrics from the rows of your database, and the dashboards, alerts and stack that show them."""
    ctx.obj = {"config": config}


def main() -> None:
    """Entry point of the command `watchfloor`."""
    cli(prog_name="watchfloor")
