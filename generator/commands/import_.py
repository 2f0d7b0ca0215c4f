"""`watchfloor import`: dashboards and rules of other origin become part of this project."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from generator.importing.record import Record


@click.command(name="import", short_help="Bring in dashboards and rules that exist already, of any age and form.")
@click.argument("places", nargs=-1, required=True, metavar="FILE|DIR|-...")
@click.option("--dry-run", is_flag=True, help="Write nothing; only say what would come of it.")
@click.option(
    "--folder", metavar="NAME", help="Folder in Grafana of dashboards that name none; default: imports.folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print a record for each file as JSON.")
@click.pass_context
def command(context: click.Context, places: tuple[str, ...], dry_run: bool, folder: str | None, as_json: bool) -> None:
    """Import dashboards, Prometheus rules and Alertmanager configurations into the folder `imports`.

    Dashboards may be plain exports of any version, with __inputs or library panels, answers of Grafana's API, resources
    of Kubernetes (dashboards, ConfigMaps), of schema v2, Jsonnet with its vendor folder, or grafanalib modules
    (*.dashboard.py). They become classic dashboards of version 42 and are part of everything that is generated from
    then on. Nothing is fetched from the network. Jsonnet and modules are programs and run, with limits on time and
    memory: import only what you trust. Exit code 1 when a file was refused.

    \b
    Examples:
      watchfloor import node-exporter-full.json
      watchfloor import grafana/dashboards --dry-run
      curl -s localhost:3000/api/dashboards/uid/abc | watchfloor import -
    """
    from exporter.settings import load
    from generator.importing.command import bring

    settings = load((context.obj or {}).get("config"))
    records = bring(settings, places, folder, sys.stdin.buffer, write=not dry_run)
    refused = sum(record.status == "refused" for record in records)
    if as_json:
        click.echo(json.dumps([record.json() for record in records], indent=2))
    else:
        for record in records:
            _print(record)
    what = "would be imported" if dry_run else "imported"
    click.echo(f"{len(records) - refused} of {len(records)} files {what}, {refused} refused.", err=True)
    if refused:
        context.exit(1)


def _print(record: Record) -> None:
    reason = f": {_shown(record.reason)}" if record.reason else ""
    click.echo(f"{record.status:8} {_shown(record.file)}{reason}")
    for made in record.made:
        click.echo(f"  {made.path}  {_shown(made.title)}")
    for line in record.changes:
        click.echo(f"    changed: {_shown(line)}")
    for line in record.attention:
        click.echo(f"    look at: {_shown(line)}")


def _shown(text: str) -> str:
    """A text of someone else on one line of a terminal: what would steer the terminal is written out."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
