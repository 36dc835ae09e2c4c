"""TLS contexts of clusters: what is shared, what is refused, and that they are freed."""

import asyncio
import gc
import ssl
import weakref

import pytest

from clusterimport.model.connection import Connection
from clusterimport.probing.errors import InvalidCertificates
from clusterimport.probing.tlscontexts import MAX_PEM_BYTES, TLSContexts
from clusterimport.probing.workers import Workers
from tests.fakes.certificates import Authority

SERVER = "https://api.test"


@pytest.fixture(scope="module", name="authority")
def _authority() -> Authority:
    return Authority()


@pytest.fixture(name="contexts")
def _contexts():
    workers = Workers("test-contexts", size=1)
    yield TLSContexts(workers)
    workers.close()


async def test_a_context_verifies_as_the_connection_says(contexts, authority):
    """By the CA or not at all, never older than TLS 1.2, and without renegotiation."""
    strict = await contexts.context_for(Connection(SERVER, ca_data=authority.pem))
    loose = await contexts.context_for(Connection(SERVER, insecure=True))

    assert strict.verify_mode is ssl.CERT_REQUIRED
    assert strict.check_hostname
    assert len(strict.get_ca_certs()) == 1
    assert loose.verify_mode is ssl.CERT_NONE
    for context in (strict, loose):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_RENEGOTIATION


async def test_equal_trust_without_a_secret_is_shared(contexts, authority):
    """By the text of the CA, whoever wrote it; not verifying is something else."""
    one = await contexts.context_for(Connection(SERVER, ca_data=authority.pem, token="a"))
    same = await contexts.context_for(
        Connection("https://b.test", ca_data=bytes(bytearray(authority.pem)), token="b")
    )
    other = await contexts.context_for(Connection(SERVER, ca_data=Authority("other").pem))
    loose = await contexts.context_for(
        Connection(SERVER, ca_data=authority.pem, insecure=True, token="a")
    )

    assert one is same
    assert len({id(context) for context in (one, other, loose)}) == 3


async def test_a_client_certificate_is_never_shared(contexts, authority):
    """Even where two connections have the same, each context is its own."""
    pair = authority.issue("client")
    connection = Connection(
        SERVER, ca_data=authority.pem, cert_data=pair.certificate, key_data=pair.key
    )
    one = await contexts.context_for(connection)
    other = await contexts.context_for(connection)
    plain = await contexts.context_for(Connection(SERVER, ca_data=authority.pem))

    assert len({id(context) for context in (one, other, plain)}) == 3


async def test_a_context_that_nobody_uses_is_freed(contexts, authority):
    """What is shared is remembered only as long as somebody holds it."""
    context = await contexts.context_for(Connection(SERVER, ca_data=authority.pem))
    ghost = weakref.ref(context)
    assert len(contexts._shared) == 1
    del context
    async with asyncio.timeout(1):
        while ghost() is not None:  # until the thread has let it go
            await asyncio.sleep(0.001)
            gc.collect()

    assert len(contexts._shared) == 0


@pytest.mark.parametrize(
    ("parts", "hint"),
    [
        ({"ca_data": b"no certificate"}, "CA data"),
        ({"cert_data": b"x"}, "needs its key"),
        ({"key_data": b"x"}, "needs its key"),
        ({"cert_data": b"s3cret", "key_data": b"s3cret"}, "matching, unencrypted PEM pair"),
        ({"ca_data": b"x" * (MAX_PEM_BYTES + 1)}, "256 KiB"),
        ({"cert_data": b"x" * (MAX_PEM_BYTES + 1), "key_data": b"x"}, "256 KiB"),
        ({"cert_data": b"x", "key_data": b"x" * (MAX_PEM_BYTES + 1)}, "256 KiB"),
    ],
)
async def test_what_cannot_be_loaded_is_named_and_not_shown(contexts, parts, hint):
    """The text says which part it is; a sound part beside it does not help."""
    with pytest.raises(InvalidCertificates, match=hint) as caught:
        await contexts.context_for(Connection(SERVER, **parts))

    assert "s3cret" not in str(caught.value)


async def test_the_key_must_belong_to_the_certificate(contexts, authority):
    """Two halves of different pairs are refused before anything is connected."""
    one, other = authority.issue("one"), authority.issue("other")
    mixed = Connection(SERVER, cert_data=one.certificate, key_data=other.key)

    with pytest.raises(InvalidCertificates, match="matching"):
        await contexts.context_for(mixed)
