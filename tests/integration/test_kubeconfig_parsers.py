"""Kubeconfigs that two YAML parsers read differently: what is written of them, what is not (T50).

What client-go itself makes of each is in tests/golden/kubeconfigs.
"""

import base64
import json
from typing import Final

from development.controller import condition
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY_API, World, encode
from tests.fakes.pki.material import CERTIFICATE, KEY
from tests.golden.kubeconfigs.handwritten import PROGRAM, SPECIAL, UNVERIFIED, hidden
from tests.golden.kubeconfigs.seeds import REAL
from tests.harness import imported
from tests.harness.platforms import SECRETS_RULE

_REFUSALS: Final = {"IncompleteCredentials", "CredentialRejected"}
_PLAIN: Final = REAL[0]
_COMMENTED: Final = _PLAIN.replace("kind: Config", "kind: Config  # of team é")
_CANONICAL_KEYS: Final = [
    "apiVersion",
    "kind",
    "clusters",
    "users",
    "contexts",
    "current-context",
]


def begin(world: World) -> None:
    """Apply what every test here needs."""
    world.grant("secrets", SECRETS_RULE)
    world.apply(imported.policy())


def kubeconfig(world: World, name: str) -> bytes:
    """Return the kubeconfig that stands in a PediaCluster."""
    return base64.b64decode(world.pediacluster(name)["spec"]["kubeconfig"])


def test_t50_no_hidden_line_is_written_where_go_would_see_it(world: World) -> None:
    """Programs and unverified servers behind special characters are refused, or left out."""
    attacks = {
        f"{what}-{ord(special):x}-{number}": text
        for what, content in (("program", PROGRAM), ("unverified", UNVERIFIED))
        for special in (SPECIAL if what == "program" else SPECIAL[:1])
        for number, text in enumerate(hidden(content, special))
    }
    begin(world)
    world.apply(imported.cluster("well", kubeconfig=_PLAIN))
    world.apply(*(imported.cluster(name, kubeconfig=text) for name, text in attacks.items()))
    world.controller()
    world.until_pediacluster("well")

    def told() -> bool:
        stand = set(world.names(PEDIACLUSTER))
        reasons = {
            obj["metadata"]["name"]: condition(obj, "Created").get("reason")
            for obj in world.admin.list(POLICY_API, LIFECYCLE)
        }
        return all(name in stand or reasons.get(name) in _REFUSALS for name in attacks)

    world.until(told, "every attack is written harmlessly or refused", timeout_seconds=60)
    for name in world.names(PEDIACLUSTER):
        text = kubeconfig(world, name).decode("ascii")
        lines = [line.strip() for line in text.split("\n")]
        seen = [line for line in lines if not line.startswith("#")]
        assert PROGRAM not in "\n".join(seen), name
        assert UNVERIFIED not in "\n".join(seen), name
        assert not any("exec" in line or "insecure" in line for line in seen), name
    refused = [name for name in attacks if "-feff-" in name]
    assert not set(refused) & set(world.names(PEDIACLUSTER))
    message = condition(world.lifecycle(refused[0]), "Created")["message"]
    assert "U+FEFF" in message or "byte order mark" in message


def test_t50_an_ordinary_kubeconfig_arrives_byte_for_byte(world: World) -> None:
    """What platforms write is kept; what is not in plain form has the same content in ASCII."""
    begin(world)
    world.controller()
    for number, text in enumerate(REAL[:5]):
        world.apply(imported.cluster(f"plain-{number}", kubeconfig=text))
    world.apply(imported.cluster("commented", kubeconfig=_COMMENTED))

    for number, text in enumerate(REAL[:5]):
        world.until_pediacluster(f"plain-{number}")
        assert kubeconfig(world, f"plain-{number}") == text.encode()
    world.until_pediacluster("commented")
    written = json.loads(kubeconfig(world, "commented").decode("ascii"))
    assert list(written) == _CANONICAL_KEYS
    assert written["users"][0]["user"] == {
        "client-certificate-data": encode(CERTIFICATE),
        "client-key-data": encode(KEY),
    }


def test_t50_a_swap_leaves_the_bytes_that_stand(world: World) -> None:
    """Clusterpedia has written the bytes of the source; they stay until the source changes."""
    begin(world)
    first = world.controller()
    world.apply(imported.cluster("commented", kubeconfig=_COMMENTED))
    world.until_pediacluster("commented")
    world.until_reason(LIFECYCLE, "commented", "Created", "PediaClusterCreated")
    assert first.terminate() == 0
    world.admin.patch(
        CLUSTER_API, PEDIACLUSTER, "commented", {"spec": {"kubeconfig": encode(_COMMENTED)}}
    )
    before = world.pediacluster("commented")["metadata"]["resourceVersion"]

    world.controller()
    world.until_settled("p")
    world.apply(imported.cluster("later", kubeconfig=_PLAIN))
    world.until_pediacluster("later", timeout_seconds=60)
    world.remains(
        lambda: world.pediacluster("commented")["metadata"]["resourceVersion"] == before,
        "the PediaCluster is as it was",
        seconds=3,
    )
    assert kubeconfig(world, "commented") == _COMMENTED.encode()

    other = encode(KEY + b"other")
    changed = _COMMENTED.replace(encode(KEY), other)
    world.apply(imported.cluster("commented", kubeconfig=changed))
    world.until(lambda: other.encode() in kubeconfig(world, "commented"), "the new key has arrived")
    assert kubeconfig(world, "commented").isascii()


def test_t50_an_attack_changes_nothing_that_stands(world: World) -> None:
    """A Secret that turns hostile is refused by name, and the old credential stays."""
    begin(world)
    world.controller()
    world.apply(imported.cluster("turned", kubeconfig=_PLAIN))
    world.until_pediacluster("turned")

    for text in hidden(PROGRAM, "\ufeff"):
        world.apply(imported.cluster("turned", kubeconfig=text))
        world.until_reason(LIFECYCLE, "turned", "Updating", "IncompleteCredentials")
        assert kubeconfig(world, "turned") == _PLAIN.encode()
