"""What objects lose, and what they share."""

import copy

import pytest

from clusterimport.informers.transforms import (
    Interner,
    Slimmer,
    chain,
)
from clusterimport.limits.objects import (
    SHARED_PART_BYTES,
    SHARED_PARTS,
    SHARED_TEMPLATES_CHARACTERS,
    SHARED_TEXT_CHARACTERS,
)


def make(name, **metadata):
    # Texts are made at run time, because the compiler shares equal literals.
    def fresh(text):
        return "".join(list(text))

    return {
        fresh("apiVersion"): fresh("v1"),
        "kind": fresh("Secret"),
        "metadata": {
            "name": name,
            "namespace": fresh("team-a"),
            "labels": {fresh("example.com/role"): fresh("worker")},
            **metadata,
        },
    }


def test_a_copy_is_equal():
    """Only equal texts are shared; the input is left as it is."""
    obj = make("a")
    obj["spec"] = {"list": [[1, {"a": None}], "x", 2.5]}
    before = copy.deepcopy(obj)

    assert Slimmer(Interner())(obj) == before
    assert obj == before


def test_odd_shapes_survive():
    """Metadata that is missing or no map, and annotations that are null, do no harm."""
    slim = Slimmer(Interner())

    assert slim({"kind": "X"}) == {"kind": "X"}
    assert slim({"metadata": "text"}) == {"metadata": "text"}
    assert slim({"metadata": {"annotations": None}}) == {"metadata": {"annotations": None}}


def test_deep_nesting_is_kept():
    """An object nested deeper than the copy goes is stored as it came."""
    obj = {"metadata": {"name": "a"}}
    inner = obj
    for _ in range(300):
        inner["n"] = {"l": [[]]}
        inner = inner["n"]

    assert Slimmer(Interner())(obj) == obj


def test_equal_texts_are_one():
    """Namespaces, kinds, field names, label names and values of two objects are identical."""
    slim = Slimmer(Interner())
    one, two = slim(make("a")), slim(make("b"))

    assert one["metadata"]["namespace"] is two["metadata"]["namespace"]
    assert one["apiVersion"] is two["apiVersion"]
    assert next(iter(one)) is next(iter(two))
    (name,), (other,) = one["metadata"]["labels"], two["metadata"]["labels"]
    assert name is other
    assert one["metadata"]["labels"][name] is two["metadata"]["labels"][name]


def test_the_table_of_texts_is_bounded():
    """The table never holds more than its limit, and takes no long text."""
    interner = Interner(max_texts=3)
    for number in range(10):
        interner.text(f"text-{number}")

    assert len(interner) <= 3

    long = "x" * (SHARED_TEXT_CHARACTERS + 1)
    assert interner.text(long) is long
    assert "".join(["x"] * (SHARED_TEXT_CHARACTERS + 1)) not in interner._texts


def test_a_chain_goes_in_order():
    """A second transform sees what the first made; without one the first is used alone."""
    slim = Slimmer(Interner())

    assert chain(slim, None) is slim
    assert chain(lambda _: {"first": 1}, lambda obj: {**obj, "second": 2})({}) == {
        "first": 1,
        "second": 2,
    }


def lifecycle(text):
    reference = {"key": "a", "nameTemplate": "".join(list(text)), "namespaceTemplate": text[:]}
    return {
        "spec": {
            "template": "".join(list(text)),
            "creationCondition": "".join(list(text)),
            "references": [reference],
            "source": {"name": "".join(list(text))},
        }
    }


def test_all_lifecycles_of_a_policy_have_one_copy_of_its_templates():
    """They are most of what a lifecycle is; other long texts are hardly ever equal."""
    slim = Slimmer(Interner())
    text = "x" * 4000
    first, second = slim(lifecycle(text))["spec"], slim(lifecycle(text))["spec"]

    for field in ("template", "creationCondition"):
        assert first[field] is second[field]
    for field in ("nameTemplate", "namespaceTemplate"):
        assert first["references"][0][field] is second["references"][0][field]
    assert first["source"]["name"] is not second["source"]["name"]


def test_templates_that_are_shared_have_a_bound():
    """The table starts over; one larger than all of it is not kept at all."""
    interner = Interner()
    kept = "a" * (SHARED_TEMPLATES_CHARACTERS - 1)
    assert interner.template(kept) is kept
    assert interner.template("b" * 1) == "b"
    assert interner.template("".join(["a"] * (SHARED_TEMPLATES_CHARACTERS - 1))) is kept

    interner.template("c" * 2)
    again = "".join(["a"] * (SHARED_TEMPLATES_CHARACTERS - 1))
    assert interner.template(again) is again

    large = "d" * (SHARED_TEMPLATES_CHARACTERS + 1)
    assert interner.template(large) is large
    assert interner.template(again) is again


def test_parts_that_are_equal_in_many_objects_are_one():
    """Owner, labels, references and conditions of a policy's lifecycles, each with its own name."""
    slim = Slimmer(Interner())

    def lifecycle(name, **changes):
        conditions = [{"type": "Created", "status": "True"}, {"type": "Ready", "since": name}]
        made = make(name, ownerReferences=[{"uid": "u", "controller": True}])
        return made | {
            "spec": {"references": [{"key": "a"}], "syncResources": [{"resources": ["pods"]}]},
            "status": {"conditions": conditions},
            **changes,
        }

    one, other = slim(lifecycle("one")), slim(lifecycle("two"))
    assert (one, other) == (lifecycle("one"), lifecycle("two"))
    for field in ("ownerReferences", "labels"):
        assert one["metadata"][field] is other["metadata"][field]
    for field in ("references", "syncResources"):
        assert one["spec"][field] is other["spec"][field]
    assert one["status"]["conditions"][0] is other["status"]["conditions"][0]
    assert one["status"]["conditions"] is not other["status"]["conditions"]
    third = slim(lifecycle("three", spec={"references": [{"key": "b"}]}))
    assert third["spec"]["references"] == [{"key": "b"}]


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ("1", 1), (None, "")])
def test_parts_that_python_takes_for_equal_stay_what_they_are(one, other):
    """A number is no truth, and written otherwise it is another one."""
    slim = Slimmer(Interner())
    for value in (one, other):
        (found,) = slim({"conditions": [{"x": value}]})["conditions"]
        assert (found["x"], type(found["x"])) == (value, type(value))


def test_the_order_of_a_parts_fields_is_kept():
    """What is written of an object is written as it came."""
    slim = Slimmer(Interner())
    assert list(slim({"labels": {"a": "1", "b": "2"}})["labels"]) == ["a", "b"]
    assert list(slim({"labels": {"b": "2", "a": "1"}})["labels"]) == ["b", "a"]


def test_parts_that_are_shared_have_a_bound():
    """In size and in number; what is beyond is kept all the same."""
    interner = Interner()
    slim = Slimmer(interner)
    large = [{"x": "y" * SHARED_PART_BYTES}]
    assert (
        slim({"references": large})["references"] is not slim({"references": large})["references"]
    )
    for number in range(3 * SHARED_PARTS):
        assert slim({"references": [number]}) == {"references": [number]}
        assert len(interner._parts) <= SHARED_PARTS
