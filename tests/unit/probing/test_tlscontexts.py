"""TLS contexts of clusters: what is shared, what is refused, and that they are freed."""

import asyncio
import gc
import ssl
import weakref
from contextlib import AsyncExitStack

import pytest

from clusterimport.limits.probes import PEM_BYTES, PRIVATE_KEY_BYTES
from clusterimport.model.connection import Connection
from clusterimport.probing import tlscontexts
from clusterimport.probing.errors import InvalidCertificates
from clusterimport.probing.tlscontexts import TLSContexts
from clusterimport.probing.workers import ProbeThreads
from tests.fakes.pki.certificates import Authority
from tests.fakes.pki.hostilecertificates import chain, dear_rsa, fat_authority, tiny_authorities
from tests.fakes.probing.attempts import TENANT, attempting

SERVER = "https://api.test"
MIB = 1 << 20


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


@pytest.mark.slow
async def test_t51_contexts_with_many_authorities_are_few_at_a_time():
    """400 kubeconfigs with hundreds of tiny CAs each have 32 MiB together, and one tenant half."""
    workers = ProbeThreads("test-contexts", size=2)
    waits = []
    subject = TLSContexts(workers, on_wait=lambda: waits.append(1))
    heavy = [tiny_authorities(600) + b"\n" * number for number in range(40)]
    held = AsyncExitStack()
    weights = []
    async with held:
        while not waits:
            attempt = await held.enter_async_context(attempting(seconds=60))
            connection = Connection(SERVER, ca_data=heavy[len(weights)])
            taking = asyncio.ensure_future(subject.trust_for(connection, attempt))
            await asyncio.wait({taking}, timeout=2)
            if taking.done():
                weights.append(taking.result().weight)
        assert 600 * 2048 < weights[0] < 3 * MIB
        assert 14 * MIB <= sum(weights) <= 16 * MIB
        async with attempting("namespace/other") as other:
            assert await subject.trust_for(Connection(SERVER, ca_data=heavy[0]), other)
        taking.cancel()
        await asyncio.wait({taking})
    assert subject._heavy._free == subject._heavy._size
    workers.close()


async def test_t51_the_context_of_a_first_run_is_made_before_others(monkeypatch):
    """Of those that wait for memory, what repeats a verdict waits for what has none."""
    monkeypatch.setattr(tlscontexts, "CONTEXT_BYTES", 3 * MIB)
    workers = ProbeThreads("test-contexts", size=2)
    subject = TLSContexts(workers)
    heavy = tiny_authorities(600)
    is_running, is_over = asyncio.Event(), asyncio.Event()
    taken: list[str] = []

    async def take(name: str, *, is_first: bool = False) -> None:
        connection = Connection(SERVER, ca_data=heavy + name.encode())
        async with attempting(is_first=is_first) as attempt:
            await subject.trust_for(connection, attempt)
            taken.append(name)
            is_running.set()
            await is_over.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(take("running"))
        await is_running.wait()
        for name in ("repeated", "new"):
            group.create_task(take(name, is_first=name == "new"))
            await asyncio.sleep(0.2)
        assert taken == ["running"]
        is_over.set()
    workers.close()

    assert taken == ["running", "new", "repeated"]


async def test_t51_a_fat_certificate_weighs_what_it_takes(contexts):
    """A name of a thousand parts counts with thirty times its bytes; far more is refused."""
    async with attempting() as attempt:
        fat = await contexts.subject.trust_for(
            Connection(SERVER, ca_data=fat_authority(500)), attempt
        )
        plain = await contexts.subject.trust_for(
            Connection(SERVER, ca_data=tiny_authorities(1)), attempt
        )
    assert fat.weight > 50 * plain.weight
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
