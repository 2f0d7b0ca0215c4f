"""The demo history in the embedded PostgreSQL."""

from __future__ import annotations

import json

from provisioning.stack.native import Place
from provisioning.stack.postgres import OWNER, Cluster


def load(place: Place, cluster: Cluster, database: str, calls: int | None) -> None:
    """Load the demo history once; what was interrupted is loaded again."""
    from exporter import demo as workload

    done = cluster.directory / "demo.json"
    demo = place.settings.demo
    wanted = {"seed": demo.seed, "calls": demo.calls if calls is None else calls, "days": demo.days}
    if done.exists():
        if calls is not None and (there := json.loads(done.read_text(encoding="utf-8"))) != wanted:
            place.say(
                f"the demo database has {there['calls']:,} calls already; delete {cluster.directory} to load another"
            )
        return
    url = workload.create_database(cluster.url(OWNER, "postgres"), database)
    place.say(f"loading a demo history of {wanted['calls']:,} calls in {wanted['days']} days")
    workload.load(url, seed=wanted["seed"], calls=wanted["calls"], days=wanted["days"], progress=place.say)
    done.write_text(json.dumps(wanted), encoding="utf-8")
