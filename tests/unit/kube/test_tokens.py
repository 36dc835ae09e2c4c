"""Values of the Authorization header."""

from pathlib import Path

import pytest

from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.tokens import FileToken, StaticToken
from tests.fakes.aio.manualclock import ManualClock


async def test_a_static_token_is_a_bearer_and_never_renewed():
    """It is sent as it is, does not show in a repr, and a 401 changes nothing."""
    token = StaticToken("canary\n")

    assert await token.authorization() == "Bearer canary"
    assert await token.renew() is False
    assert "canary" not in repr(token)
    assert await StaticToken("").authorization() == ""


@pytest.mark.parametrize("token", ["a b", "a\r\nX-Header: b", "ä", "\n", "a\x00"])
def test_a_token_that_would_break_a_header_is_refused(token):
    """Only visible ASCII can be sent; the refusal does not quote it."""
    with pytest.raises(KubeConfigError) as caught:
        StaticToken(token)

    assert token not in str(caught.value)


async def test_a_file_is_read_again_every_minute(tmp_path: Path):
    """A rotated token is used a minute later at the latest, without any request failing."""
    clock, file = ManualClock(), tmp_path / "token"
    file.write_text("one\n")
    token = FileToken(file, clock=clock)
    file.write_text("two\n")

    clock.advance(59)
    assert await token.authorization() == "Bearer one"
    clock.advance(1)
    assert await token.authorization() == "Bearer two"


async def test_a_401_reads_the_file_at_once(tmp_path: Path):
    """Renewing tells whether the file holds another token."""
    clock, file = ManualClock(), tmp_path / "token"
    file.write_text("one")
    token = FileToken(file, clock=clock)

    assert await token.renew() is False
    file.write_text("two")
    assert await token.renew() is True
    assert await token.authorization() == "Bearer two"


async def test_a_file_that_vanishes_leaves_the_last_token(tmp_path: Path):
    """While a token is swapped, or is empty, the one in hand is used."""
    clock, file = ManualClock(), tmp_path / "token"
    file.write_text("one")
    token = FileToken(file, clock=clock)
    for spoil in (file.unlink, lambda: file.write_text("")):
        spoil()
        clock.advance(60)
        assert await token.authorization() == "Bearer one"
        assert await token.renew() is False


def test_a_missing_file_is_told_by_its_path(tmp_path: Path):
    """At the start there is nothing to fall back on."""
    with pytest.raises(KubeConfigError, match=r"nothing: token not readable: No such file"):
        FileToken(tmp_path / "nothing", clock=ManualClock())
