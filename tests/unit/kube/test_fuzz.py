"""A short run of the watch decoder's fuzzer; `make fuzz-watch` runs it for longer."""

import pytest

from clusterimport.kube.decoding import cut_event
from clusterimport.model.objects import UnusableObject
from tests.fuzz.__main__ import run
from tests.fuzz.watchlines import Lines


@pytest.mark.slow
async def test_t01_no_line_and_no_list_does_harm():
    """Hostile lines end no stream, lists raise one error only, and what json reads is the same."""
    assert await run(150, seed=51) == []


async def test_t01_the_identity_of_a_deep_object_is_never_lost():
    """Wherever in an object the depth is, and in whatever order its members come."""
    lines = Lines(51)
    for _ in range(15):
        line, identity = lines.deep_event()
        event = await cut_event(line)
        obj = event.object

        assert event.type == "MODIFIED"
        assert isinstance(obj, UnusableObject)
        assert (obj.api_version, obj.namespace, obj.name, obj.uid, obj.resource_version) == identity
