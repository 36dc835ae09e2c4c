"""From a cached PediaCluster to the connection of the live one."""

import gc
from datetime import UTC, datetime

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.pediaclusters.credentials import ConnectionProblem, Inspection
from clusterimport.engine.expiry import Expiry
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model.connection import Connection
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from clusterimport.model.pediacluster import redact
from tests.fakes.controllers.health import token_until
from tests.fakes.controllers.importing import DIGEST
from tests.fakes.controllers.importobjects import CANARY
from tests.fakes.controllers.pediaclusters import NAMESPACE, OBJECT, ONE, SERVER, PediaRig
from tests.fakes.engine.evaluating import base64_of, kubeconfig_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

pytestmark = pytest.mark.looptime

OPEN_GATE = ImportRules(authentication_from=True)
END = datetime(2026, 3, 1, tzinfo=UTC)
FROM = {
    "ca": {"name": "auth", "key": "ca"},
    "cert": {"name": "auth", "key": "crt"},
    "key": {"name": "auth", "key": "key"},
}
NO_FIELDS = {"caData": "", "tokenData": ""}


def pair(rig, **fields):
    """Let there be a PediaCluster with a pair in a Secret."""
    return rig.imported(**NO_FIELDS, authenticationFrom=FROM, **fields)


async def test_the_live_credentials_make_the_connection():
    """The cache has digests only; identity and version are those of what was read."""
    rig = PediaRig()
    obj = rig.imported()
    reading = await rig.credentials.read(rig.context.newest.pediacluster(ONE))

    assert reading.connection == Connection(SERVER, ca_data=CA, token=CANARY)
    assert reading.inspection == Inspection()
    assert reading.version == obj["metadata"]["resourceVersion"]
    assert reading.fingerprint == rig.credentials.fingerprint(rig.context.newest.pediacluster(ONE))
    assert CANARY not in repr(reading)


async def test_one_that_is_gone_has_none():
    """NotFound is an answer, everything else a failure."""
    rig = PediaRig()
    obj = rig.imported()
    rig.drop(PEDIACLUSTERS, ONE)
    assert await rig.credentials.read(obj) is None
    rig.rest.meet("GET", OBJECT, errors.ServiceUnavailable(503, "Down"))
    with pytest.raises(errors.ServiceUnavailable):
        await rig.credentials.read(obj)


async def test_a_credential_that_says_when_it_ends_is_believed():
    """The expiry is part of what is known, without the credential."""
    rig = PediaRig()
    obj = rig.imported(tokenData=base64_of(token_until(END)))
    reading = await rig.credentials.read(obj)

    assert reading.inspection.expiry == Expiry(END, "token")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"caData": ""}, "CredentialRejected"),
        ({"tokenData": ""}, "IncompleteCredentials"),
        ({"tokenData": "%"}, "IncompleteCredentials"),
        ({"kubeconfig": kubeconfig_of(user={"exec": {"command": "x"}})}, "CredentialRejected"),
    ],
)
async def test_a_problem_is_told_and_no_connection_made(fields, reason):
    """Reason and way out, as the engine gives them; nobody should connect with such."""
    rig = PediaRig()
    reading = await rig.credentials.read(rig.imported(**fields))

    assert reading.connection is None
    found = reading.inspection.problem
    assert isinstance(found, ConnectionProblem)
    assert found.reason == reason
    assert found.message
    assert (reading.inspection.unprobed, reading.inspection.features) == ("", set())


async def test_what_only_we_do_not_use_is_no_refusal():
    """A proxy that somebody allowed is clustersynchro-manager's, and not ours."""
    rig = PediaRig(rules=ImportRules(allowed_features=frozenset({"ProxyURL"})))
    config = kubeconfig_of(
        cluster={
            "proxy-url": "http://p:1",
            "certificate-authority-data": base64_of(CA),
        }
    )
    reading = await rig.credentials.read(rig.imported(kubeconfig=config))

    assert reading.inspection.problem is None
    assert "uses no proxy" in reading.inspection.unprobed
    assert reading.inspection.features == {"ProxyURL"}
    assert reading.connection is None


async def test_a_problem_does_not_keep_the_credentials_in_memory():
    """An exception would, by the frames of its traceback."""
    rig = PediaRig()
    secret = f"{CANARY}-of-a-cluster-without-a-ca"
    obj = rig.imported(caData="", tokenData=base64_of(secret))
    reading = await rig.credentials.read(redact(obj, DIGEST))
    reached, queue = set(), [reading]
    while queue:
        thing = queue.pop()
        if id(thing) not in reached and not isinstance(thing, type):
            reached.add(id(thing))
            assert not isinstance(thing, BaseException)
            assert secret not in repr(thing)
            queue.extend(gc.get_referents(thing))

    assert reading.inspection.problem is not None


@pytest.mark.parametrize(
    ("change", "is_other"),
    [
        ({"tokenData": base64_of("new")}, True),
        ({"caData": base64_of("new")}, True),
        ({"certData": base64_of("new")}, True),
        ({"keyData": base64_of("new")}, True),
        ({"kubeconfig": base64_of("new")}, True),
        ({"apiserver": "https://new:6443"}, True),
        ({"authenticationFrom": FROM}, True),
        ({"syncResources": [{"group": "", "resources": ["pods"]}]}, False),
        ({"shardingName": "b"}, False),
        ({"metadata": {"labels": {"a": "b"}}}, False),
        ({"status": {"version": "v1.1.1"}}, False),
        ({"kubeconfig": "", "certData": None}, False),
        ({"metadata": {"uid": "another"}}, True),
    ],
)
async def test_the_fingerprint_is_that_of_the_connection(change, is_other):
    """What it says of one PediaCluster changes with what connects, and with nothing else."""
    rig = PediaRig()
    rig.imported()
    before = rig.credentials.fingerprint(rig.context.newest.pediacluster(ONE))
    rig.pediacluster(**change)
    after = rig.credentials.fingerprint(rig.context.newest.pediacluster(ONE))

    assert (before != after) is is_other
    assert before.startswith("digest:")


async def test_the_order_of_keys_does_not_count():
    """An object may come with its keys in another order."""
    rig = PediaRig()
    turned = dict(reversed([(kind, dict(reversed(at.items()))) for kind, at in FROM.items()]))
    fingerprints = {
        rig.credentials.fingerprint({"metadata": {"name": ONE}, "spec": {"authenticationFrom": s}})
        for s in (FROM, turned)
    }

    assert len(fingerprints) == 1
    assert rig.credentials.fingerprint({"metadata": {"name": ONE}}) not in fingerprints


async def test_what_its_policy_allows_counts_for_its_pediacluster_alone():
    """One made by hand under the name of a lifecycle may what every policy may, and no more."""
    rig = PediaRig()
    imported = rig.imported(caData="", allowed=["InsecureTLS"])
    assert (await rig.credentials.read(imported)).connection.insecure
    by_hand = rig.pediacluster(metadata={"ownerReferences": []}, caData="")
    reading = await rig.credentials.read(by_hand)
    assert reading.inspection.problem.reason == "CredentialRejected"

    everybody = PediaRig(rules=ImportRules(allowed_features=frozenset({"InsecureTLS"})))
    assert (await everybody.credentials.read(everybody.imported(caData=""))).connection.insecure
    other = everybody.imported("mcp-two", caData="", allowed=["ProxyURL"])
    assert (await everybody.credentials.read(other)).connection.insecure


async def test_what_is_allowed_is_part_of_the_fingerprint():
    """Another word of the policy lets the credentials be judged again; the same one does not."""
    rig = PediaRig()
    rig.imported(allowed=["ProxyURL", "InsecureTLS"])
    obj = rig.context.newest.pediacluster(ONE)
    before = rig.credentials.fingerprint(obj)
    rig.allow("InsecureTLS", "ProxyURL")
    assert rig.credentials.fingerprint(obj) == before
    rig.allow("InsecureTLS")
    assert rig.credentials.fingerprint(obj) != before
    rig.allow()
    assert rig.credentials.fingerprint(obj) != before


async def test_t54_what_a_lifecycle_says_allows_nothing():
    """Whoever may patch lifecycles cannot have credentials used that the policy does not allow."""
    rig = PediaRig()
    imported = rig.imported(caData="")
    lifecycle = rig.get(LIFECYCLES, ONE)
    spec = lifecycle["spec"] | {"allowedCredentialFeatures": ["InsecureTLS"]}
    rig.put(LIFECYCLES, lifecycle | {"spec": spec})
    rig.see()
    reading = await rig.credentials.read(imported)

    assert reading.inspection.problem.reason == "CredentialRejected"


async def test_secrets_are_read_where_the_gate_is_open():
    """Each once, in our namespace; their versions tell of a change that no event tells."""
    rig = PediaRig(rules=OPEN_GATE)
    rig.secret(ca=base64_of(CA), crt=base64_of(CERTIFICATE), key=base64_of(KEY))
    obj = pair(rig)
    path = SECRETS.path(namespace=NAMESPACE, name="auth")
    reading = await rig.credentials.read(obj)

    assert reading.connection == Connection(SERVER, ca_data=CA, cert_data=CERTIFICATE, key_data=KEY)
    assert rig.rest.count("GET", path) == 1
    assert rig.credentials.needs_secrets(obj)
    version = rig.get(SECRETS, "auth", NAMESPACE)["metadata"]["resourceVersion"]
    assert reading.inspection.secrets == (version,)

    rig.secret(ca=base64_of(CA), crt=base64_of(CERTIFICATE), key=base64_of(KEY + b"new"))
    again = await rig.credentials.read(obj)
    assert again.fingerprint == reading.fingerprint
    assert again.inspection.secrets != reading.inspection.secrets
    assert again.connection.key_data == KEY + b"new"


async def test_a_closed_gate_reads_no_secret():
    """Whoever names one learns nothing, and connects to nothing."""
    rig = PediaRig()
    rig.secret(ca=base64_of(CA), crt=base64_of(CERTIFICATE), key=base64_of(KEY))
    obj = pair(rig)
    reading = await rig.credentials.read(obj)

    assert not rig.credentials.needs_secrets(obj)
    assert not rig.credentials.needs_secrets({"metadata": {"name": ONE}})
    assert reading.inspection.problem.reason == "CredentialRejected"
    assert [sent.path for sent in rig.rest.requests] == [OBJECT]


async def test_a_secret_that_may_not_be_read_is_one_that_is_missing():
    """The message is the same, so that nobody learns which there are; a failure is one."""
    rig = PediaRig(rules=OPEN_GATE)
    obj = pair(rig)
    missing = await rig.credentials.read(obj)
    path = SECRETS.path(namespace=NAMESPACE, name="auth")
    forbidden = errors.Forbidden(403, "Forbidden", "no")
    rig.rest.meet("GET", path, forbidden, errors.ServiceUnavailable(503, "Down"))
    hidden = await rig.credentials.read(obj)

    assert missing.inspection.problem.reason == "IncompleteCredentials"
    assert missing == hidden
    assert missing.inspection.secrets == ("",)
    with pytest.raises(errors.ServiceUnavailable):
        await rig.credentials.read(obj)


@pytest.mark.parametrize("has_extensions", [True, False])
async def test_t24_advice_of_a_judgement_can_be_followed(has_extensions):
    """On Clusterpedia's CRDs no policy can allow a feature."""
    rig = PediaRig()
    if not has_extensions:
        rig.schemas.current = ServedSchemas({}, {})
    reading = await rig.credentials.read(rig.imported(caData=""))
    message = reading.inspection.problem.message

    assert "--allowed-credential-features=InsecureTLS" in message
    assert ("allowedCredentialFeatures:" in message) is has_extensions
