import pytest

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.kinds import Kinds, plural_of
from clusterimport.model.gvr import GroupResource
from clusterimport.model.meta import ObjectKey
from tests.fakes.authoring.authored import POLICY, documents, secret

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "sheep.example.io"},
    "spec": {
        "group": "example.io",
        "scope": "Cluster",
        "names": {"kind": "Sheep", "plural": "sheep"},
        "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
    },
}
SHEEP = {"apiVersion": "example.io/v1", "kind": "Sheep", "metadata": {"name": "dolly"}}


@pytest.mark.parametrize(
    ("kind", "plural"),
    [("Cluster", "clusters"), ("Proxy", "proxies"), ("Ingress", "ingresses"), ("Shoot", "shoots")],
)
def test_a_plural_is_guessed_as_kubernetes_does(kind, plural):
    """Good enough for nearly every type."""
    assert plural_of(kind) == plural


def test_a_crd_knows_the_plural_and_the_scope():
    """It outranks the guess."""
    kinds = Kinds([CRD])

    assert Kinds().of(SHEEP).gvr.resource == "sheeps"
    assert Kinds().of(SHEEP).is_namespaced is None
    assert kinds.of(SHEEP).gvr.resource == "sheep"
    assert kinds.of(SHEEP).is_namespaced is False
    assert kinds.is_namespaced("example.io", "sheep") is False
    assert kinds.served("example.io", "sheep") == ("v1",)


@pytest.mark.parametrize("spec", [None, [], {}, {"names": {}}, {"names": {"plural": 1}}])
def test_a_crd_that_is_none_teaches_nothing(spec):
    """A mistake in it is the API server's to tell."""
    assert Kinds([{**CRD, "spec": spec}]).of(SHEEP).gvr.resource == "sheeps"


def test_the_types_that_everybody_has_are_known():
    """A Secret lives in a namespace, a Node in none."""
    assert Kinds().is_namespaced("", "secrets") is True
    assert Kinds().is_namespaced("", "nodes") is False
    assert Kinds().is_namespaced("example.io", "sheeps") is None


def test_an_object_without_a_namespace_is_where_kubectl_would_put_it():
    """``kubectl apply`` sends it to the namespace of its context, which is ``default``."""
    inputs = Inputs(documents(secret().replace(", namespace: team", "")))
    ((key, document),) = inputs.of_type(GroupResource("", "secrets")).items()

    assert key == ObjectKey("default", "one")
    assert document.obj["metadata"]["namespace"] == "default"


def test_a_namespace_counts_for_nothing_where_the_type_has_none():
    """The server would drop it."""
    sheep = {**SHEEP, "metadata": {"name": "dolly", "namespace": "meadow"}}

    assert str(Inputs([Document(CRD)]).id_of(sheep)) == "sheep.example.io/dolly"


def test_where_policies_alone_matter_samples_may_have_one_name():
    """Folders of several policies are validated at once; two policies of one name are a mistake."""
    Inputs(documents(secret(), secret(token="another")), only_policies=True)

    other = POLICY.replace("resource: clusters", "resource: others")
    with pytest.raises(InvalidInput, match="ClusterImportPolicy blue stands here a second time"):
        Inputs(documents(POLICY, other), only_policies=True)


def test_what_a_policy_never_sees_is_left_out():
    """The controller does not keep it either; of a Secret it would be the Secret once more."""
    text = secret().replace(
        "namespace: team}",
        'namespace: team, managedFields: [{}], annotations: {a: b, "'
        'kubectl.kubernetes.io/last-applied-configuration": "{}"}}',
    )
    ((_, document),) = Inputs(documents(text)).of_type(GroupResource("", "secrets")).items()

    assert document.obj["metadata"] == {
        "name": "one",
        "namespace": "team",
        "annotations": {"a": "b"},
    }


def test_one_object_may_stand_twice_if_it_is_the_same():
    """A file given by name and by its folder is no mistake; two versions of an object are."""
    assert Inputs(documents(secret(), secret())).types() == (GroupResource("", "secrets"),)
    with pytest.raises(
        InvalidInput, match=r"1\.yaml:2:1: Secret team/one stands here a second time"
    ):
        Inputs(documents(secret(), secret(token="another")))


def test_string_data_goes_into_data_as_the_server_has_it():
    """A Secret that was written in plain text reads as one that comes from the server."""
    text = """
apiVersion: v1
kind: Secret
metadata: {name: one}
data: {ca: Y2E=, token: b2xk}
stringData: {token: new}
"""
    (stored,) = Inputs(documents(text)).of_type(GroupResource("", "secrets")).values()
    assert stored.obj["data"] == {"ca": "Y2E=", "token": "bmV3"}
    assert "stringData" not in stored.obj
    assert stored.obj["metadata"]["namespace"] == "default"


def test_a_secret_is_as_the_server_stores_it():
    """A type not said is Opaque, null is empty, and base64 may stand on several lines."""
    text = """
apiVersion: v1
kind: Secret
metadata: {name: one}
data:
  empty: null
  broken: |
    bm
    V3
stringData: {left-out: null}
---
apiVersion: v1
kind: Secret
metadata: {name: two}
type: example.com/some
data: null
---
apiVersion: v1
kind: ConfigMap
metadata: {name: three}
data: {empty: null, text: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: four}
data: null
"""
    inputs = Inputs(documents(text))
    one, two = inputs.of_type(GroupResource("", "secrets")).values()
    three, four = inputs.of_type(GroupResource("", "configmaps")).values()

    assert one.obj["data"] == {"empty": "", "broken": "bmV3"}
    assert one.obj["type"] == "Opaque"
    assert two.obj["type"] == "example.com/some"
    assert "data" not in two.obj
    assert three.obj["data"] == {"empty": "", "text": "a"}
    assert "type" not in three.obj
    assert "data" not in four.obj


@pytest.mark.parametrize("data", ["text", [], 1])
def test_data_that_are_none_are_left_out(data):
    """The server would not take such a Secret, and what is wrong is its to tell."""
    broken = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}, "data": data}
    (stored,) = Inputs([Document(broken)]).of_type(GroupResource("", "secrets")).values()
    assert "data" not in stored.obj


def test_tests_of_policies_are_no_objects_of_a_cluster():
    """A folder with several of one name can be rendered like any other."""
    text = """
apiVersion: test.clusterimport.io/v1
kind: PolicyTest
metadata: {name: one}
---
apiVersion: test.clusterimport.io/v1
kind: PolicyTest
metadata: {name: one}
strict: true
"""
    assert Inputs(documents(text)).types() == ()
