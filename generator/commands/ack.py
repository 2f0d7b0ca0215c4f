"""`watchfloor ack`: say that somebody looks at a critical alert, so that it does not go to the next level."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from exporter.settings import Settings
    from provisioning.acknowledgement import Incident
    from provisioning.silence import Alertmanager, Silence

TIME = "%Y-%m-%d %H:%M:%S"


@click.command("ack", short_help="Say that somebody looks at a critical alert.")
@click.argument("alert", required=False)
@click.argument("labels", nargs=-1, metavar="[LABEL=VALUE]...")
@click.option("--by", "who", metavar="NAME", help="Who looks at it.  [default: the account's name]")
@click.option("--comment", default="", help="What is known so far.")
@click.option("--for", "lasts", metavar="DURATION", help="How long it counts.  [default: acknowledgement.lasts]")
@click.option("--all", "everything", is_flag=True, help="All critical alerts that fire.")
@click.option("--undo", is_flag=True, help="Take the acknowledgement back.")
@click.option("--link", is_flag=True, help="Print a signed link with which somebody else can acknowledge it.")
@click.option("--serve", "serving", is_flag=True, help="Serve the page that links open, until stopped.")
@click.option("--list", "listing", is_flag=True, help="Who acknowledged what, and when.")
@click.option("--json", "as_json", is_flag=True, help="Print records for machines.")
@click.option("--in-container", is_flag=True, hidden=True, help="Serve the page in a container of the stack.")
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
    link: bool,
    serving: bool,
    listing: bool,
    as_json: bool,
    in_container: bool,
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
      watchfloor ack CallQueueBacklog --link
      watchfloor ack --serve
    """
    from exporter.matching import Match
    from exporter.settings import load, seconds
    from provisioning.acknowledgement import acknowledge, chosen, held, withdraw
    from provisioning.silence import of

    settings = load(obj["config"])
    if serving:
        _serve(settings, "compose" if in_container else "native")
        return
    alertmanager = of(settings)
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
    there = {} if link else held(alertmanager)
    for one in taken:
        if link:
            click.echo(_link(settings, one))
        elif undo:
            count = withdraw(alertmanager, one, there)
            click.echo(f"{_title(one)}: {'no longer acknowledged' if count else 'was not acknowledged'}")
        else:
            name, now = who or _account(), datetime.now(UTC)
            made = acknowledge(alertmanager, one, there, who=name, comment=comment, lasts=time, now=now)
            click.echo(f"{_title(one)}: acknowledged by {made.by} until {made.end:{TIME}} UTC")
    if not taken:
        click.echo("no critical alert fires")


def _serve(settings: Settings, runtime: str) -> None:
    from alerts.escalation import AlertingError
    from exporter.settings import secret
    from provisioning.ack_server import Desk, serve
    from provisioning.silence import of

    # What a container listens on is published by the engine, on the address of the settings.
    options, host = settings.acknowledgement, "0.0.0.0" if runtime == "compose" else settings.stack.host  # noqa: S104
    place = options.password_file
    password = secret(place, "acknowledgement.password_file") if place else None
    alertmanager, key = of(settings, runtime), _key(settings, runtime)
    desk = Desk(lambda: _incidents(settings, runtime), alertmanager, key, options.lasts, password)
    _by_prometheus(settings)
    try:
        server = serve(desk, host, options.port)
    except OSError as error:
        raise AlertingError(
            f"acknowledgement.port: cannot listen on {host}:{options.port}: {error.strerror}; choose another port"
        ) from None
    click.echo(f"acknowledgements are taken at http://{host}:{options.port}/ack", err=True)
    with server:
        server.serve_forever()


def _link(settings: Settings, incident: Incident) -> str:
    from provisioning.ack_link import sign

    options = settings.acknowledgement
    base = options.url or f"http://{settings.stack.host}:{options.port}"
    end = datetime.now(UTC) + timedelta(seconds=options.link_lasts)
    return f"{base.rstrip('/')}/ack/{sign(incident, _key(settings), end)}"


def _key(settings: Settings, runtime: str = "native") -> str:
    from pathlib import Path

    from provisioning.ack_link import KEY_FILE
    from provisioning.endpoints import endpoints
    from provisioning.stack.secret import generated

    return generated(Path(endpoints(settings, runtime).secret(KEY_FILE)))


def _incidents(settings: Settings, runtime: str = "native") -> tuple[Incident, ...]:
    from alerts.escalation import began
    from provisioning.acknowledgement import incidents
    from provisioning.endpoints import endpoints

    _by_prometheus(settings)
    return incidents(f"http://{endpoints(settings, runtime).prometheus}", began(settings))


def _by_prometheus(settings: Settings) -> None:
    from alerts.escalation import AlertingError

    if settings.alerting.engine != "prometheus":
        raise AlertingError(
            "Grafana evaluates the alerts: acknowledge one there, by a silence for its name and escalation=~.+"
        )


def _account() -> str:
    import getpass

    return getpass.getuser()


def _title(incident: Incident) -> str:
    where = ", ".join(f"{name}={value}" for name, value in incident.where.items())
    return f"{incident.name} ({where})" if where else incident.name


def _show(fires: Iterable[Incident], alertmanager: Alertmanager, *, as_json: bool) -> None:
    """Critical alerts that fire, with who looks at each."""
    from provisioning.acknowledgement import held

    there = held(alertmanager)
    rows = [(one, one.acknowledged(there)) for one in fires]
    if as_json:
        _json(_record(one, ack) for one, ack in rows)
        return
    for one, ack in rows:
        said = _said(ack) if ack else "nobody looks at it"
        click.echo(f"{_title(one)} since {one.began:{TIME}} UTC: {said}")
    if not rows:
        click.echo("no critical alert fires")


def _list(alertmanager: Alertmanager, *, as_json: bool) -> None:
    """Acknowledgements, those that have ended too."""
    from provisioning.acknowledgement import acknowledgements, incident_of

    acks = acknowledgements(alertmanager)
    if as_json:
        _json(_record(incident_of(ack), ack) for ack in acks)
        return
    for ack in acks:
        one = incident_of(ack)
        held = "holds" if ack.live else "ended"
        click.echo(f"{_title(one)} since {one.began:{TIME}} UTC: {_said(ack)}, said at {ack.start:{TIME}} UTC ({held})")
    if not acks:
        click.echo("nothing was acknowledged")


def _said(ack: Silence) -> str:
    return f"{ack.by} until {ack.end:{TIME}} UTC, {ack.comment!r}"


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
