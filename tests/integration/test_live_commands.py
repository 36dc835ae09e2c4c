"""Commands that look at a live API server with the rights of whoever runs them."""

import json
from pathlib import Path

import pytest
import yaml

from development.world import PEDIACLUSTER, World, encode
from tests.harness import platforms
from tests.harness.commandline import assert_one_line, running, shell
from tests.harness.dumps import operator, write, writes_by
from tests.harness.people import READ_POLICIES, person

SECRET = encode("token-of-blue")
# Each command is a process that loads the Kubernetes client, which on a busy machine takes a while.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def admin_kubeconfig(our_world: World) -> str:
    """Give the kubeconfig of a person who may do everything."""
    return str(our_world.control_plane.admin_kubeconfig(our_world.folder / "admin.kubeconfig"))


def import_two(world: World, namespace: str) -> None:
    """Have one policy import two clusters."""
    world.grant("read-configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(
        platforms.policy("maps"),
        platforms.cluster("blue", namespace),
        platforms.cluster("red", namespace),
        platforms.cluster("not-selected", namespace, labels={}),
    )
    world.controller()
    for name in ("maps-blue", "maps-red"):
        world.until_pediacluster(name)
    world.until_settled("maps")


def test_get_shows_everything_in_one_view(
    our_world: World, namespace: str, admin_kubeconfig: str
) -> None:
    """Three tables that fit a terminal of 80 columns; names, namespaces and forms narrow them."""
    import_two(our_world, namespace)
    ask = ("get", "--kubeconfig", admin_kubeconfig)

    shown = shell(*ask, COLUMNS="80")
    assert (shown.code, shown.err) == (0, "")
    assert max(len(line.rstrip()) for line in shown.out.splitlines()) <= 80
    for text in ("POLICIES", "LIFECYCLES", "PEDIACLUSTERS", "maps-blue", "maps-red", "192.0.2.1"):
        assert text in shown.out
    assert SECRET not in shown.out

    wide = shell(*ask, "-o", "wide", "maps-blue")
    assert "PediaClusterCreated" in wide.out
    assert f"{namespace}/blue" in wide.out
    assert "maps-red" not in wide.out

    named = shell(*ask, "pediacluster/maps-red", "-o", "json")
    (item,) = json.loads(named.out)["items"]
    assert (item["kind"], item["metadata"]["name"]) == (PEDIACLUSTER, "maps-red")
    assert item["spec"]["tokenData"] == "[redacted]"
    assert "managedFields" not in item["metadata"]

    full = shell(*ask, "pediacluster/maps-blue", "-o", "yaml", "--show-secrets")
    (item,) = yaml.safe_load(full.out)["items"]
    assert item == our_world.pediacluster("maps-blue") | {"metadata": item["metadata"]}
    assert item["spec"]["tokenData"] == SECRET

    assert "maps-blue" in shell(*ask, "-n", namespace).out
    assert_one_line(shell(*ask, "-n", "elsewhere"), 2, "in namespace elsewhere")
    assert_one_line(shell(*ask, "nope"), 2, "is called nope")


def test_get_follows_changes_until_ctrl_c(
    our_world: World, namespace: str, admin_kubeconfig: str
) -> None:
    """One line for each change in a pipe, and 130 at the end; no credential in either form."""
    import_two(our_world, namespace)

    with running(our_world.folder, "get", "-w", "--kubeconfig", admin_kubeconfig) as command:
        command.until("PEDIACLUSTERS")
        our_world.apply(platforms.cluster("green", namespace))
        command.until("pediacluster/maps-green ")
        our_world.delete(platforms.cluster("red", namespace))
        command.until("pediacluster/maps-red   deleted")
        assert command.interrupt() == 130
        assert "Traceback" not in command.out

    arguments = ("get", "-w", "-o", "json", "--kubeconfig", admin_kubeconfig, "maps")
    with running(our_world.folder, *arguments) as command:
        command.until("maps-green")
        assert command.interrupt() == 130
        assert SECRET not in command.out


def test_get_shows_what_may_be_read_and_names_the_right_that_is_missing(
    our_world: World, namespace: str
) -> None:
    """PediaClusters hold credentials, so that many people may list policies and not these."""
    import_two(our_world, namespace)

    partly = shell("get", "--kubeconfig", person(our_world, "reader", READ_POLICIES))
    assert partly.code == 1
    assert "maps-blue" in partly.out
    assert "PEDIACLUSTERS" not in partly.out
    assert "you may not list pediaclusters.cluster.clusterpedia.io" in partly.err

    nothing = shell("get", "--kubeconfig", person(our_world, "nobody"))
    assert_one_line(nothing, 1, "you may not list clusterimportpolicies", 'User "nobody"')


def test_get_and_kubeconfig_tell_a_wrong_way_to_the_server_in_one_line(
    our_world: World, admin_kubeconfig: str, tmp_path: Path
) -> None:
    """The way out is named: another file, context, server or login."""
    content = json.loads(Path(admin_kubeconfig).read_text())

    def changed(section: str, **fields: object) -> Path:
        path = tmp_path / f"{section}.kubeconfig"
        entry = {**content[section][0], section.removesuffix("s"): fields}
        path.write_text(json.dumps(content | {section: [entry]}))
        return path

    nowhere = changed("clusters", server="https://127.0.0.1:1")
    stranger = changed("users", token="not-a-token")
    for command in ("get", "kubeconfig"):
        ask = (command, "--kubeconfig")
        assert_one_line(shell(*ask, "/nonexistent/x"), 2, "/nonexistent/x: no such file")
        assert_one_line(
            shell(*ask, admin_kubeconfig, "--context", "x"), 2, "there is no context 'x'"
        )
        assert_one_line(shell(*ask, nowhere), 1, "https://127.0.0.1:1", "connection refused")
        assert_one_line(shell(*ask, stranger), 1, "does not accept the credentials", "401")
        assert_one_line(shell(command, "--context", "x"), 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["get", "-A", "-n", "x"], "exclude each other"),
        (["get", "-o", "table"], "'table' is not one of"),
        (["get", "--show-secrets"], "-o json"),
        (["kubeconfig", "--dry-run"], "--merge"),
        (["kubeconfig", "extra"], "extra"),
    ],
)
def test_wrong_use_of_live_commands(arguments: list[str], told: str) -> None:
    """One line, and the command whose help tells more."""
    assert_one_line(shell(*arguments), 2, told, "--help")


def test_kubeconfig_merges_short_cuts_and_touches_nothing_else(
    our_world: World, namespace: str, admin_kubeconfig: str, tmp_path: Path
) -> None:
    """Printed, told in advance, merged, merged again, and cleared of a cluster that is gone."""
    import_two(our_world, namespace)
    own = Path(admin_kubeconfig)
    server = json.loads(own.read_text())["clusters"][0]["cluster"]["server"]
    root = f"{server}/apis/clusterpedia.io/v1beta1/resources"

    printed = yaml.safe_load(shell("kubeconfig", "--kubeconfig", own).out)
    leads = {entry["name"]: entry["cluster"]["server"] for entry in printed["clusters"]}
    assert leads == {
        "clusterpedia": root,
        **{name: f"{root}/clusters/{name}" for name in ("maps-blue", "maps-red")},
    }

    file = tmp_path / "config"
    mine = (
        "# mine\nclusters:\n- cluster: {server: https://elsewhere}   # keep\n  name: maps-red\n"
        f"- cluster:\n    server: {root}/clusters/gone\n  name: gone\n# end\nkind: Config\n"
    )
    file.write_text(mine)
    file.chmod(0o640)
    merge = ("kubeconfig", "--kubeconfig", own, "--merge", file)

    told = shell(*merge, "--dry-run")
    assert told.code == 0
    assert "add maps-blue\n" in told.out
    assert "remove gone\n" in told.out
    assert "maps-red: left alone" in told.err
    assert file.read_text() == mine

    assert shell(*merge).code == 0
    text = file.read_text()
    assert text.startswith("# mine\nclusters:\n- cluster: {server: https://elsewhere}   # keep\n")
    assert text.endswith("# end\nkind: Config\n")
    assert file.stat().st_mode & 0o777 == 0o640
    names = [entry["name"] for entry in yaml.safe_load(text)["clusters"]]
    assert names == ["maps-red", "clusterpedia", "maps-blue"]

    again = shell(*merge)
    assert again.out == f"{file}: nothing to change\n"
    assert file.read_text() == text

    our_world.delete(platforms.cluster("blue", namespace))
    our_world.until_gone(PEDIACLUSTER, "maps-blue")
    assert "remove maps-blue" in shell(*merge).out


def test_kubeconfig_merges_into_the_file_of_the_present_cluster(
    our_world: World, admin_kubeconfig: str
) -> None:
    """The entry copies how the server is trusted; a file that kubectl has locked is left alone."""
    path = Path(admin_kubeconfig)
    before = json.loads(path.read_text())
    lock = path.with_name(path.name + ".lock")
    lock.touch()
    merge = ("kubeconfig", "--merge", "--kubeconfig", path)
    assert_one_line(shell(*merge), 1, "is being changed by another program")
    lock.unlink()

    assert shell(*merge).code == 0
    after = json.loads(path.read_text())
    (first, added) = after["clusters"]
    assert first == before["clusters"][0]
    assert added["name"] == "clusterpedia"
    assert {**added["cluster"], "server": first["cluster"]["server"]} == first["cluster"]
    assert after | {"clusters": before["clusters"]} == before


def test_explain_tells_why_a_source_is_or_is_not_imported(
    our_world: World, namespace: str, admin_kubeconfig: str
) -> None:
    """By the source, by its cluster, before anything is imported, and with too few rights."""
    waiting = platforms.secret_policy("maps", creationCondition="{{ .source.data.ready }}")
    our_world.apply(
        waiting, platforms.cluster("blue", namespace), platforms.credentials("blue", namespace)
    )
    ask = ("explain", "--kubeconfig", admin_kubeconfig)

    told = shell(*ask, "configmaps/blue", "-n", namespace)
    assert told.code == 0, told.err
    assert f"configmaps/{namespace}/blue, policy maps: Waiting as maps-blue" in told.out
    assert "✗ spec.creationCondition: (nothing)\n      {{ .source.data.ready }}\n" in told.out
    assert ".source.data.ready = (is not there)" in told.out
    assert "Today:" not in told.out

    our_world.apply(platforms.cluster("blue", namespace, ready="true"))
    our_world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    our_world.controller()
    our_world.until_pediacluster("maps-blue")
    our_world.until_settled("maps")
    told = shell(*ask, "maps-blue")
    assert told.code == 0
    assert "policy maps: Import as maps-blue" in told.out
    assert "lifecycle Created=True (PediaClusterCreated)" in told.out
    assert SECRET not in told.out
    assert f".references.secret.data.token = [redacted] ({len(SECRET)} characters)" in told.out
    (element,) = json.loads(shell(*ask, "maps-blue", "-o", "json").out)
    # The condition is asked before the creation alone.
    kinds = [step["step"] for step in element["steps"]]
    assert kinds == ["selector", "name", "claim", "reference", "template"]

    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}
    half = person(our_world, "half", READ_POLICIES, rule)
    told = shell("explain", "configmaps/blue", "-n", namespace, "--kubeconfig", half)
    assert "you may not read secrets" in told.out
    assert "you may not list pediaclusters" in told.err
    nobody = ("explain", "configmaps/blue", "-n", namespace, "--kubeconfig")
    assert_one_line(shell(*nobody, person(our_world, "nobody")), 1, "you may not get configmaps")

    assert_one_line(shell(*ask, "configmaps/nope"), 2, "no configmaps nope")
    assert_one_line(shell(*ask, "nope"), 2, "no lifecycle and no PediaCluster nope")
    assert_one_line(shell(*ask, "gadgets/blue"), 2, "no type gadgets")
    assert_one_line(
        shell(*ask, f"namespaces/{namespace}"), 2, "no policy has namespaces as its source"
    )


def test_render_live_is_a_dry_run_of_a_policy_that_is_not_applied(
    our_world: World, namespace: str, tmp_path: Path
) -> None:
    """It reads what the controller would read, knows what stands, and writes nothing."""
    own = operator(our_world)
    our_world.apply(
        *(each for name in ("blue", "red") for each in (platforms.cluster(name, namespace),)),
        platforms.credentials("blue", namespace),
    )
    path = write(tmp_path / "policy.yaml", platforms.secret_policy("dry"))
    ask = ("render", "--live", path, "--kubeconfig", own)

    mark = our_world.control_plane.audit_mark()
    told = shell(*ask)
    assert told.code == 0, told.err
    assert f"secrets {namespace}/red does not exist" in told.out
    assert writes_by(our_world, mark) == []
    assert our_world.names(PEDIACLUSTER) == []
    created = shell(*ask, "-o", "diff")
    assert "+  apiserver: https://192.0.2.1:6443" in created.out
    assert SECRET not in created.out

    foreign = {
        "apiVersion": "cluster.clusterpedia.io/v1alpha2",
        "kind": PEDIACLUSTER,
        "metadata": {"name": "dry-blue"},
        "spec": {"syncResources": []},
    }
    our_world.apply(foreign)
    told = shell(*ask)
    assert told.code == 1
    assert "NameConflict" in told.out

    wrong = write(
        tmp_path / "wrong.yaml",
        platforms.policy("w", source={"group": "", "resource": "configmapz"}),
    )
    assert_one_line(shell("render", "--live", wrong, "--kubeconfig", own), 2, "no configmapz")
    bad = write(
        tmp_path / "bad.yaml",
        platforms.policy(
            "w", source={"group": "", "resource": "configmaps", "fieldSelector": "data.x=y"}
        ),
    )
    assert_one_line(shell("render", "--live", bad, "--kubeconfig", own), 1, "refuses a selector")
    assert_one_line(shell("render", path, "--context", "x"), 2, "go with --live")
    assert_one_line(shell("render", path, "--live", "--observed", path), 2, "is for files")
    assert_one_line(
        shell("render", path, "--live", "--kubeconfig", person(our_world, "nobody")),
        1,
        "you may not list configmaps",
    )
