"""TLS contexts of clusters: what is shared, what is refused, and that they are freed."""

import asyncio
import gc
import ssl
import weakref

import pytest

from clusterimport.limits.probes import LOADED_TRUST_BYTES, PEM_BYTES, PRIVATE_KEY_BYTES
from clusterimport.model.connection import Connection
from clusterimport.probing.certificates import weigh_pem
from clusterimport.probing.errors import InvalidCertificates
from clusterimport.probing.tlscontexts import TLSContexts
from clusterimport.probing.workers import ProbeThreads
from tests.fakes.pki.certificates import Authority
from tests.fakes.pki.hostilecertificates import chain, dear_rsa, fat_authority, tiny_authorities
from tests.fakes.pki.material import CA
from tests.fakes.probing.attempts import TENANT, attempting

SERVER = "https://api.test"


class _Contexts:
    """Gives contexts to one tenant at a time."""

    def __init__(self, subject: TLSContexts) -> None:
        self.subject = subject

    async def context_for(self, connection: Connection, tenant: str = TENANT) -> ssl.SSLContext:
        async with attempting(tenant) as attempt:
            return (await self.subject.trust_for(connection, attempt)).context


@pytest.fixture(scope="module", name="authority")
def _authority() -> Authority:
    return Authority()


@pytest.fixture(name="contexts")
def _contexts():
    workers = ProbeThreads("test-contexts", size=1)
    yield _Contexts(TLSContexts(workers))
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
    assert len(contexts.subject._shared) == 1
    del context
    async with asyncio.timeout(1):
        while ghost() is not None:  # until the thread has let it go
            await asyncio.sleep(0.001)
            gc.collect()

    assert len(contexts.subject._shared) == 0


@pytest.mark.parametrize(
    ("parts", "hint"),
    [
        ({"ca_data": b"no certificate"}, "CA data"),
        ({"cert_data": b"x"}, "needs its key"),
        ({"key_data": b"x"}, "needs its key"),
        ({"cert_data": b"s3cret", "key_data": b"s3cret"}, "client certificate holds no PEM"),
        ({"ca_data": b"x" * (PEM_BYTES + 1)}, "256 KiB"),
        ({"cert_data": b"x" * (PEM_BYTES + 1), "key_data": b"x"}, "256 KiB"),
        ({"cert_data": b"x", "key_data": b"x" * (PRIVATE_KEY_BYTES + 1)}, "8 KiB"),
        ({"cert_data": tiny_authorities(60), "key_data": b"x"}, "too many others behind it"),
        ({"ca_data": CA.replace(b"MIH", b"MIG") * 40}, "CA data"),
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

    with pytest.raises(InvalidCertificates, match="belongs to another certificate"):
        await contexts.context_for(mixed)


async def test_t51_of_many_authorities_a_context_has_none(contexts, authority):
    """They are a text until a server presents something; a few usual ones are all there."""
    few = await contexts.context_for(Connection(SERVER, ca_data=tiny_authorities(20)))
    assert few.cert_store_stats()["x509"] == 20
    bundle = tiny_authorities(30) + authority.pem
    assert weigh_pem(bundle) > LOADED_TRUST_BYTES
    async with attempting() as attempt:
        many = await contexts.subject.trust_for(Connection(SERVER, ca_data=bundle), attempt)
        own = authority.issue("client")
        presenting = await contexts.subject.trust_for(
            Connection(SERVER, ca_data=bundle, cert_data=own.certificate, key_data=own.key), attempt
        )
    assert many.weight == 0
    assert presenting.weight == weigh_pem(own.certificate)
    for context in (many.context, presenting.context):
        assert context.cert_store_stats()["x509"] == 0
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


async def test_t51_a_fat_certificate_weighs_what_it_takes(contexts):
    """A name of hundreds of parts counts with thirty times its bytes; far more is refused."""
    assert weigh_pem(fat_authority(500)) > 50 * weigh_pem(tiny_authorities(1))
    with pytest.raises(InvalidCertificates, match="larger than 16 KiB"):
        await contexts.context_for(Connection(SERVER, ca_data=fat_authority(1000)))


async def test_t51_a_context_is_shared_within_a_tenant_only(contexts, authority):
    """What one tenant's weighs is not another's to lose; only the system's CAs are everybody's."""
    one = await contexts.context_for(Connection(SERVER, ca_data=authority.pem), "namespace/a")
    two = await contexts.context_for(Connection(SERVER, ca_data=authority.pem), "namespace/b")
    system = await contexts.context_for(Connection(SERVER), "namespace/a")

    assert one is not two
    assert system is await contexts.context_for(Connection("https://b.test"), "namespace/b")


async def test_t52_an_authority_with_a_dear_key_is_passed_over(contexts):
    """An exponent as long as the key makes each verification what a signature costs."""
    ca, _ = chain(1, lambda _: dear_rsa(2048))
    mixed = await contexts.context_for(Connection(SERVER, ca_data=tiny_authorities(2) + ca))
    assert mixed.cert_store_stats()["x509"] == 2
    with pytest.raises(InvalidCertificates, match="the CA data"):
        await contexts.context_for(Connection(SERVER, ca_data=ca))


async def test_t52_no_server_chooses_numbers_for_a_key_exchange(contexts, authority):
    """Without finite-field Diffie-Hellman, as in Go: 10 000 bits would take seconds."""
    context = await contexts.context_for(Connection(SERVER, ca_data=authority.pem))
    ciphers = [cipher["name"] for cipher in context.get_ciphers()]

    assert ciphers
    assert not [name for name in ciphers if name.startswith("DHE")]


async def test_t51_marks_without_an_end_are_no_certificates(contexts):
    """Thousands of them are looked through once."""
    with pytest.raises(InvalidCertificates):
        await contexts.context_for(
            Connection(SERVER, ca_data=b"-----BEGIN CERTIFICATE-----" * 9000)
        )
