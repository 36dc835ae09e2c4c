"""The garbage collector, as a replica has it."""

import gc

import pytest

from clusterimport.app.heap import settle_heap


@pytest.fixture
def collector():
    """Put back what the other tests have."""
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_what_is_loaded_is_never_looked_at_again():
    """Modules stay for ever; only what comes later is anybody's garbage."""
    settle_heap()

    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 1000
    assert gc.get_threshold()[0] > 700
    assert gc.isenabled()
