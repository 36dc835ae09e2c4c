"""Sources that wait for a name."""

from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.shared.claims import NameClaims
from clusterimport.model.meta import ObjectKey

A = SourceKey("mcp", ObjectKey("team", "a"))
B = SourceKey("mcp", ObjectKey("team", "b"))
C = SourceKey("other", ObjectKey("", "c"))


def test_those_who_wait_are_told_once_in_order():
    """A free name is offered to all who waited for it, whoever came first, and only once."""
    claims = NameClaims()
    for source in (C, B, A, B):
        claims.wait("one", source)

    assert claims.release("two") == ()
    assert claims.release("one") == (A, B, C)
    assert claims.release("one") == ()


def test_a_source_waits_for_one_name_only():
    """With another name the wait for the first has ended."""
    claims = NameClaims()
    claims.wait("one", A)
    claims.wait("one", B)
    claims.wait("two", A)

    assert claims.release("one") == (B,)
    assert claims.release("two") == (A,)


def test_a_dropped_source_is_not_told():
    """A source that is gone waits for nothing, and dropping it again is harmless."""
    claims = NameClaims()
    claims.wait("one", A)
    claims.drop(A)
    claims.drop(A)
    claims.drop(B)
    assert claims.release("one") == ()
    claims.wait("one", A)

    assert claims.release("one") == (A,)


def test_nothing_is_kept_of_what_ended():
    """Released and dropped waits leave no entry behind."""
    claims = NameClaims()
    claims.wait("one", A)
    claims.wait("two", B)
    claims.release("one")
    claims.drop(B)

    assert claims._by_name == {}
    assert claims._by_source == {}


def test_a_source_key_is_readable():
    """Logs show the policy and the source."""
    assert str(A) == "mcp:team/a"
    assert str(C) == "other:c"
