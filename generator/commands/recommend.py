"""`watchfloor recommend`: what should be done, from the rows, with the reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from exporter.recommend import Advice

COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


@click.command(name="recommend", short_help="Say what should be done, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print the records for machines.")
@click.option(
    "--priority",
    type=click.Choice(["critical", "high", "medium", "low"]),
    default="low",
    show_default=True,
    help="Leave out what matters less.",
)
@click.option("--tenant", "tenants", metavar="NAME", multiple=True, help="Only this tenant; may be given again.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool, priority: str, tenants: tuple[str, ...]) -> None:
    """Look at the rows of the last days by fixed rules, and say what should be done: the most urgent first.

    Each record has an id that stays the same as long as the advice stands, a priority, a category, the part that it is
    about, what will happen, how sure that is, what to do, what is gained, and the numbers that it rests on. The same rows
    at the same instant give the same records. Rules whose columns are not mapped are named, not guessed.

    Ends with exit code 1 when there is something to do.

    \b
    Examples:
      watchfloor recommend
      watchfloor recommend --priority high --tenant harbor-dental
      watchfloor recommend --json | jq '.recommendations[] | {id, why}'
    """
    from exporter.mapping import load as load_mapping
    from exporter.recommend.once import look
    from exporter.settings import load, required_url
    from exporter.sources.database import connect

    settings = load(ctx.obj["config"])
    database = connect(required_url(settings), settings.database.connect_timeout)
    try:
        at, advice = look(settings, load_mapping(settings.database), database)
    finally:
        database.close()
    advice = advice.only(priority, tenants)
    if as_json:
        found = [record.plain() for record in advice.records]
        said = {"at": at.isoformat(), "looked_at": advice.looked, "recommendations": found, "not_asked": advice.unasked}
        click.echo(json.dumps(said, indent=2))
    else:
        _print(advice)
    ctx.exit(1 if advice.records else 0)


def _print(advice: Advice) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    for one in advice.records:
        console.print(
            f"[{COLOURS[one.priority]}]{one.priority.upper()}[/] [bold]{escape(one.title)}[/]  {escape(one.id)}"
        )
        console.print(f"  Why: {escape(one.why)}")
        console.print(
            f"  Expected: {one.issue} ({one.confidence:.0%} sure; {one.category.replace('_', ' ')}, {one.component})"
        )
        console.print(f"  Do: {one.action}")
        console.print(f"  Gain: {one.impact}\n")
    for name, reason in advice.unasked.items():
        console.print(f"Not asked: {name}, because {escape(reason)}.")
    count = len(advice.records)
    console.print(f"{count} recommendation{'' if count == 1 else 's'} from {advice.looked} things looked at.")
