"""Is a deletion certain? Whether the source is still selected, and under which name; asked live."""

import pytest

from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    source_body,
)
from tests.fakes.controllers.reconcilers import LONG_AGO as EARLIER
from tests.fakes.controllers.reconcilers import ConfirmRig

pytestmark = pytest.mark.looptime

LATER = "2026-01-01T00:00:01Z"
SOURCE = CLUSTERS.path(namespace="team", name="one")
REINSTALLED = ("doubtful", "SourceTypeReinstalled")
SELECTORLESS = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"selectorTemplate": "{{ .source.spec.wanted }}"}, ("unwanted", "SourceNotSelected")),
        ({"selectorTemplate": "{{ .source.spec.url }}"}, ("unwanted", "SourceNotSelected")),
        ({"selectorTemplate": "true"}, ("wanted", "Wanted")),
        ({"selectorTemplate": "{{ div 1 0 }}"}, ("doubtful", "FailedParseSourceSelector")),
    ],
)
async def test_the_selector_is_evaluated_live(spec, expected):
    """A clean no is certain; an error is neither yes nor no."""
    assert await ConfirmRig(source=SELECTORLESS | spec).verdict() == expected


@pytest.mark.parametrize(
    ("selectors", "labels", "expected"),
    [
        ({"labelSelector": "a=b"}, {"a": "b"}, ("wanted", "Wanted")),
        ({"labelSelector": "a=b"}, {"a": "c"}, ("unwanted", "SourceNotSelected")),
        ({"fieldSelector": "spec.url=https://one.example:6443"}, {}, ("wanted", "Wanted")),
        ({"fieldSelector": "spec.url=x"}, {}, ("unwanted", "SourceNotSelected")),
        (
            {"labelSelector": "a=b", "fieldSelector": "spec.url=x"},
            {"a": "b"},
            ("unwanted", "SourceNotSelected"),
        ),
    ],
)
async def test_the_servers_selectors_are_asked_of_the_server(selectors, labels, expected):
    """A live LIST with the selectors and the name decides, beside the GET; others do not count."""
    rig = ConfirmRig(source=SELECTORLESS | selectors)
    rig.put(CLUSTERS, source_body(), labels=labels)
    other = source_body("two", url="x")
    rig.put(CLUSTERS, other, labels={"a": "b"})

    assert await rig.verdict() == expected
    collection = CLUSTERS.path(namespace="team")
    assert [sent.path for sent in rig.rest.requests][:2] == [SOURCE, collection]


async def test_without_selectors_of_the_server_there_is_no_list():
    """One GET is all that a wanted source costs."""
    rig = ConfirmRig()
    await rig.ask()

    assert [sent.path for sent in rig.rest.requests] == [SOURCE]


@pytest.mark.parametrize(
    ("created", "expected"),
    [(EARLIER, ("unwanted", "SourceNotSelected")), (LATER, REINSTALLED)],
)
async def test_an_unselected_source_that_is_going_may_go_with_its_type(created, expected):
    """A selector may leave out what is being deleted: then the type is looked at as well."""
    rig = ConfirmRig(
        source=SELECTORLESS | {"selectorTemplate": "{{ not .source.metadata.deletionTimestamp }}"}
    )
    rig.crd(CLUSTERS, created)
    rig.put(CLUSTERS, source_body(), deletionTimestamp=LATER, finalizers=["x"])

    assert await rig.verdict() == expected


@pytest.mark.parametrize(
    ("successor", "owners", "metadata", "expected"),
    [
        ("own", "own", {}, ("unwanted", "Renamed")),
        ("own", "own", {"deletionTimestamp": LATER, "finalizers": ["x"]}, ("wanted", "Wanted")),
        ("own", "none", {}, ("wanted", "Wanted")),
        ("own", None, {}, ("wanted", "Wanted")),
        ("other", "own", {}, ("wanted", "Wanted")),
        (None, None, {}, ("wanted", "Wanted")),
    ],
)
@pytest.mark.parametrize("had", [True, False])
async def test_t12_a_renamed_one_stays_until_its_successor_stands(
    successor, owners, metadata, expected, had
):
    """Only a PediaCluster of this same source under the new name, which stays, replaces it.

    A lifecycle that never had one has nothing to keep. Neither is counted: no cluster is lost.
    """
    rig = ConfirmRig(nameTemplate="new-{{ .source.metadata.name }}")
    if successor:
        source = lifecycle_body()["spec"]["source"]
        if successor == "other":
            source = source | {"name": "two"}
        body = lifecycle_body("new-one", policy_uid=rig.active.record.uid, source=source)
        made = rig.put(LIFECYCLES, body)
        if owners:
            mine = lifecycle_owner("new-one", made["metadata"]["uid"])
            cluster = pediacluster_body("new-one", owners=[mine] * (owners == "own"))
            rig.put(PEDIACLUSTERS, cluster, **metadata)
    if had:
        mine = lifecycle_owner("mcp-one", rig.obj["metadata"]["uid"])
        rig.put(PEDIACLUSTERS, pediacluster_body(owners=[mine]))
    rig.see()
    finding = await rig.ask()

    found = (str(finding.certainty), finding.reason)
    assert found == (expected if had else ("unwanted", "Renamed"))
    assert found[0] == "wanted" or not finding.is_counted


async def test_t12_whether_the_new_one_stands_is_asked_of_the_server():
    """What only a cache has still does not let the old one go."""
    rig = ConfirmRig(nameTemplate="new-{{ .source.metadata.name }}")
    successor = rig.put(LIFECYCLES, lifecycle_body("new-one") | {"spec": rig.obj["spec"]})
    for name, made in (("mcp-one", rig.obj), ("new-one", successor)):
        mine = lifecycle_owner(name, made["metadata"]["uid"])
        rig.put(PEDIACLUSTERS, pediacluster_body(name, owners=[mine]))
    rig.see()
    assert await rig.verdict() == ("unwanted", "Renamed")
    rig.drop(PEDIACLUSTERS, "new-one")

    assert await rig.verdict() == ("wanted", "Wanted")


async def test_a_name_that_cannot_be_told_is_a_doubt():
    """An error of the name template is not another name."""
    assert await ConfirmRig(nameTemplate="{{ .source.spec.nothing }}").verdict() == (
        "doubtful",
        "FailedParseLifecycleName",
    )
