"""What is taken for a request, and what an answer looks like on the wire."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.limits.listener import HTTP_HEAD_BYTES
from clusterimport.observability.messages import (
    HeadTooLargeError,
    HttpAnswer,
    HttpRequest,
    MalformedRequestError,
)

END = b"\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "request_"),
    [
        (b"GET / HTTP/1.1", HttpRequest("GET", "/")),
        (b"GET /metrics HTTP/1.0\r\nHost: x", HttpRequest("GET", "/metrics")),
        (b"HEAD /?verbose HTTP/1.1", HttpRequest("HEAD", "/", frozenset({"verbose"}))),
        (b"GET /?a=1&verbose=&& HTTP/1.1", HttpRequest("GET", "/", frozenset({"a", "verbose"}))),
        (b"GET http://controller:8080/healthz HTTP/1.1", HttpRequest("GET", "/healthz")),
        (b"GET / HTTP/1.1\r\nnot a field\x00\xff", HttpRequest("GET", "/")),
        (b"GET /\xff HTTP/1.1", HttpRequest("GET", "/\xff")),
    ],
)
def test_t55_a_request_is_its_first_line(head, request_):
    """Method, path and the names of the parameters; no field and no body changes anything."""
    assert HttpRequest.parse(head + END) == request_
    assert HttpRequest.parse(head + END + b"GET /other HTTP/1.1" + END) == request_


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET",
        b"GET /",
        b"GET / HTTP/2.0",
        b"GET  / HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"get / HTTP/1.1",
        b"GET metrics HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"CONNECT controller:8080 HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"GET / HTTP/1.1\n",
    ],
)
def test_t55_what_has_no_request_line_is_malformed(head):
    """Nothing is guessed."""
    with pytest.raises(MalformedRequestError):
        HttpRequest.parse(head + END)


@pytest.mark.parametrize("start", [b"\x16\x03\x01\x02\x00\x01", b"\x00", b"\r\n", b" GET /", b"{"])
def test_t55_what_cannot_become_a_request_is_not_waited_for(start):
    """TLS on a port without, or garbage, is known by its first byte."""
    with pytest.raises(MalformedRequestError):
        HttpRequest.parse(start)


def test_t55_a_head_has_its_most_bytes_whatever_they_are():
    """One large field, many small ones, a long address: complete or not, and one byte decides."""
    for filling in (b"X: " + b"a" * HTTP_HEAD_BYTES, b"X: a\r\n" * HTTP_HEAD_BYTES):
        head = b"GET / HTTP/1.1\r\n" + filling
        assert HttpRequest.parse(head[: HTTP_HEAD_BYTES - 1]) is None
        assert HttpRequest.parse(head[: HTTP_HEAD_BYTES - 4] + END) == HttpRequest("GET", "/")
        with pytest.raises(HeadTooLargeError):
            HttpRequest.parse(head[:HTTP_HEAD_BYTES])
        with pytest.raises(HeadTooLargeError):
            HttpRequest.parse(head[: HTTP_HEAD_BYTES - 3] + END)
    with pytest.raises(HeadTooLargeError):
        HttpRequest.parse(b"A" * HTTP_HEAD_BYTES)


@given(
    st.binary(max_size=200) | st.from_regex(rb"GET /[a-z?&]*( HTTP/1.1(\r\n.*)*)?", fullmatch=True)
)
def test_t55_any_bytes_are_a_request_or_refused_or_waited_for(data):
    """There is no fourth, and what was a request stays the same one whatever follows."""
    try:
        parsed = HttpRequest.parse(data)
    except MalformedRequestError:
        return
    if parsed is not None:
        assert HttpRequest.parse(data + b"\r\n\r\nmore") == parsed


def test_an_answer_is_the_last_of_its_connection():
    """It says so, how long it is, and what else is given."""
    answer = HttpAnswer(HTTPStatus.METHOD_NOT_ALLOWED, b"no\n", fields=("Allow: GET",))

    lines = answer.head().split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 405 Method Not Allowed"
    assert {b"Connection: close", b"Content-Length: 3", b"Allow: GET"} < set(lines)
    assert lines[-2:] == [b"", b""]


def test_three_fields_are_looked_at_and_the_token_is_not_shown():
    """Whatever their letters; of one that comes twice both values, so that two tokens are none."""
    head = (
        b"GET / HTTP/1.1\r\nHost: x\r\nAUTHORIZATION: Bearer a\r\naccept:text/plain\r\n"
        b"Accept: b\r\nno field\r\nAuthorization: Bearer b\r\n\r\n"
    )
    request = HttpRequest.parse(head, "192.0.2.1")
    assert request is not None
    assert request.peer == "192.0.2.1"
    assert request.fields == {"authorization": "Bearer a, Bearer b", "accept": "text/plain, b"}
    assert "Bearer" not in repr(request)


def test_a_body_is_no_field():
    """What comes after the head is not read."""
    request = HttpRequest.parse(b"GET / HTTP/1.1\r\n\r\nAuthorization: Bearer a\r\n\r\n")
    assert request is not None
    assert request.fields == {}


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP ; q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("gzipped, x-gzip", False),
        ("identity;q=0, gzip;a=1;q=1", True),
    ],
)
def test_what_is_listed_and_not_ruled_out_is_accepted(value, accepted):
    """A quality of nothing rules out."""
    request = HttpRequest("GET", "/", fields={"accept-encoding": value})
    assert request.accepts("accept-encoding", "gzip") is accepted
