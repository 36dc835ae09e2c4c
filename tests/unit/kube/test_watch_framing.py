"""Lines out of chunks."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterimport.kube.errors import StreamError
from clusterimport.kube.watch import LineSplitter

LINES = st.lists(st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")))


def cut(data: bytes, positions: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(position, len(data)) for position in positions), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@settings(deadline=None)  # other processes may hold the core
@given(lines=LINES, positions=st.lists(st.integers(0, 400)))
def test_chunking_does_not_matter(lines, positions):
    """However the bytes are cut, the same lines come out, without the blank ones."""
    splitter = LineSplitter()
    data = b"".join(line + b"\n" for line in lines)

    received = [line for chunk in cut(data, positions) for line in splitter.feed(chunk)]

    assert received == [line for line in lines if line.strip()]
    assert not splitter.has_partial_line


@settings(deadline=None)  # other processes may hold the core
@given(lines=LINES, tail=st.binary(min_size=1).filter(lambda data: b"\n" not in data))
def test_an_unfinished_line_is_kept_back(lines, tail):
    """What has no newline yet is not a line, and is completed by the next chunk."""
    splitter = LineSplitter()
    splitter.feed(b"".join(line + b"\n" for line in lines) + tail)

    assert splitter.has_partial_line == bool(tail.strip())
    expected = [tail + b"x"]
    assert splitter.feed(b"x\n") == expected
    assert not splitter.has_partial_line


@settings(deadline=None)  # other processes may hold the core
@given(size=st.integers(0, 40), chunk_size=st.integers(1, 50))
def test_the_limit_is_exact(size, chunk_size):
    """A line of the limit passes and one byte more raises, complete or not."""
    splitter = LineSplitter(max_line_bytes=20)
    data = b"x" * size + b"\n"
    chunks = [data[start : start + chunk_size] for start in range(0, len(data), chunk_size)]

    if size > 20:
        with pytest.raises(StreamError) as caught:
            [splitter.feed(chunk) for chunk in chunks]
        assert caught.value.reason == "AnswerTooLarge"
    else:
        assert sum(len(splitter.feed(chunk)) for chunk in chunks) == bool(size)


def test_a_long_line_behind_a_short_one_is_refused():
    """The limit holds for every line of a chunk."""
    splitter = LineSplitter(max_line_bytes=3)

    with pytest.raises(StreamError):
        splitter.feed(b"ab\nabcd\n")


def test_each_byte_is_searched_once():
    """However a line is cut into chunks, only what is new of it is looked through."""
    searched = []

    class Chunk(bytes):
        def split(self, *separator):
            searched.append(len(self))
            return super().split(*separator)

    class Tail(bytearray):
        def __iadd__(self, more):
            self.extend(more)
            return self

        def split(self, *_):
            raise AssertionError("what was searched is searched again")

        find = partition = split

    splitter = LineSplitter()
    splitter._tail = Tail()
    for _ in range(1000):
        assert splitter.feed(Chunk(b"x" * 64)) == []

    assert splitter.feed(Chunk(b"\n")) == [b"x" * 64_000]
    assert sum(searched) == 64_001
