"""Base64, base32 and the hashes, against Go's own answers."""

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('b64enc "h é"', "aCDDqQ=="),
        ('b64dec "YWJj"', "abc"),
        ('b64dec "YQ=="', "a"),
        ('b64dec "/w==" | b64enc', "/w=="),
        ('b64dec "YW\\nJj\\r\\n"', "abc"),
        ('b64dec "YQ\\n=\\n=\\n"', "a"),
        ('b64dec "YR=="', "a"),
        ('b64dec ""', ""),
        ('b64dec "YW Jj"', "illegal base64 data at input byte 2"),
        ('b64dec "YWJj="', "illegal base64 data at input byte 4"),
        ('b64dec "YQ="', "illegal base64 data at input byte 3"),
        ('b64dec "YQ==x"', "illegal base64 data at input byte 4"),
        ('b64dec "YQ=x"', "illegal base64 data at input byte 2"),
        ('b64dec "YQ=\\nx"', "illegal base64 data at input byte 3"),
        ('b64dec "Y"', "illegal base64 data at input byte 0"),
        ('b64dec "=YWJ"', "illegal base64 data at input byte 0"),
        ('b64dec "Y==="', "illegal base64 data at input byte 1"),
        ('b64dec "YWI=YWI="', "illegal base64 data at input byte 4"),
        ('b64dec "YW-_"', "illegal base64 data at input byte 2"),
        ('b64dec "\\xff"', "illegal base64 data at input byte 0"),
    ],
)
def test_base64(expression, output):
    """Decoding skips line breaks and returns its errors as text."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('b32enc "foo"', "MZXW6==="),
        ('b32dec "MZXW6==="', "foo"),
        ('b32dec "MZXW6YTB"', "fooba"),
        ('b32dec "MZXW\\n6==="', "foo"),
        ('b32dec ""', ""),
        ('b32dec "MZXQ====AB"', "fo"),
        ('b32dec "MZXQ====ABCDEFGH"', "illegal base32 data at input byte 4"),
        ('b32dec "MZXQ==="', "illegal base32 data at input byte 7"),
        ('b32dec "MZ"', "illegal base32 data at input byte 0"),
        ('b32dec "MZXQ=A=="', "illegal base32 data at input byte 4"),
        ('b32dec "MZX====="', "illegal base32 data at input byte 3"),
        ('b32dec "M======="', "illegal base32 data at input byte 1"),
        ('b32dec "mzxw6"', "illegal base32 data at input byte 0"),
        ('b32dec "MZXW6YTBMZXW6YTB1"', "illegal base32 data at input byte 16"),
        ('b32dec "MZXW6YTB========"', "illegal base32 data at input byte 8"),
    ],
)
def test_base32(expression, output):
    """Base32 overlooks a little after complete padding."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('sha1sum "abc"', "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ('sha256sum "é"', "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"),
        ('adler32sum "hello"', "103547413"),
    ],
)
def test_hashes(expression, output):
    """Hashes are of the bytes."""
    assert goanswers.rendered(expression) == output
