"""The guard that stands around every unit test."""

from clusterimport.informers import InformerSpec, Keep
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.meta import ObjectKey
from development.apiserver.objectstore import ObjectStore
from tests.fakes.controllers.importobjects import lifecycle_body
from tests.fakes.informers.handinformers import HandInformers
from tests.fakes.informers.seals import changed_objects


def seen():
    """Return a server and informers that show what it has."""
    store, informers = ObjectStore(), HandInformers()
    store.serve(LIFECYCLES, "PediaClusterLifecycle", namespaced=False)
    store.create(LIFECYCLES, "", lifecycle_body("one"))
    informer = informers.acquire(InformerSpec(LIFECYCLES, keep=Keep.WHOLE))
    informers.see(store)
    return store, informers, informer.store.get(ObjectKey("", "one"))


def test_a_cached_object_that_is_changed_is_named():
    """However deep the change is, it fails the test that made it."""
    *_, cached = seen()
    cached["spec"]["source"]["name"] = "another"

    assert changed_objects() == ["pediaclusterlifecycles.v1alpha1.policy.clusterpedia.io one"]


def test_a_change_is_found_after_the_object_has_gone_from_the_cache():
    """Whoever changed it may have read it long before."""
    store, informers, cached = seen()
    cached["metadata"].pop("ownerReferences")
    store.delete(LIFECYCLES, "", "one")
    informers.see(store)

    assert len(changed_objects()) == 1


def test_what_a_server_changes_is_no_change_of_a_cached_object():
    """The cache gets another object in its place."""
    store, informers, _ = seen()
    store.update(LIFECYCLES, "", "one", lifecycle_body("one", creationCondition="false"))
    informers.see(store)

    assert changed_objects() == []
