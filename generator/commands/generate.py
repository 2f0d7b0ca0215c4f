"""`watchfloor generate`: write every file of the stack, or say what would change."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Directory to write to; default: stack.output."
)
@click.option("--check", is_flag=True, help="Write nothing; show what would change and exit 1 if anything would.")
@click.option(
    "--runtime", type=click.Choice(["native", "compose"]), default="native", show_default=True, help="What runs it."
)
@click.option(
    "--target",
    type=click.Choice(["files", "kubernetes", "portable"]),
    default="files",
    show_default=True,
    help="Files for the stack, manifests for a cluster, or dashboards for any Grafana by hand.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@click.pass_context
def command(context: click.Context, *, out: Path | None, check: bool, runtime: str, target: str, as_json: bool) -> None:
    """Write dashboards, rules and provisioning files.

    \b
    Examples:
      watchfloor generate
      watchfloor generate --out /etc/watchfloor
      watchfloor generate --check
      watchfloor generate --target kubernetes --out manifests
    """
    import os

    from alerts.rule import CRITICAL_FOR
    from exporter.settings import load
    from generator import files, targets
    from provisioning import timing
    from provisioning.notices import notices

    settings = load((context.obj or {}).get("config"))
    place = out or targets.place(target, settings)
    made = targets.build(target, settings, place, runtime)
    changes = files.compare(place, made) if check else files.write(place, made)
    if as_json:
        listed = [{"path": change.path, "action": change.action} for change in changes]
        click.echo(
            json.dumps({"out": str(place), "files": len(made), "written": not check, "changes": listed}, indent=2)
        )
    else:
        for change in changes:
            click.echo(f"{change.action:8} {change.path}")
            if check:
                for line in files.difference(place, made, change):
                    click.echo(f"  {line}")
    what = "would change" if check else "changed"
    click.echo(f"{len(changes)} of {len(made)} files {what} in {place}.", err=True)
    for notice in (*notices(settings, os.environ), *timing.notices(settings, CRITICAL_FOR)):
        click.echo(notice, err=True)
    if check and changes:
        context.exit(1)
