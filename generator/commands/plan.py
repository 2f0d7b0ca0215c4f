"""`watchfloor plan`: what apply would change in a Grafana."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(short_help="Show what apply would change in a Grafana.")
@click.option("--url", help="Address of Grafana.  [default: grafana.url or GRAFANA_URL]")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Generated files.  [default: stack.output]"
)
@click.option("--prune", is_flag=True, help="Remove what is ours and no file makes any more.")
@click.option("--adopt", is_flag=True, help="Take over objects of others that have our keys.")
@click.option("--secrets", is_flag=True, help="Send secrets again, since Grafana does not show them.")
@click.option("--full", is_flag=True, help="Show every change of an object, however many there are.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan for machines.")
@click.pass_context
def command(
    context: click.Context,
    *,
    url: str | None,
    out: Path | None,
    prune: bool,
    adopt: bool,
    secrets: bool,
    full: bool,
    as_json: bool,
) -> None:
    """Compare the generated files with a Grafana and show what `watchfloor apply` would change. Nothing is sent.

    Folders, data sources, library panels, dashboards, templates, mute timings, contact points, policies and rule groups
    are compared by what they mean. + create, ~ update, & adopt, - delete, ? left over, ! blocked.

    \b
    Who asks: GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD, or files named in the settings.
    Exit codes: 0 no change, 1 changes pending, 2 wrong usage, 3 an error.

    \b
    Examples:
      watchfloor generate && watchfloor plan --url https://grafana.example.org
      watchfloor plan --prune --json | jq '.steps[]'
    """
    from generator.apply.work import CHANGES, Options, failing, prepare

    with failing():
        from generator.apply import report
        from generator.apply.plan import Wishes

        work = prepare(Options((context.obj or {}).get("config"), out, url))
        plan = work.plan(Wishes(adopt=adopt, prune=prune, secrets=secrets))
        if as_json:
            click.echo(json.dumps(report.as_json(plan), indent=2, default=str))
        else:
            for line in report.lines(plan, full=full):
                click.echo(line)
        for note in plan.notes:
            click.echo(f"note: {note}", err=True)
        click.echo(report.summary(plan), err=True)
    if plan.pending or plan.blocked:
        context.exit(CHANGES)
