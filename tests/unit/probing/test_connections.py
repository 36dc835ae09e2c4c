"""Which connections are kept: how many, whose, and that the rest is closed."""

import random

import pytest
from structlog.testing import capture_logs

from clusterimport.probing.connections import CONNECTION_BYTES, Capacity, Kept, KeptConnections

MIB = 1 << 20


class _Probe:
    """A keeper of one connection."""

    def __init__(self, books: "_Books", tenant: str) -> None:
        self.tenant = tenant
        self.kept: Kept | None = None
        self._books = books

    def keep(self, weight: int = CONNECTION_BYTES, trust_id: int = 0, trust: int = 0) -> bool:
        kept = Kept(self, weight, trust_id, trust)
        if self._books.subject.keep(kept):
            self.kept = kept
        return self.kept is kept

    def use(self) -> None:
        kept, self.kept = self.kept, None
        if kept is not None:
            self._books.subject.release(kept)

    def drop(self) -> None:
        assert self.kept is not None
        self.kept = None


class _Books:
    def __init__(self, connections: int = 1000, memory_bytes: int = 1 << 40) -> None:
        self.wants = 0
        capacity = Capacity(connections, memory_bytes, open_files=connections + 250)
        self.subject = KeptConnections(capacity, on_want=self._want)
        self.probes: list[_Probe] = []

    def probe(self, tenant: str = "a") -> _Probe:
        self.probes.append(_Probe(self, tenant))
        return self.probes[-1]

    def of(self, tenant: str) -> int:
        return sum(probe.kept is not None for probe in self.probes if probe.tenant == tenant)

    def _want(self) -> None:
        self.wants += 1


def test_t52_no_more_are_kept_than_there_is_room_for():
    """Those that are kept stay so round for round; the others are told, once in the log."""
    books = _Books(connections=344)
    probes = [books.probe() for _ in range(1000)]
    with capture_logs() as logs:
        for _ in range(3):
            for probe in probes:
                probe.use()
                probe.keep()
    kept = [probe for probe in probes if probe.kept]

    assert kept == probes[:344]
    assert books.wants == 3 * 656
    assert [line["event"] for line in logs] == ["not all clusters keep a connection between probes"]
    assert (logs[0]["connections"], logs[0]["open_files"]) == (344, 594)
    assert books.subject.note() == (
        "probe-connections 344 of 1000 clusters keep one, since there is room for 344 (limit of "
        f"open files: 594) and {(1 << 40) >> 20} MiB"
    )


def test_t52_a_tenant_makes_way_for_one_that_has_fewer():
    """The least recently used ones of the richest are closed, until both have as many."""
    books = _Books(connections=100)
    greedy = [books.probe("greedy") for _ in range(300)]
    for probe in greedy:
        probe.keep()
    greedy[0].use()
    greedy[0].keep()
    assert books.probe("other").keep()
    assert greedy[1].kept is None
    assert greedy[0].kept is not None
    for _ in range(200):
        books.probe("other").keep()
    assert (books.of("greedy"), books.of("other")) == (50, 50)
    assert books.probe("third").keep()
    assert books.of("third") == 1


def test_t51_a_shared_context_counts_once():
    """Hundreds of clusters behind one proxy may have a large bundle of CAs."""
    books = _Books(memory_bytes=32 * MIB)
    probes = [books.probe() for _ in range(500)]
    for probe in probes:
        assert probe.keep(trust_id=7, trust=MIB)
    assert books.subject._total_bytes == 500 * CONNECTION_BYTES + MIB
    for probe in probes:
        probe.use()
    assert books.subject._total_bytes == 0


def test_t52_connections_make_way_for_want_of_descriptors():
    """Some are closed at a time, of whoever has most; without any there is nothing to do."""
    books = _Books()
    for tenant, count in (("a", 30), ("b", 3)):
        for _ in range(count):
            books.probe(tenant).keep()
    assert books.subject.make_way()
    assert (books.of("a"), books.of("b")) == (14, 3)
    assert books.subject.make_way()
    assert books.subject.make_way()
    assert not books.subject.make_way()
    assert books.of("a") == books.of("b") == 0


def test_t52_who_is_gone_wants_nothing():
    """A probe that is closed for good counts no more, and with room for all nothing is noted."""
    books = _Books(connections=1)
    first, second = books.probe(), books.probe()
    first.keep()
    second.keep()
    assert "1 of 2 clusters" in books.subject.note()
    books.subject.forget(second)
    assert books.subject.note() == ""


@pytest.mark.parametrize("seed", range(20))
def test_t52_at_random_the_books_are_right(seed: int):
    """After any sequence counts and bytes are those of what is kept, and within the capacity."""
    dice = random.Random(seed)
    books = _Books(connections=12, memory_bytes=40 * CONNECTION_BYTES)
    probes = [books.probe(dice.choice("abc")) for _ in range(30)]
    for _ in range(500):
        probe = dice.choice(probes)
        if probe.kept:
            probe.use()
        else:
            trust = dice.randrange(4)
            weight = dice.choice((CONNECTION_BYTES, 3 * CONNECTION_BYTES))
            probe.keep(weight, hash((probe.tenant, trust)), trust * CONNECTION_BYTES)
        kept = [probe.kept for probe in probes if probe.kept]
        trusts = {one.trust_id: one.trust_weight for one in kept}
        subject = books.subject
        assert subject._count == len(kept) <= 12
        assert subject._total_bytes == sum(one.weight for one in kept) + sum(trusts.values())
        assert subject._total_bytes == subject._bytes.total() <= 40 * CONNECTION_BYTES
        assert set(subject._kept) == {probe.tenant for probe in probes if probe.kept}
