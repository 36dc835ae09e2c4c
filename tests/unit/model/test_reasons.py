"""Every reason of a condition is explained."""

import ast
import re
from pathlib import Path

import clusterimport
from clusterimport.model.healthreasons import HEALTH_REASONS, PEDIACLUSTER_REASONS
from clusterimport.model.reasons import DELETION_REASONS, IMPORT_REASONS, POLICY_REASONS

PACKAGE = Path(clusterimport.__file__).parent
PLACES = (
    *sorted((PACKAGE / "controllers").rglob("*.py")),
    *(
        PACKAGE / name
        for name in (
            "engine/ambiguity.py",
            "engine/errors.py",
            "engine/ownership.py",
            "informers/keeping.py",
            "kube/decoding.py",
            "model/objects.py",
            "probing/result.py",
        )
    ),
)
TABLES = (
    POLICY_REASONS,
    DELETION_REASONS,
    IMPORT_REASONS,
    HEALTH_REASONS,
    PEDIACLUSTER_REASONS,
)
EXPLAINED = {name: each for table in TABLES for name, each in table.items()}
WORD = re.compile(r"[A-Z][a-zA-Z]+")

# A new word in CamelCase is either a reason, and explained, or one of these.
CONDITIONS = {
    *("AmbiguousNames", "ClusterHealthy", "Created", "DeletionBlocked", "Observed", "Ready"),
    *("Reconciling", "SynchroRunning", "Updating", "Validated", "CredentialExpiring"),
    *("True", "False", "Unknown"),
}
ACTIONS = {"Import", "Delete", "Reconcile", "Probe", "Normal", "Warning"}
CLASSES = {
    *("Block", "CustomResourceDefinitions", "Event", "ImportTerm", "Read", "Regarding", "Releases"),
    "Turnstiles",
}
PREFIXES = {"Source", "Reference"}
BEHIND_A_PREFIX = {"TooLarge", "NotReadable", "ShareExceeded"}
# What is referred to and has no room is read instead.
NEVER_MADE = {"ReferenceShareExceeded"}
NOT_TOLD = {  # of what is deleted, or stays
    *("LifecycleGone", "PolicyGone", "Renamed", "SourceGone", "SourceNotSelected"),
    *("SourceTypeChanged", "Wanted"),
}
OF_SYNCHRO = {"Pending", "WaitInit"}
OF_STREAMS = {"ERROR"}


def words():
    """Return the words in CamelCase of the places where reasons come from."""
    found = set()
    for path in PLACES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and WORD.fullmatch(node.value):
                found.add(node.value)
    return found


def test_every_reason_in_the_code_is_explained():
    """What a condition may say stands in the documentation, with what to do."""
    known = ACTIONS | CLASSES | PREFIXES | BEHIND_A_PREFIX | NOT_TOLD | OF_SYNCHRO | OF_STREAMS
    made = {prefix + word for prefix in PREFIXES for word in BEHIND_A_PREFIX} - NEVER_MADE

    assert words() - known - CONDITIONS - EXPLAINED.keys() == set()
    assert made <= EXPLAINED.keys()


def test_nothing_is_explained_that_no_code_says():
    """A reason that is gone is gone from the documentation."""
    made = {prefix + word for prefix in PREFIXES for word in BEHIND_A_PREFIX} - NEVER_MADE

    assert EXPLAINED.keys() - words() - made == set()
    assert len(EXPLAINED) == sum(map(len, TABLES)), "each once"


def test_an_explanation_fits_into_a_table():
    """One line each, without what ends a cell, and with what to do."""
    for name, each in EXPLAINED.items():
        assert each.cause, name
        assert each.remedy, name
        assert not re.search(r"[|\n]", each.cause + each.remedy), name
        assert not each.cause.endswith("."), name
