"""A field of a PediaCluster that somebody else writes, too."""

import asyncio

import pytest

from clusterimport.model.gvr import PEDIACLUSTERS
from tests.fakes.controllers.writing import OBJECT, WriterRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime


def contest(rig, times=1, **spec):
    """Have a webhook change what the next writes say."""
    webhook = rig.store.create, rig.store.update

    def changed(gvr, namespace, name, body, **more):
        body = {**body, "spec": {**body["spec"], **spec}}
        return webhook[1](gvr, namespace, name, body, **more)

    rig.store.update = changed


async def test_t36_a_field_that_a_webhook_changes_is_written_twice_and_then_with_back_off():
    """Forty events of the source make two writes; the condition names the field."""
    rig = WriterRig()
    rig.exists()
    contest(rig, apiserver="https://webhook:6443")
    for _ in range(40):
        await rig.write(url="https://two:6443")
        rig.see()
        await asyncio.sleep(1)
    held = await rig.held(url="https://two:6443")

    assert rig.rest.count("PATCH", OBJECT) == 2
    assert held.reason == "FieldContested"
    assert "spec.apiserver" in held.message
    assert "a mutating admission webhook" in held.message
    assert 0 < held.retry_after <= 60
    await asyncio.sleep(held.retry_after)
    again = await rig.write(url="https://two:6443")
    assert (again.held, rig.rest.count("PATCH", OBJECT)) == (None, 3)
    assert (await rig.held(url="https://two:6443")).retry_after == 120.0


async def test_t36_other_fields_and_other_values_are_written_at_once():
    """A rotation is not held back by a contested address beside it, nor a new address."""
    rig = WriterRig()
    rig.exists()
    contest(rig, apiserver="https://webhook:6443")
    for _ in range(3):
        await rig.write(url="https://two:6443")
    held = await rig.held(url="https://two:6443", token="new")
    assert held.reason == "FieldContested"
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("new")
    patches = rig.rest.count("PATCH", OBJECT)
    await rig.write(url="https://three:6443", token="new")

    assert rig.rest.count("PATCH", OBJECT) == patches + 1
    assert rig.rest.last("PATCH").body["spec"] == {"apiserver": "https://three:6443"}


async def test_t36_the_condition_names_who_holds_the_field():
    """It is read live, once per write, and we ourselves are no other writer."""
    rig = WriterRig()
    rig.exists()
    contest(rig, apiserver="https://gitops:6443")
    for _ in range(2):
        await rig.write(url="https://two:6443")
    fields = {"f:spec": {"f:apiserver": {}}}
    managers = [
        {"manager": "clusterimport", "operation": "Update", "time": "3", "fieldsV1": fields},
        {"manager": "gitops", "operation": "Apply", "time": "2", "fieldsV1": fields},
    ]
    rig.store.types[PEDIACLUSTERS].objects["", "mcp-one"]["metadata"]["managedFields"] = managers
    first = await rig.held(url="https://two:6443")
    gets = rig.rest.count("GET", OBJECT)
    second = await rig.held(url="https://two:6443")

    assert "spec.apiserver: also written by gitops (Apply, 2)" in first.message
    assert first.message == second.message
    assert (gets, rig.rest.count("GET", OBJECT)) == (1, 1)


async def test_t36_a_label_that_does_not_stay_is_contested_like_a_connection_field():
    """With All, labels that a webhook takes off make no write for every event either."""
    rig = WriterRig(updatePolicy="All")
    rig.exists()
    update = rig.store.update

    def stripped(gvr, namespace, name, body, **more):
        body = {**body, "metadata": {**body["metadata"], "labels": {}}}
        return update(gvr, namespace, name, body, **more)

    rig.store.update = stripped
    for _ in range(10):
        await rig.write(labels={"a": "b"})
        rig.see()
    held = await rig.held(labels={"a": "b"})

    assert rig.rest.count("PATCH", OBJECT) == 2
    assert "metadata.labels[a]" in held.message


async def test_t36_a_field_that_stayed_for_ten_minutes_is_trusted_again():
    """Who changes it once an hour by hand is answered at once each time."""
    rig = WriterRig()
    rig.exists()
    for _ in range(5):
        assert (await rig.write(url="https://two:6443")).held is None
        rig.see()
        await asyncio.sleep(601)
        rig.exists()
        assert rig.context.newest.pediacluster("mcp-one")["spec"]["apiserver"] != "https://two:6443"

    assert rig.rest.count("PATCH", OBJECT) == 5
    for _ in range(2):
        assert (await rig.write(url="https://two:6443")).held is None
        rig.see()
        rig.exists()
    assert (await rig.held(url="https://two:6443")).reason == "FieldContested"
