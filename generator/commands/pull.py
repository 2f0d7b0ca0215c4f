"""`watchfloor pull`: what was edited in Grafana, as a difference to the code."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(short_help="Show what was edited in Grafana, as a difference to the code.")
@click.option("--url", help="Address of Grafana.  [default: grafana.url or GRAFANA_URL]")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Generated files.  [default: stack.output]"
)
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write what is in Grafana into this folder, for watchfloor import.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the differences for machines.")
@click.pass_context
def command(context: click.Context, *, url: str | None, out: Path | None, folder: Path | None, as_json: bool) -> None:
    """Fetch from a Grafana what is ours and show what people changed there: edited, removed, or added to our folders.

    Both sides are shown in one form without what Grafana fills in by itself. Nothing in Grafana is changed.

    \b
    Exit codes: 0 nothing was edited, 1 differences, 2 wrong usage, 3 an error.

    \b
    Examples:
      watchfloor pull --url https://grafana.example.org
      watchfloor pull --write edited && watchfloor import edited/dashboard
    """
    from generator.apply.work import CHANGES, Options, failing, prepare

    with failing():
        from generator.apply import pull
        from generator.apply.plan import Wishes
        from generator.apply.text import printable, shown

        work = prepare(Options((context.obj or {}).get("config"), out, url))
        edits = pull.edits(work.plan(Wishes()), work.desired, work.owner)
        written = pull.write(folder, edits) if folder is not None else ()
        if as_json:
            listed = [
                {
                    "state": one.state,
                    "kind": one.kind,
                    "key": one.key,
                    "title": one.title,
                    "code": one.before,
                    "grafana": one.after,
                }
                for one in edits
            ]
            click.echo(
                json.dumps({"differences": listed, "written": [str(path) for path in written]}, indent=2, default=str)
            )
        for one in () if as_json else edits:
            click.echo(f"{one.state} in Grafana: {one.kind} {shown(one.title)} ({printable(one.key)})")
            for line in one.lines() if one.state == "changed" else ():
                click.echo(f"  {line}")
        for path in written:
            click.echo(f"wrote {path}", err=True)
        click.echo(f"{len(edits)} of our objects differ from the code.", err=True)
    if edits:
        context.exit(CHANGES)
