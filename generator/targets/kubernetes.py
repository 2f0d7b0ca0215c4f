"""Manifests for a cluster with the Prometheus operator and Grafana's sidecar, as kube-prometheus-stack has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from exporter.settings import Settings, duration
from generator.targets import TargetError, alertmanager_config
from provisioning.container import CONFIG, SECRETS, STATES, inside
from provisioning.document import document
from provisioning.grafana import FOLDER
from provisioning.prometheus import CA_FILE, INSTANCE, JOB, PASSWORD_FILE

NAME: Final = "watchfloor"
PORT: Final = 9877
USER: Final = 10001
LIMIT: Final = 1_048_576
"""Most bytes of the data of a ConfigMap."""
APPLY: Final = 262_144
"""`kubectl apply` keeps a whole manifest in an annotation of at most this size; a dashboard that is near it is written without blanks."""
BREAKS: Final = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Ends of lines for YAML, but not for JSON."""
WATCHED: Final = ('job="alertmanager"', 'job=~".*alertmanager.*", container!="config-reloader"')
"""Job of Alertmanager here, and in a cluster: it bears the name of a release, and its helper has the same."""
OPERATOR: Final = "monitoring.coreos.com"

Manifest = dict[str, Any]


def build(settings: Settings, environment: Mapping[str, str]) -> dict[str, bytes]:
    """Every manifest by its path."""
    import dashboards
    from generator.generate import rules

    route = _operator(settings, "AlertmanagerConfig", "v1alpha1", NAME, alertmanager_config.spec(settings, environment))
    files = {
        "alertmanagerconfig.yaml": document(route),
        "servicemonitor.yaml": document(_operator(settings, "ServiceMonitor", "v1", NAME, _monitor(settings))),
        "datasources.yaml": document(_datasources(settings)),
        **{f"exporter/{name}.yaml": document(one) for name, one in _exporter(settings, environment).items()},
    }
    for name, content in rules(settings).items():
        rule = _operator(settings, "PrometheusRule", "v1", f"{NAME}-{name}", _owned(content, settings))
        files[f"rules/{name}.yaml"] = document(rule)
    for name, data in dashboards.build(settings).items():
        files[f"dashboards/{name.removesuffix('.json')}.yaml"] = _dashboard(settings, name, data)
    listing = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(files)}
    files["kustomization.yaml"] = document(listing)
    return {f"kubernetes/{path}": files[path] for path in sorted(files)}


def _meta(settings: Settings, name: str, labels: Mapping[str, str] | None = None, **more: object) -> Manifest:
    own = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "watchfloor"}
    return {"name": name, "namespace": settings.kubernetes.namespace, "labels": {**own, **(labels or {})}, **more}


def _operator(settings: Settings, kind: str, version: str, name: str, spec: object) -> Manifest:
    meta = _meta(settings, name, settings.kubernetes.labels)
    return {"apiVersion": f"{OPERATOR}/{version}", "kind": kind, "metadata": meta, "spec": spec}


def _owned(content: Manifest, settings: Settings) -> Manifest:
    """The rules as often as here, with alerts that say their namespace: an AlertmanagerConfig hears of no others."""
    often, namespace = duration(settings.stack.evaluation_interval), settings.kubernetes.namespace
    groups = []
    for group in content["groups"]:
        rules = [
            {**rule, "labels": {**rule["labels"], "namespace": namespace}} if "alert" in rule else rule
            for rule in ({**rule, "expr": rule["expr"].replace(*WATCHED)} for rule in group["rules"])
        ]
        groups.append({"name": group["name"], "interval": group.get("interval", often), "rules": rules})
    return {"groups": groups}


def _dashboard(settings: Settings, name: str, data: bytes) -> bytes:
    """A ConfigMap for the sidecar, its JSON as a block that can be read and compared."""
    if len(data) > APPLY * 3 // 4:
        data = json.dumps(json.loads(data), separators=(",", ":"), ensure_ascii=False).encode()
    here, there = (json.dumps(one)[1:-1] for one in WATCHED)
    text = data.decode().rstrip("\n").replace(here, there)
    for mark, escape in BREAKS.items():
        text = text.replace(mark, escape)
    if (size := len(text.encode()) + len(name)) > LIMIT:
        raise TargetError(f"dashboard {name} has {size} bytes; a ConfigMap holds at most {LIMIT}: split the dashboard")
    meta = _meta(
        settings,
        f"{NAME}-dashboard-{name.removesuffix('.json')}",
        {"grafana_dashboard": "1"},
        annotations={"grafana_folder": FOLDER},
    )
    head = document({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    block = "".join(f"    {line}\n" for line in text.split("\n"))
    return head + f"data:\n  {name}: |\n{block}".encode()


def _datasources(settings: Settings) -> Manifest:
    from provisioning.endpoints import compose
    from provisioning.grafana import files

    chosen = settings.kubernetes
    reached = (
        settings if settings.timeseries_url else settings.model_copy(update={"timeseries_url": chosen.prometheus_url})
    )
    text = files(reached, compose())["datasources/watchfloor.yaml"].decode()
    text = text.replace(f"http://{compose().alertmanager}", chosen.alertmanager_url.replace("$", "$$"))
    meta = _meta(settings, f"{NAME}-datasources", {"grafana_datasource": "1"})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {f"{NAME}.yaml": text}}


def _monitor(settings: Settings) -> Manifest:
    """How Prometheus scrapes: job and instance are those of every other target, and a new pod continues the same series."""
    stack, exporter = settings.stack, settings.exporter
    endpoint: Manifest = {
        "port": "metrics",
        "interval": duration(stack.scrape_interval),
        "scrapeTimeout": duration(stack.scrape_timeout),
        "relabelings": [
            {"targetLabel": "job", "replacement": JOB},
            {"targetLabel": "instance", "replacement": INSTANCE},
            {"action": "labeldrop", "regex": "pod|container|endpoint|service|namespace"},
        ],
    }
    if exporter.tls is not None:
        ca = {"ca": {"secret": {"name": NAME, "key": CA_FILE}}, "serverName": NAME}
        endpoint |= {"scheme": "https", "tlsConfig": ca}
    if exporter.basic_auth is not None:
        endpoint["basicAuth"] = {
            "username": {"name": NAME, "key": "exporter_username"},
            "password": {"name": NAME, "key": PASSWORD_FILE},
        }
    return {"selector": {"matchLabels": {"app.kubernetes.io/name": NAME}}, "endpoints": [endpoint]}


def _exporter(settings: Settings, environment: Mapping[str, str]) -> dict[str, Manifest]:
    """What runs the exporter: its settings, the place of its state, its service. Its secrets are for a person to make."""
    content = {"watchfloor.yml": document(inside(settings, environment)).decode()}
    if (mapping := settings.database.mapping) is not None:
        try:
            content["mapping.yml"] = mapping.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise TargetError(f"database.mapping: cannot read {mapping}: {error}") from None
    if sum(len(name) + len(text.encode()) for name, text in content.items()) > LIMIT:
        raise TargetError(f"the settings and the mapping have more than the {LIMIT} bytes that a ConfigMap holds")
    meta = _meta(settings, NAME)
    selector = {"app.kubernetes.io/name": NAME}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    ports = [{"name": "metrics", "port": PORT, "targetPort": "metrics"}]
    return {
        "configmap": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": content},
        "claim": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": claim},
        "service": {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": selector, "ports": ports}},
        "deployment": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {
                # Two at once would both write the state.
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": selector},
                "template": {"metadata": {"labels": selector}, "spec": _pod(settings)},
            },
        },
    }  # fmt: skip


def _pod(settings: Settings) -> Manifest:
    volumes: dict[str, tuple[str, Manifest]] = {
        "config": (CONFIG, {"configMap": {"name": NAME}}),
        "secrets": (SECRETS, {"secret": {"secretName": NAME}}),
        "state": ("/var/lib/watchfloor", {"persistentVolumeClaim": {"claimName": NAME}}),
        "tmp": ("/tmp", {"emptyDir": {}}),  # noqa: S108 - inside the container
    }
    if settings.states:
        volumes["states"] = (STATES, {"secret": {"secretName": f"{NAME}-states"}})
    writable = ("state", "tmp")
    scheme = "HTTPS" if settings.exporter.tls is not None else "HTTP"
    container = {
        "name": "exporter",
        "image": settings.kubernetes.image,
        "args": ["--config", f"{CONFIG}/watchfloor.yml", "exporter"],
        "ports": [{"name": "metrics", "containerPort": PORT}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": name, "mountPath": path, **({} if name in writable else {"readOnly": True})}
            for name, (path, _) in volumes.items()
        ],
        # The first pass over a large table takes minutes.
        "startupProbe": {**_probe("live", scheme), "failureThreshold": 120},
        "livenessProbe": _probe("live", scheme),
        "readinessProbe": _probe("ready", scheme),
    }
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": name, **source} for name, (_, source) in volumes.items()],
    }


def _probe(what: str, scheme: str) -> Manifest:
    get = {"path": f"/health/{what}", "port": "metrics", "scheme": scheme}
    return {"httpGet": get, "periodSeconds": 5, "timeoutSeconds": 5}
