"""`watchfloor apply`: bring what is generated to a Grafana."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from generator.apply.plan import Plan
    from generator.apply.run import Result
    from generator.apply.work import Work


@click.command(short_help="Bring what is generated to a Grafana.")
@click.option("--url", help="Address of Grafana.  [default: grafana.url or GRAFANA_URL]")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Generated files.  [default: stack.output]"
)
@click.option("--prune", is_flag=True, help="Remove what is ours and no file makes any more.")
@click.option("--adopt", is_flag=True, help="Take over objects of others that have our keys.")
@click.option("--secrets", is_flag=True, help="Send secrets again, since Grafana does not show them.")
@click.option("--dry-run", is_flag=True, help="Only show the plan; exit codes as those of plan.")
@click.option("--json", "as_json", is_flag=True, help="Print plan and outcome for machines.")
@click.pass_context
def command(
    context: click.Context,
    *,
    url: str | None,
    out: Path | None,
    prune: bool,
    adopt: bool,
    secrets: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send to a Grafana what `watchfloor plan` shows, and nothing else; each change is read back.

    What is ours is listed in a dashboard of that Grafana; nothing else is touched. While something of others is in the way
    nothing is sent at all. When a step fails the others go on; run it again to do the rest.

    \b
    Who asks: GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD, or files named in the settings.
    Exit codes: 0 applied or no change, 1 changes pending (--dry-run), 2 wrong usage, 3 an error.

    \b
    Examples:
      watchfloor generate && watchfloor apply --url https://grafana.example.org
      watchfloor apply --prune --dry-run
    """
    from generator.apply.work import CHANGES, FAILED, Options, failing, prepare

    with failing():
        from generator.apply import report
        from generator.apply.plan import Wishes
        from generator.apply.run import Outcome

        work = prepare(Options((context.obj or {}).get("config"), out, url))
        plan = work.plan(Wishes(adopt=adopt, prune=prune, secrets=secrets))
        if not as_json and (dry_run or plan.blocked):
            for line in report.lines(plan):
                click.echo(line)
        results = () if dry_run or plan.blocked else _apply(work, plan, quiet=as_json)
        if as_json:
            click.echo(json.dumps(report.as_json(plan, results), indent=2, default=str))
        for note in plan.notes:
            click.echo(f"note: {note}", err=True)
    failures = sum(result.outcome is not Outcome.DONE for result in results)
    if dry_run:
        click.echo(report.summary(plan), err=True)
        context.exit(CHANGES if plan.pending or plan.blocked else 0)
    if plan.blocked:
        click.echo(f"Nothing was sent: {len(plan.blocked)} blocked.", err=True)
        context.exit(FAILED)
    if failures:
        click.echo(
            f"{len(results) - failures} of {len(results)} changes were made; run apply again for the rest.", err=True
        )
        context.exit(FAILED)
    click.echo(f"Applied {len(results)} changes." if results else report.summary(plan), err=True)


def _apply(work: Work, plan: Plan, *, quiet: bool) -> tuple[Result, ...]:
    from generator.apply import report
    from generator.apply.run import apply

    def tell(result: Result) -> None:
        if not quiet:
            click.echo(report.outcome(result))

    return apply(work.api, plan, work.owner, work.known, tell)
