"""Categories of characters, of Go's Unicode."""

import unicodedata

import pytest

from clusterimport.gotemplate.unicodes import category


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x41, "Lu"),
        (0xE9, "Ll"),
        (0x294, "Lo"),
        (0x295, "Lo"),
        (0x88E, "Lo"),
        (0x88F, "Lo"),
        (0x890, "Cf"),
        (0x20C1, "Sc"),
        (0xA7CE, "Lu"),
        (0xA7CF, "Ll"),
        (0x10D40, "Nd"),
        (0x10D49, "Nd"),
        (0x13439, "Cf"),
        (0x31350, "Lo"),
        (0x33479, "Lo"),
        (0x3347A, "Cn"),
        (0x10FFFF, "Cn"),
    ],
)
def test_categories(code, name):
    """What Unicode 15 to 17 added is known, whatever Python knows."""
    assert category(chr(code)) == name


def test_old_characters_are_python_s():
    """Characters that Python knows, but for two that were changed, keep Python's category."""
    known = [chr(code) for code in range(0x30000) if unicodedata.category(chr(code)) != "Cn"]
    changed = {char for char in known if category(char) != unicodedata.category(char)}
    assert changed <= {"\u0295", "\U0001171e"}
