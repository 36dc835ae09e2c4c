"""Whose connection goes when there is room for no more."""

import socket

from hypothesis import given
from hypothesis import strategies as st

from clusterimport.observability.connections import HttpConnection, HttpConnections

CLOSED = socket.socket()
CLOSED.close()


def connection(peer):
    return HttpConnection(CLOSED, peer, 0.0, None)


def held(connections):
    """Return how many each peer has."""
    counts = {}
    for each in connections:
        counts[each.peer] = counts.get(each.peer, 0) + 1
    return counts


def test_t55_the_peer_that_holds_the_most_loses_its_oldest():
    """Not who came first, and not who has few."""
    connections = HttpConnections(4)
    few, first, second, third = (connection(peer) for peer in ("few", "many", "many", "many"))
    for each in (few, first, second, third):
        assert not connections.is_full
        connections.add(each)

    assert connections.is_full
    assert connections.dispensable() is first
    connections.remove(first)
    assert not connections.is_full
    assert connections.dispensable() is second
    connections.remove(second)
    assert connections.dispensable() is few, "of equals the one who has been there longest"


def test_t55_of_one_peer_the_newest_stays():
    """Who shares an address with an attacker is answered while there is time for one request."""
    connections = HttpConnections(3)
    everything = [connection("node") for _ in range(10)]
    for each in everything:
        if connections.is_full:
            connections.remove(connections.dispensable())
        connections.add(each)

    assert list(connections) == everything[-3:]


def test_a_connection_is_forgotten_once():
    """To close it twice takes no place from anybody."""
    connections = HttpConnections(1)
    one = connection("a")
    connections.add(one)
    assert one in connections

    connections.remove(one)
    connections.remove(one)
    assert one not in connections
    assert connections.dispensable() is None
    connections.add(connection("a"))
    assert connections.is_full


@given(st.lists(st.integers(0, 40), max_size=300))
def test_t55_who_needs_no_more_than_a_share_loses_nothing(peers):
    """However many addresses there are, none loses one while another holds two more."""
    connections = HttpConnections(8)
    for peer in peers:
        if connections.is_full:
            victim = connections.dispensable()
            counts = held(connections)
            assert counts[victim.peer] == max(counts.values())
            connections.remove(victim)
        connections.add(connection(str(peer)))
        assert sum(held(connections).values()) <= 8
