"""What an informer watches, and which of its states are news."""

import pytest

from clusterimport.informers import InformerSpec, InformerStatus, Keep
from clusterimport.kube import errors
from clusterimport.model.gvr import POLICIES, SECRETS
from tests.fakes.informers.faults import refused

FAILING = InformerStatus(error=refused(), error_since=1.0)


def test_every_part_shows_and_different_specs_differ():
    """Whatever makes two specs different makes their texts different."""
    specs = [
        InformerSpec(SECRETS),
        InformerSpec(POLICIES),
        InformerSpec(SECRETS, namespace="a"),
        InformerSpec(SECRETS, label_selector="a"),
        InformerSpec(SECRETS, field_selector="a"),
        InformerSpec(SECRETS, keep=Keep.IDENTITY),
    ]

    assert str(specs[0]) == "secrets.v1.core"
    assert len({str(spec) for spec in specs}) == len(specs)


@pytest.mark.parametrize(
    "other",
    [
        InformerStatus(),
        InformerStatus(synced=True, error=refused(), error_since=1.0),
        InformerStatus(error=errors.TransportError("x", reason="Timeout"), error_since=1.0),
        InformerStatus(error=errors.Forbidden(403), error_since=1.0),
        InformerStatus(error=refused(), error_since=1.0, type_missing=True),
    ],
)
def test_another_sync_error_or_type_is_news(other):
    """Sync, presence, class and reason of the error, and a missing type make a difference."""
    assert FAILING.differs_from(other)
    assert other.differs_from(FAILING)


def test_another_text_or_time_is_no_news():
    """The same kind of error with another text, or since another time, is the same."""
    again = InformerStatus(
        error=errors.TransportError("refused, attempt 2", reason="ConnectionRefused"),
        error_since=9.0,
    )

    assert not FAILING.differs_from(again)
