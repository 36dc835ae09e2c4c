import base64

import pytest

from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.outcomes import Outcome
from clusterimport.authoring.policytests.world import Whose, World, Write
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.rules import ImportRules
from tests.fakes.authoring.authored import POLICY, documents, policy, secret, source

ONE = Whose("blue", "clusters.cluster.example.io/team/one")
TWO = Whose("blue", "clusters.cluster.example.io/team/two")
PATCH = """
apiVersion: cluster.example.io/v1
kind: Cluster
metadata: {name: %s, namespace: team%s}
%s
"""


def world(*texts, policies=(POLICY,)):
    """Return a settled world."""
    made = World(tuple(documents(*policies)), ImportRules(), ProgramCache())
    for document in documents(*texts):
        made.apply(document)
    made.settle()
    return made


def change(made, fields, name="one", metadata=""):
    """Change a source and let the world settle."""
    for document in documents(PATCH % (name, metadata, fields)):
        made.change(document)
    return made.settle()


def outcomes(settled):
    """Return what became of each source."""
    return {each.source.name: each.outcome for each in settled.evaluated}


def token(made, name):
    """Return the token that a PediaCluster has."""
    return base64.b64decode(made.pediacluster(name).obj["spec"]["tokenData"]).decode()


def test_a_condition_is_asked_before_the_creation_only():
    """A cluster that is not ready any more stays, and follows its source."""
    made = world(source(ready="false"), secret())
    assert made.pediacluster("blue-one") is None

    settled = change(made, "status: {ready: true}")
    assert settled.writes == {ONE: (Write("create", "blue-one"),)}

    settled = change(made, 'status: {ready: false}\nspec: {server: "https://192.0.2.9"}')
    assert outcomes(settled) == {"one": Outcome.IMPORT}
    assert settled.writes == {ONE: (Write("update", "blue-one"),)}
    assert made.pediacluster("blue-one").obj["spec"]["apiserver"] == "https://192.0.2.9"


def test_nothing_is_written_where_nothing_changed():
    """Another look at the same objects is no write."""
    made = world(source(), secret())
    assert made.settle().writes == {}


def test_what_is_not_selected_any_more_goes():
    """So does what is deleted."""
    made = world(source(), source("two"), secret())
    settled = change(made, "spec: {kind: local}")
    assert settled.writes == {ONE: (Write("delete", "blue-one"),)}

    (document,) = documents(source("two"))
    made.delete(document)
    assert made.settle().writes == {TWO: (Write("delete", "blue-two"),)}
    assert made.pediacluster("blue-two") is None


def test_an_error_is_no_reason_to_delete():
    """A selector that fails leaves what is there."""
    made = world(source(), secret())
    (broken,) = documents(policy(selectorTemplate='"{{ index .source.spec.none 1 }}"'))
    made.apply(broken)
    settled = made.settle()
    assert outcomes(settled) == {"one": Outcome.SELECTOR_ERROR}
    assert settled.writes == {}
    assert made.pediacluster("blue-one") is not None


NAME = '"blue-{{ .source.metadata.name }}"'
RENAMED = POLICY.replace(
    NAME, '"{{ .source.metadata.labels.alias | default .source.metadata.name }}"'
)


def test_a_renamed_cluster_is_kept_until_the_new_one_stands():
    """The new one is made, and only then the old one goes."""
    made = world(source(), secret(), policies=(RENAMED,))
    settled = change(made, "", metadata=", labels: {alias: other}")
    assert settled.writes == {ONE: (Write("create", "other"), Write("delete", "one"))}


def test_a_renamed_cluster_that_waits_follows_its_source_under_the_old_name():
    """The condition holds the new one back; credentials go on being rotated."""
    made = world(source(), secret(), policies=(RENAMED,))
    settled = change(made, "status: {ready: false}", metadata=", labels: {alias: other}")
    assert outcomes(settled) == {"one": Outcome.WAITING}
    assert settled.writes == {}

    (rotated,) = documents(secret(token="rotated"))
    made.apply(rotated)
    assert made.settle().writes == {ONE: (Write("update", "one"),)}
    assert token(made, "one") == "rotated"

    settled = change(made, "status: {ready: true}")
    assert settled.writes == {ONE: (Write("create", "other"), Write("delete", "one"))}


def test_the_first_keeps_a_name_wherever_it_stands_in_the_files():
    """Who comes later waits, and gets it when it is free."""
    shared = POLICY.replace(NAME, "shared")
    made = world(source("two"), secret(), policies=(shared,))
    (one,) = documents(source("one"))
    made.apply(one)
    settled = made.settle()
    assert outcomes(settled) == {"two": Outcome.IMPORT, "one": Outcome.NAME_CONFLICT}
    assert settled.writes == {}

    # Now the order is another one.
    (two,) = documents(source("two"))
    made.delete(two)
    settled = made.settle()
    assert outcomes(settled) == {"one": Outcome.IMPORT}
    assert settled.writes == {
        TWO: (Write("delete", "shared"),),
        ONE: (Write("create", "shared"),),
    }


def test_who_stands_first_in_the_files_takes_no_name_from_who_has_it():
    """Else neither of the two would have it."""
    shared = POLICY.replace(NAME, '"{{ .source.spec.alias | default .source.metadata.name }}"')
    made = world(source("one"), source("two"), secret(), policies=(shared,))
    settled = change(made, "spec: {alias: two}")
    assert outcomes(settled) == {"one": Outcome.NAME_CONFLICT, "two": Outcome.IMPORT}
    assert settled.writes == {}


def test_an_orphan_stays():
    """With deletionPolicy Orphan nothing that goes takes the PediaCluster along."""
    made = world(source(), secret(), policies=(POLICY + "  deletionPolicy: Orphan\n",))
    (one,) = documents(source())
    made.delete(one)
    assert made.settle().writes == {}
    assert made.pediacluster("blue-one") is not None


def test_a_policy_that_only_observes_writes_nothing():
    """What it would import is told."""
    made = world(source(), secret(), policies=(POLICY + "  mode: Observe\n",))
    settled = made.settle()
    assert outcomes(settled) == {"one": Outcome.IMPORT}
    assert made.pediacluster("blue-one") is None


@pytest.mark.parametrize(("update_policy", "team"), [("Credentials", "a"), ("All", "b")])
def test_labels_are_kept_equal_where_the_policy_says_so(update_policy, team):
    """Else only the connection is."""
    template = '    metadata: {labels: {team: "{{ .source.spec.team }}"}}\n    spec:\n'
    text = POLICY.replace("    spec:\n", template) + f"  updatePolicy: {update_policy}\n"
    made = world(source(ready="false"), secret(), policies=(text,))
    change(made, "spec: {team: a}\nstatus: {ready: true}")
    settled = change(made, "spec: {team: b}")
    assert made.pediacluster("blue-one").obj["metadata"]["labels"]["team"] == team
    assert bool(settled.writes) is (team == "b")


def test_a_strangers_pediacluster_is_not_written():
    """It has no mark of ours, until a person offers it."""
    stranger = """
apiVersion: cluster.clusterpedia.io/v1alpha2
kind: PediaCluster
metadata: {name: blue-one%s}
spec: {apiserver: "https://192.0.2.5", syncResources: []}
"""
    made = world(stranger % "", source(), secret())
    settled = made.settle()
    assert outcomes(settled) == {"one": Outcome.NAME_CONFLICT}
    assert made.pediacluster("blue-one").obj["spec"]["apiserver"] == "https://192.0.2.5"

    (offered,) = documents(stranger % ", annotations: {policy.clusterpedia.io/adopt: blue}")
    made.apply(offered)
    assert made.settle().writes == {ONE: (Write("update", "blue-one"),)}
    assert made.pediacluster("blue-one").obj["spec"]["apiserver"] == "https://192.0.2.1:6443"


def test_more_deletions_than_a_policy_may_make_are_blocked():
    """None of them is made, and it is told why."""
    names = [f"c{number}" for number in range(4)]
    sources = [source(name) for name in names]
    made = world(*sources, secret(), policies=(POLICY + "  maxDeletions: 3\n",))
    for document in documents(*sources):
        made.delete(document)
    settled = made.settle()
    assert settled.writes == {}
    assert settled.blocked["blue"].startswith("4 PediaClusters of 4 would go at once")

    for document in documents(sources[0]):
        made.apply(document)
    assert len(made.settle().writes) == 3


def test_what_a_policy_imported_goes_with_it():
    """Whatever its number: a person said so."""
    names = [f"c{number}" for number in range(7)]
    made = world(*(source(name) for name in names), secret())
    (document,) = documents(POLICY)
    made.delete(document)
    assert len(made.settle().writes) == 7


def test_what_would_empty_a_credential_is_not_written():
    """A Secret that is half way through a rotation leaves a working connection alone."""
    made = world(source(), secret())
    (empty,) = documents("apiVersion: v1\nkind: Secret\nmetadata: {name: one, namespace: team}\n")
    made.apply(empty)
    settled = made.settle()
    assert outcomes(settled) == {"one": Outcome.INCOMPLETE_CREDENTIALS}
    assert settled.writes == {}
    assert made.pediacluster("blue-one").obj["spec"]["tokenData"]


def test_only_what_is_there_can_be_changed():
    """A mistake in a test is told with its place."""
    made = world(source(), secret())
    (document,) = documents(PATCH % ("three", "", ""))
    with pytest.raises(InvalidInput, match="there is no Cluster team/three here"):
        made.change(document)


def test_a_pediacluster_that_somebody_deletes_is_made_again_unasked():
    """The condition was met once; only another source of that name is asked again."""
    made = world(source(), secret())
    change(made, "status: {ready: false}")
    made.delete(made.pediacluster("blue-one"))
    assert made.settle().writes == {ONE: (Write("create", "blue-one"),)}

    (one,) = documents(source())
    made.delete(one)
    made.settle()
    (waiting,) = documents(source(ready="false"))
    made.apply(waiting)
    assert made.settle().writes == {}


def test_a_policy_that_begins_to_observe_deletes_nothing():
    """What it had imported stays, whatever becomes of the source."""
    made = world(source(), secret())
    (observing,) = documents(POLICY + "  mode: Observe\n")
    made.apply(observing)
    (one,) = documents(source())
    made.delete(one)
    assert made.settle().writes == {}
    assert made.pediacluster("blue-one") is not None


def test_a_key_can_be_taken_from_a_secret_that_was_written_in_plain_text():
    """It has gone into data, as on the server."""
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: one, namespace: team}\n%s\n"
    made = world(source(), text % "stringData: {token: sample-token-7f3a}")
    assert token(made, "blue-one") == "sample-token-7f3a"
    (patch,) = documents(text % "data: {token: null}")
    made.change(patch)
    assert outcomes(made.settle()) == {"one": Outcome.INCOMPLETE_CREDENTIALS}
