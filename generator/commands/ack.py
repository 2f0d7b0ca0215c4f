"""`watchfloor ack`: say that somebody looks at a critical alert, so that it does not go to the next level."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from exporter.settings import Settings
    from provisioning.acknowledgement import Incident
    from provisioning.silence import Alertmanager, Silence


@click.command("ack", short_help="Say that somebody looks at a critical alert.")
@click.argument("alert", required=False)
@click.argument("labels", nargs=-1, metavar="[LABEL=VALUE]...")
@click.option("--by", "who", metavar="NAME", help="Who looks at it.  [default: the account's name]")
@click.option("--comment", default="", help="What is known so far.")
@click.option("--for", "lasts", metavar="DURATION", help="How long it counts.  [default: acknowledgement.lasts]")
@click.option("--all", "everything", is_flag=True, help="All critical alerts that fire.")
@click.option("--undo", is_flag=True, help="Take the acknowledgement back.")
@click.option("--list", "listing", is_flag=True, help="Who acknowledged what, and when.")
@click.option("--json", "as_json", is_flag=True, help="Print records for machines.")
@click.pass_obj
def command(
    obj: dict[str, Path | None],
    *,
    alert: str | None,
    labels: tuple[str, ...],
    who: str | None,
    comment: str,
    lasts: str | None,
    everything: bool,
    undo: bool,
    listing: bool,
    as_json: bool,
) -> None:
    """Acknowledge a critical alert: it goes on to be shown and notified, but not to the next level of alerting.escalation.

    Without an alert: show which critical alerts fire and who looks at them. Labels choose among several of one name.
    An acknowledgement holds for this incident alone, at most for acknowledgement.lasts.

    \b
    Examples:
      watchfloor ack
      watchfloor ack CallQueueBacklog tenant=acme --by anna --comment 'dialler restarted'
      watchfloor ack --list
      watchfloor ack CallQueueBacklog --undo
    """
    from exporter.matching import Match
    from exporter.settings import load, seconds
    from provisioning.acknowledgement import acknowledge, chosen, withdraw

    settings = load(obj["config"])
    alertmanager = _alertmanager(settings)
    if listing:
        _list(alertmanager, as_json=as_json)
        return
    fires = _incidents(settings)
    if alert is None and not everything:
        _show(fires, alertmanager, as_json=as_json)
        return
    if alert is not None and everything:
        raise click.UsageError("give either an alert or --all")
    try:
        time = seconds(lasts) if lasts else settings.acknowledgement.lasts
        matchers = [Match.parse(text) for text in labels]
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    taken = chosen(fires, alert, matchers) if alert is not None else fires
    for one in taken:
        if undo:
            count = withdraw(alertmanager, one)
            click.echo(f"{_title(one)}: {'no longer acknowledged' if count else 'was not acknowledged'}")
        else:
            name, now = who or _account(), datetime.now(UTC)
            made = acknowledge(alertmanager, one, who=name, comment=comment, lasts=time, now=now)
            click.echo(f"{_title(one)}: acknowledged by {made.by} until {made.end:%Y-%m-%d %H:%M:%S} UTC")
    if not taken:
        click.echo("no critical alert fires")


def _incidents(settings: Settings) -> tuple[Incident, ...]:
    from alerts.escalation import AlertingError, began
    from provisioning.acknowledgement import incidents
    from provisioning.endpoints import native

    if settings.alerting.engine != "prometheus":
        raise AlertingError(
            "Grafana evaluates the alerts: acknowledge one there, by a silence for its name and escalation=~.+"
        )
    return incidents(f"http://{native(settings).prometheus}", began(settings))


def _alertmanager(settings: Settings) -> Alertmanager:
    from provisioning.endpoints import native
    from provisioning.silence import Alertmanager

    return Alertmanager(f"http://{native(settings).alertmanager}")


def _account() -> str:
    import getpass

    return getpass.getuser()


def _title(incident: Incident) -> str:
    where = ", ".join(f"{name}={value}" for name, value in incident.where.items())
    return f"{incident.name} ({where})" if where else incident.name


def _show(fires: Iterable[Incident], alertmanager: Alertmanager, *, as_json: bool) -> None:
    """Critical alerts that fire, with who looks at each."""
    silences = alertmanager.silences()
    rows = [(one, one.acknowledged(silences)) for one in fires]
    if as_json:
        _json(_record(one, ack) for one, ack in rows)
        return
    _table(("alert", "where", "since", "acknowledged by", "until"), [_row(one, ack) for one, ack in rows])
    if not rows:
        click.echo("no critical alert fires")


def _list(alertmanager: Alertmanager, *, as_json: bool) -> None:
    """Acknowledgements, those that have ended too."""
    from provisioning.acknowledgement import acknowledgements, incident_of

    acks = acknowledgements(alertmanager)
    if as_json:
        _json(_record(incident_of(ack), ack) for ack in acks)
        return
    rows = [
        (*_row(incident_of(ack), ack), f"{ack.start:%Y-%m-%d %H:%M:%S}", ack.comment, "holds" if ack.live else "ended")
        for ack in acks
    ]
    _table(("alert", "where", "since", "acknowledged by", "until", "at", "comment", "state"), rows)
    if not rows:
        click.echo("nothing was acknowledged")


def _row(incident: Incident, ack: Silence | None) -> tuple[str, ...]:
    where = " ".join(f"{name}={value}" for name, value in incident.where.items())
    said = (ack.by, f"{ack.end:%Y-%m-%d %H:%M:%S}") if ack else ("nobody", "")
    return (incident.name, where, f"{incident.began:%Y-%m-%d %H:%M:%S}", *said)


def _record(incident: Incident, ack: Silence | None) -> dict[str, object]:
    said = {
        "by": ack.by,
        "at": ack.start.isoformat(),
        "until": ack.end.isoformat(),
        "comment": ack.comment,
        "holds": ack.live,
    } if ack else None  # fmt: skip
    return {
        "alert": incident.name,
        "labels": dict(incident.labels),
        "since": incident.began.isoformat(),
        "acknowledged": said,
    }


def _json(records: Iterable[dict[str, object]]) -> None:
    import json

    click.echo(json.dumps(list(records), indent=2))


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    lines = list(rows)
    if lines:
        table = Table(*heads)
        for row in lines:
            table.add_row(*(Text(cell) for cell in row))
        Console(soft_wrap=True).print(table)
