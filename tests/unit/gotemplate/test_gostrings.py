"""Go's strings are bytes."""

from clusterimport.gotemplate import gostrings


def test_bytes_survive():
    """Bytes that are no UTF-8 come back unchanged, and cut runes can meet again."""
    data = b"a\xc3\xa9\xff"
    text = gostrings.from_bytes(data)
    assert gostrings.to_bytes(text) == data
    halves = gostrings.from_bytes(b"\xc3") + gostrings.from_bytes(b"\xa9")
    assert halves != "é"
    assert gostrings.joined(halves) == "é"
    assert gostrings.joined("plain") == "plain"


def test_byte_length():
    """The length of a string counts bytes."""
    assert gostrings.byte_len("abc") == 3
    assert gostrings.byte_len("日本") == 6
    assert gostrings.byte_len(gostrings.from_bytes(b"\xff")) == 1


def test_key_order():
    """Keys are ordered by their bytes, stray bytes included."""
    assert gostrings.sorted_keys(["b", "a", "_", "9", "10", "C"]) == ["10", "9", "C", "_", "a", "b"]
    stray = gostrings.from_bytes(b"\x80")
    assert gostrings.sorted_keys(["é", stray, "a"]) == ["a", stray, "é"]
