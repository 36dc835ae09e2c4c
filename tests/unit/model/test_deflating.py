"""Texts made small while nobody looks at them."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.model.deflating import deflated, inflated
from development.bench import platform

RUN = b64encode(bytes(range(256)) * 2)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        RUN,
        RUN * 2,
        b'{"a":"' + RUN + b'","b":"' + RUN + b'"}',
        RUN + b"=",
        RUN[:-1],
        # Bits behind the last byte, which decoding drops.
        RUN[:-2] + b"x=",
        b"A" * 257,
    ],
)
def test_every_text_comes_back(text: bytes) -> None:
    """Also where what looks like base64 is none, or not as an encoder would write it."""
    assert inflated(deflated(text)) == text


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.binary(min_size=180, max_size=400).map(b64encode),
            st.text("AZaz09+/=", min_size=250, max_size=300).map(str.encode),
        ),
        max_size=6,
    ).map(b"".join)
)
def test_no_text_comes_back_otherwise(text: bytes) -> None:
    """Whatever is beside or between runs of base64."""
    assert inflated(deflated(text)) == text


def test_a_kubeconfig_in_a_secret_takes_half() -> None:
    """Of which deflate alone would leave two thirds."""
    secret, _ = platform.creation(1)
    assert len(deflated(secret.body)) < 0.55 * len(secret.body)
