"""What is refused: functions by name, calls that would need the clock, and the registry."""

import pytest

from clusterimport.gotemplate import sprig
from clusterimport.gotemplate.errors import ExecError, FunctionError, RefusedFunctionError
from clusterimport.gotemplate.functions import Function, Refused, Structure
from clusterimport.gotemplate.sprig import dates, refused
from clusterimport.gotemplate.template import Template
from tests.fakes.gotemplate import goanswers


def test_every_name_of_sprig_is_known():
    """Sprig 3.2.2 has 210 functions, 26 of which are refused."""
    kinds = [type(entry) for entry in sprig.FUNCTIONS.values()]

    assert len(kinds) == 210
    assert kinds.count(Refused) == 26
    assert kinds.count(Function) == 184
    assert all(entry.name == name for name, entry in sprig.FUNCTIONS.items())


def test_a_name_may_be_declared_once_only():
    """Two families with the same function are a mistake found at import."""
    family = {"now": Refused("now", "clock")}

    with pytest.raises(ValueError, match="now is declared twice"):
        sprig._merged([family, family])
    with pytest.raises(ValueError, match="under another name"):
        sprig._merged([{"then": family["now"]}])


@pytest.mark.parametrize("name", sorted(refused.FUNCTIONS))
def test_refused_functions_are_refused_in_dead_branches_too(name):
    """A refused name is an error of parsing that tells the reason."""
    with pytest.raises(RefusedFunctionError) as caught:
        Template(f"{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}")

    assert caught.value.function == name
    assert caught.value.reason == refused.FUNCTIONS[name].reason


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ('date "2006" nil', "date"),
        ('date "2006" "2020"', "date"),
        ('dateInZone "2006" 1.5 "UTC"', "dateInZone"),
        ("htmlDate .missing", "htmlDate"),
        ('htmlDateInZone "x" "UTC"', "htmlDateInZone"),
        ('durationRound (toDate "2006" "2020")', "durationRound"),
    ],
)
def test_a_date_that_means_now_is_refused(call, name):
    """Where Go would take the current time, the call fails and names the function."""
    message = goanswers.failure(call)

    assert f"error calling {name}" in message


def test_a_refused_call_names_its_function():
    """The error of a refused call tells the conformance mode whom it was."""
    with pytest.raises(FunctionError) as caught:
        dates.duration_round(goanswers.meter(), dates.ZERO_TIME)

    assert caught.value.refused == "durationRound"


@pytest.mark.parametrize(
    ("call", "output"),
    [
        ('date "2006-01-02 15:04 MST" 0', "1970-01-01 00:00 UTC"),
        ("htmlDate 1700000123", "2023-11-14"),
        ('date "15:04 MST" (toDate "15:04 -0700" "12:00 +0200")', "10:00 UTC"),
        ('dateInZone "15:04 MST" 0 "Local"', "00:00 UTC"),
        ('(toDate "2006" "2020").In (toDate "2006 -0700" "2020 +0530").Location', None),
    ],
)
def test_the_local_zone_is_utc(call, output):
    """No function looks at the zone of the controller."""
    assert goanswers.rendered(call) == (output or "2020-01-01 05:30:00 +0530 +0530")


def test_functions_tell_what_they_do_to_maps_and_documents():
    """Changing a map and making structure are marked, and nothing else is."""
    functions = [entry for entry in sprig.FUNCTIONS.values() if isinstance(entry, Function)]
    marked = {f.name for f in functions if f.mutates}
    making = {f.name for f in functions if f.structure is Structure.MAKES}
    quoting = {f.name for f in functions if f.structure is Structure.QUOTES}
    keeping = {f.name for f in functions if f.structure is Structure.KEEPS}

    assert marked == {
        "set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite",
    }  # fmt: skip
    assert making == {
        "toJson", "mustToJson", "toPrettyJson", "mustToPrettyJson", "toRawJson", "mustToRawJson",
    }  # fmt: skip
    assert quoting == {"quote", "squote"}
    assert keeping == {"indent", "nindent", "trim"}


def test_the_order_of_maps_is_that_of_their_keys():
    """Go's order is random; ours is sorted, map by map."""
    assert goanswers.rendered('keys (dict "b" 1 "a" 2) (dict "c" 1 "a" 2)') == "[a b a c]"
    assert goanswers.rendered('values (dict "b" 1 "a" 2)') == "[2 1]"


def test_an_author_sees_his_own_failure():
    """The text of fail reaches the error of rendering."""
    with pytest.raises(ExecError, match="error calling fail: not today"):
        Template('{{ fail "not today" }}').render({})
