"""`watchfloor silences`: known issues and planned work of the settings, brought to Alertmanager."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from exporter.settings import Settings


@click.group("silences", short_help="Known issues and planned work, as code.")
def command() -> None:
    """Silences and single maintenance windows of the settings (`silences:`, `maintenance:`) in Alertmanager.

    \b
    Examples:
      watchfloor silences apply
      watchfloor silences list
    """


@command.command("apply")
@click.pass_context
def apply(ctx: click.Context) -> None:
    """Make, change and end silences until Alertmanager has those of the settings; what people made by hand stays.

    Ends with exit code 1 when a silence of the settings has expired, or names no alert of the catalogue.

    \b
    Example:
      watchfloor silences apply
    """
    from provisioning.silence import of
    from provisioning.suppression import Outcome, unknown
    from provisioning.suppression import apply as bring

    settings = _settings(ctx)
    results = bring(settings, of(settings), datetime.now(UTC))
    for result in results:
        click.echo(str(result))
    wrong = list(unknown(settings, _alerts(settings)))
    for words in wrong:
        click.echo(words, err=True)
    if not results:
        click.echo("the settings have no silences, and Alertmanager has none of ours")
    ctx.exit(1 if wrong or any(one.outcome is Outcome.EXPIRED for one in results) else 0)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print records for machines.")
@click.pass_context
def listing(ctx: click.Context, *, as_json: bool) -> None:
    """Show every silence that holds or will, with its owner and its end; and those of the settings that have expired.

    Ends with exit code 1 when a silence of the settings has expired.

    \b
    Example:
      watchfloor silences list --json
    """
    from provisioning.acknowledgement import is_acknowledgement
    from provisioning.silence import of
    from provisioning.suppression import expired, name_of

    settings = _settings(ctx)
    silences = [one for one in of(settings).silences() if one.live and not is_acknowledgement(one)]
    ended = expired(settings, datetime.now(UTC))
    rows = [
        {
            "name": name_of(one),
            "matchers": [str(match) for match in one.matchers],
            "owner": one.by,
            "comment": one.comment,
            "start": one.start.isoformat(),
            "end": one.end.isoformat(),
            "state": one.state,
        }
        for one in silences
    ]
    if as_json:
        click.echo(json.dumps({"silences": rows, "expired": [one.name for one in ended]}, indent=2))
    else:
        for row in rows:
            by = f"{row['name']}, " if row["name"] else "made by hand, "
            click.echo(
                f"{', '.join(row['matchers'] or [])}: {row['state']} until {row['end']} ({by}{row['owner']}: {row['comment']})"
            )
        for one in ended:
            click.echo(str(one))
        if not rows and not ended:
            click.echo("nothing is silenced")
    ctx.exit(1 if ended else 0)


def _settings(ctx: click.Context) -> Settings:
    from exporter.settings import load

    path: Path | None = ctx.obj["config"]
    settings = load(path)
    if settings.alerting.engine != "prometheus":
        raise click.ClickException(
            "Grafana notifies of the alerts: it has silences of its own, and those of the settings as mute timings"
        )
    return settings


def _alerts(settings: Settings) -> set[str]:
    import alerts

    return {alert.name for group in alerts.build(settings) for alert in group.alerts}
