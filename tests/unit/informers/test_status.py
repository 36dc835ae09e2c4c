"""When a status is news."""

import pytest

from clusterimport.informers import InformerStatus
from clusterimport.kube import errors
from tests.fakes.informers.faults import refused

FAILING = InformerStatus(error=refused(), error_since=1.0)


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
