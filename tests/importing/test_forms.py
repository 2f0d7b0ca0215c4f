"""Every form in which a dashboard comes is taken out of its envelope; what is none is refused with the reason."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
import yaml

from tests.importing.conftest import Board, Bring

BOARD: dict[str, Any] = {"title": "T", "uid": "u", "schemaVersion": 42, "panels": [{"type": "text", "id": 1}]}
TEXT = json.dumps(BOARD)
PACKED = base64.b64encode(gzip.compress(TEXT.encode())).decode()
OPERATOR = {"apiVersion": "grafana.integreatly.org/v1beta1", "kind": "GrafanaDashboard", "metadata": {"name": "n"}}

FORMS: dict[str, tuple[Any, str, str]] = {
    "a plain export": (BOARD, "u", "Imported"),
    "an answer of the API": ({"meta": {"folderTitle": "Ops", "slug": "t"}, "dashboard": {**BOARD, "id": 7}}, "u", "Ops"),
    "a request to the API": ({"dashboard": BOARD, "overwrite": True, "folderUid": "x"}, "u", "Imported"),
    "a list": ([BOARD], "u", "Imported"),
    "a resource of Grafana": ({"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "metadata": {"name": "m", "annotations": {"grafana.app/folder": "f1"}}, "spec": {**BOARD, "uid": None}}, "m", "Imported"),
    "a resource of grizzly": ({"apiVersion": "grizzly.grafana.com/v1alpha1", "kind": "Dashboard", "metadata": {"name": "m", "folder": "ops"}, "spec": BOARD}, "u", "Imported"),
    "a ConfigMap": ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "annotations": {"grafana_folder": "Kubernetes"}}, "data": {"a.json": TEXT, "README": "no"}}, "u", "Kubernetes"),
    "a list of ConfigMaps": ({"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a.json": TEXT}}]}, "u", "Imported"),
    "a packed ConfigMap": ({"apiVersion": "v1", "kind": "ConfigMap", "binaryData": {"a.json.gz": PACKED}}, "u", "Imported"),
    "a resource of the operator": ({**OPERATOR, "spec": {"json": TEXT, "folder": "Ops", "uid": "other"}}, "u", "Ops"),
    "a packed resource of the operator": ({**OPERATOR, "spec": {"gzipJson": PACKED}}, "u", "Imported"),
    "Jsonnet in a resource": ({**OPERATOR, "spec": {"jsonnet": "local t = 'T'; {title: t, uid: 'u', panels: [{type: 'text'}]}"}}, "u", "Imported"),
    "a manifest of the operator": ({"apiVersion": "grafana.integreatly.org/v1beta1", "kind": "GrafanaManifest", "metadata": {}, "spec": {"template": {"apiVersion": "dashboard.grafana.app/v1", "kind": "Dashboard", "metadata": {"name": "m"}, "spec": BOARD}}}, "u", "Imported"),
    "what a mixin makes": ({"grafanaDashboards": {"a.json": BOARD}}, "u", "Imported"),
    "files by name": ({"a.json": BOARD}, "u", "Imported"),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_dashboard(case: tuple[Any, str, str], bring: Bring) -> None:
    """With the uid and the folder that it or its envelope names."""
    value, uid, folder = case
    record = bring(value)
    (made,) = record.made
    assert (made.uid, made.folder, made.title) == (uid, folder, "T")
    assert json.loads(made.content)["panels"][0]["type"] == "text"


def test_yaml_and_several_documents_are_read(bring: Bring) -> None:
    """A file of resources gives each of its dashboards; what is neither is passed over."""
    other = {**BOARD, "title": "Z", "uid": "z"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    text = yaml.safe_dump_all(
        [secret, {**OPERATOR, "spec": {"json": TEXT}}, {**OPERATOR, "spec": {"json": json.dumps(other)}}]
    )
    record = bring(text.encode())
    assert [made.uid for made in record.made] == ["u", "z"]
    assert record.attention == []


def test_numbers_of_a_database_are_not_kept(board: Board) -> None:
    """The id, version and revision of a dashboard belong to the Grafana that it came from."""
    found = board({**BOARD, "id": 7, "version": 12, "revision": "1.0", "iteration": 5, "gnetId": 3})
    assert not {"id", "version", "revision", "iteration", "gnetId"} & set(found)


REFUSED: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "it is empty"),
    "spaces": (b" \n", "it is empty"),
    "broken JSON": (b'{"title": ', "it is no JSON: "),
    "no text": (b"\xff\xfe\x00", "it is no UTF-8 text (byte 0)"),
    "a word": (b"hello", "it holds text where an object with keys should be"),
    "another kind of resource": ({"apiVersion": "v1", "kind": "Service", "metadata": {}}, "it is a Service of v1, which is neither a dashboard nor rules"),
    "something else": ({"widgets": [], "title": "x"}, "it is neither a dashboard (it has none of panels, rows, schemaVersion, templating) nor rules"),
    "an address": ({**OPERATOR, "spec": {"url": "http://x/"}}, "it names an address, and nothing is fetched from the network"),
    "a number of grafana.com": ({**OPERATOR, "spec": {"grafanaCom": {"id": 1}}}, "it names a dashboard of grafana.com"),
    "no gzip": ({**OPERATOR, "spec": {"gzipJson": "!!"}}, "it is no gzipped text in base 64"),
    "panels of another product": ({"title": "x", "panels": {"a": {}}}, "its panels are an object and not a list, so it is no dashboard of Grafana"),
    "too many panels": ({"title": "T", "panels": [{"type": "text"}] * 5001}, "it has 5001 panels; the limit is 5000"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_none_is_refused(case: tuple[Any, str], bring: Bring) -> None:
    """With the reason."""
    value, message = case
    record = bring(value)
    assert record.status == "refused"
    assert message in str(record.reason)


def test_a_part_that_is_refused_does_not_cost_the_others(bring: Bring) -> None:
    """The report names it among what to look at."""
    value = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a.json": TEXT, "b.json": "{"}}
    record = bring(value)
    assert record.status == "imported"
    assert [line.partition(":")[0] for line in record.attention] == ["b.json"]


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(12)
)
MERGES = b"a: &a {x: 1}\n" + b"".join(
    b"%c: &%c {<<: [%s]}\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(12)
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[" * 200 + b"]" * 200, "nested more than 100 levels deep"), (b'{"a":' * 2000 + b"1" + b"}" * 2000, "no JSON"),
        (b"- " * 300 + b"x", "nested more than 100 levels deep"), (BOMB, "its aliases multiply to more than"), (MERGES, "its aliases multiply to more than"),
        (b"a: &a [*a]", "an alias that refers to what it is part of"), (b"a: !!python/object/apply:os.system [ls]", "it is no YAML"), (b"{a: 1", "it is no"),
        (b"a: 1\n b: 2", "it is no YAML in line 2"),
    ],
    ids=["deep", "deeper", "deep YAML", "aliases", "merges", "itself", "code", "open", "indent"],
)  # fmt: skip
def test_hostile_texts_are_refused(data: bytes, message: str, bring: Bring) -> None:
    """Without time or memory for what they would become."""
    record = bring(data)
    assert record.status == "refused"
    assert message in str(record.reason)


def test_a_packed_bomb_is_refused(bring: Bring) -> None:
    """A text that is long only when it is unpacked."""
    packed = base64.b64encode(gzip.compress(b" " * 40_000_000)).decode()
    record = bring({**OPERATOR, "spec": {"gzipJson": packed}})
    assert "unpacked it is longer than 32 MiB" in str(record.reason)
