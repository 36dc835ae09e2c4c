"""What an explanation says of each step."""

from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.explaining import explained
from clusterimport.authoring.inputs import Inputs
from tests.fakes.authoring.authored import POLICY, TOKEN, documents, policy, secret, source


def explanation(*texts, **more):
    inputs = Inputs(documents(*texts), **more)
    (found,) = evaluate(inputs)
    return explained(found, inputs)


def steps(*texts):
    return {step.step.field: step for step in explanation(*texts).steps}


def readings(step):
    return {reading.path: reading.value for reading in step.readings}


def test_every_step_names_its_field_its_place_and_what_it_read():
    """In the order of the controller."""
    found = explanation(POLICY, source(), secret()).steps

    assert [each.step.kind.value for each in found] == [
        *("selector", "name", "claim", "reference", "condition", "template"),
    ]
    assert all(each.step.passed for each in found)
    selector = found[0]
    assert selector.step.expression == '{{ ne .source.spec.kind "local" }}'
    assert str(selector.place) == "0.yaml:9:5"
    assert readings(selector) == {".source.spec.kind": "remote"}


def test_what_an_expression_looked_for_and_did_not_find_is_told():
    """Most conditions wait for a field that is not there yet, or is misspelt."""
    step = steps(policy(creationCondition='"{{ .source.status.raedy }}"'), source(), secret())[
        "spec.creationCondition"
    ]
    (reading,) = step.readings
    assert (reading.path, reading.is_there) == (".source.status.raedy", False)
    assert not step.step.passed


def test_what_stands_in_a_secret_is_marked_as_secret():
    """However short it is, and whatever the template makes of it."""
    step = steps(POLICY, source(), secret(token="ab"))["spec.template"]
    found = {reading.path: reading.is_secret for reading in step.readings}
    assert found == {".source.spec.server": False, ".references.secret.data.token": True}

    missing = steps(policy(tokenData='"{{ .references.secret.data.nope }}"'), source(), secret())[
        "spec.template"
    ]
    assert {reading.path: reading.is_there for reading in missing.readings} == {
        ".source.spec.server": True,
        ".references.secret.data.nope": False,
    }


def test_a_guard_around_a_longer_path_is_not_told_beside_it():
    """The whole map would hide the one value that counts."""
    guarded = '"{{ with .source.status }}{{ .ready }}{{ end }}"'
    step = steps(policy(creationCondition=guarded), source(), secret())["spec.creationCondition"]
    assert readings(step) == {".source.status.ready": True}


def test_a_label_selector_reads_labels():
    """It is no template, and would else be read as one."""
    text = POLICY.replace("resource: clusters", "resource: clusters\n    labelSelector: a=b")
    step = steps(text, source())["spec.source.labelSelector"]
    assert (step.step.result, readings(step)) == ("false", {".source.metadata.labels": None})


def test_what_stands_today_comes_along():
    """Of the name that the source leads to."""
    standing = documents(
        "apiVersion: policy.clusterpedia.io/v1alpha1\nkind: PediaClusterLifecycle\n"
        "metadata: {name: blue-one}\n"
    )
    found = explanation(POLICY, source(), secret(), observed=standing)
    assert found.lifecycle["metadata"]["name"] == "blue-one"
    assert found.pediacluster is None


def test_a_policy_that_cannot_work_has_no_steps():
    """Its own problems are the explanation."""
    found = explanation(policy(creationCondition='"{{ nope }}"'), source())
    assert found.steps == []
    assert "nope" in found.evaluated.message
    assert TOKEN not in found.evaluated.message
