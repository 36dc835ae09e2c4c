"""client-go's own verdicts on certificates, keys and tokens, and ours; no Go is needed here."""

import base64

import pytest

from clusterimport import pki
from clusterimport.engine.assessment import check_usable
from clusterimport.engine.errors import IncompleteCredentials
from tests.golden.kubeconfigs import corpus
from tests.golden.kubeconfigs.corpus import Vector

VECTORS = corpus.read(corpus.MATERIALS)
_KINDS = {"ca": "ca", "certificate": "cert", "key": "key", "token": "token"}


def _case(vector: Vector) -> dict[str, bytes]:
    return {_KINDS[name]: base64.b64decode(text) for name, text in vector["case"].items()}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_t11_a_credential_is_usable_where_client_go_can_use_it(vector: Vector) -> None:
    """And nowhere else: import and probe ask the same judgement."""
    case = _case(vector)
    problem = ""
    try:
        check_usable({kind: f"spec.{kind}" for kind in case}, case, "correct it")
    except IncompleteCredentials as error:
        problem = error.message

    assert bool(problem) is ("unusable" in vector["answer"]), problem


@pytest.mark.parametrize("vector", [v for v in VECTORS if "ca" in v["case"]])
def test_t11_as_many_authorities_are_trusted_as_by_go(vector: Vector) -> None:
    """Whatever else is in the bundle, and at whatever place."""
    trusted = list(pki.read_authorities(_case(vector)["ca"]))

    assert len(trusted) == vector["answer"].get("authorities", 0)


def test_t11_the_table_has_cases_of_both_kinds() -> None:
    """A table that says one thing only would show nothing."""
    verdicts = ["unusable" in vector["answer"] for vector in VECTORS]

    assert min(verdicts.count(True), verdicts.count(False)) > 30
