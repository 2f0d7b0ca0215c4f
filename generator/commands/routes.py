"""watchfloor routes: who hears of alerts, drawn as text; `routes test` says who hears of one alert, when and why."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime

    from exporter.settings import Settings


@click.group("routes", invoke_without_command=True, short_help="Show who hears of alerts.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Draw the routing tree: an alert follows the first branch that it matches, and goes on where a branch says so.

    \b
    Examples:
      watchfloor routes
      watchfloor routes --json
      watchfloor routes test severity=critical tenant=acme
    """
    if ctx.invoked_subcommand is not None:
        return
    from generator.routes import content, lines
    from provisioning.imported_routes import with_imported
    from provisioning.notices import notices
    from provisioning.tree import tree

    settings = _settings(ctx)
    root = with_imported(tree(settings, os.environ), settings)
    if as_json:
        click.echo(json.dumps(content(root, settings, os.environ), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(lines(root, settings, os.environ)))
    for notice in notices(settings, os.environ):
        click.echo(notice, err=True)


@command.command("test", short_help="Say who hears of an alert with these labels.")
@click.argument("labels", nargs=-1, required=True, metavar="LABEL=VALUE...")
@click.option("--at", metavar="TIME", help="Moment, such as 2026-11-29T03:00+01:00; now if not given.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def test(ctx: click.Context, labels: tuple[str, ...], at: str | None, *, as_json: bool) -> None:
    """Say who hears of an alert with these labels, when and why. Exit code 1 when nobody does.

    \b
    Examples:
      watchfloor routes test alertname=CallQueueBacklog severity=critical tenant=acme
      watchfloor routes test severity=info --at 2026-11-29T03:00+01:00
    """
    from generator.routes import answer, told

    settings = _settings(ctx)
    found = told(settings, os.environ, _labels(labels), _moment(at, settings))
    if as_json:
        shown: list[dict[str, Any]] = [one.content() for one in found]
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(answer(found)))
    if not found:
        ctx.exit(1)


def _settings(ctx: click.Context) -> Settings:
    from exporter.settings import load

    return load((ctx.find_root().obj or {}).get("config"))


def _labels(given: tuple[str, ...]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{text!r} is no label; write name=value, such as severity=critical")
        if name in labels:
            raise click.UsageError(f"the label {name} is given twice; an alert has each label once")
        labels[name] = value
    return labels


def _moment(text: str | None, settings: Settings) -> datetime:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no time; write one such as 2026-11-29T03:00+01:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.time_zone))
