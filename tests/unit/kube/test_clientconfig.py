"""Kubeconfig files, read through the library that knows every way to log in."""

# ruff: noqa: ASYNC240 (the files of a test are small and local)

import base64
import json
import stat
import sys
from pathlib import Path

import pytest
import yaml
from kubernetes_asyncio.config import kube_config

from clusterimport.kube.clientconfig import kubeconfig_settings
from clusterimport.kube.connection import open_connection
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.loading import load_settings
from development.apiserver.server import running_apiserver
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.pki.certificates import Authority, server_context


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def write(path: Path, user: dict, cluster: dict | None = None) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": cluster or {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


def plugin(folder: Path) -> tuple[dict, Path]:
    """Return a user with an exec plug-in that prints what a file holds, and that file."""
    answer, script = folder / "answer.json", folder / "plugin"
    script.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(folder / 'runs')!r}, 'a').write('x')\n"
        f"text = open({str(answer)!r}).read()\n"
        "sys.exit(text) if text.startswith('fail') else print(text)\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": str(script)}}, answer


def credential(**status) -> str:
    version = "client.authentication.k8s.io/v1"
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})


async def test_certificates_and_keys_leave_no_file(tmp_path: Path, monkeypatch):
    """A cluster with inline data is reached over mutual TLS; nothing stays on a disk."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    ca = Authority()
    pair = ca.issue("client")
    shared = set(Path("/dev/shm").iterdir())
    context = server_context(ca.issue(), tmp_path, client_ca=ca.pem)
    async with running_apiserver(context) as server:
        path = write(
            tmp_path / "config",
            {
                "client-certificate-data": b64(pair.certificate),
                "client-key-data": b64(pair.key),
            },
            {"server": server.url, "certificate-authority-data": b64(ca.pem)},
        )
        settings = await kubeconfig_settings(path)
        async with open_connection(settings) as rest:
            await rest.request("GET", "/api", verb="get", resource="discovery")

    assert list((tmp_path / "tmp").iterdir()) == []
    assert not [made for made in set(Path("/dev/shm").iterdir()) - shared if made.is_dir()]
    assert kube_config._temp_files == {}


async def test_settings_of_a_cluster(tmp_path: Path):
    """Address, proxy and server name are taken over; a context can be chosen, files are kept."""
    path = write(
        tmp_path / "config",
        {"token": "canary"},
        {
            "server": "https://host:6443/",
            "insecure-skip-tls-verify": True,
            "tls-server-name": "kube.test",
            "proxy-url": "http://proxy:3128",
        },
    )
    before = Path(path).read_bytes()
    settings = await kubeconfig_settings(path, context="c")

    assert (settings.server, settings.proxy, settings.tls_server_name) == (
        "https://host:6443",
        "http://proxy:3128",
        "kube.test",
    )
    assert settings.tls is not None
    assert not settings.tls.context().check_hostname
    assert await settings.token.authorization() == "Bearer canary"
    assert await settings.token.renew() is False
    assert Path(path).read_bytes() == before
    with pytest.raises(KubeConfigError, match="there is no context 'other'"):
        await kubeconfig_settings(path, context="other")


async def test_basic_authentication_and_no_user_at_all(tmp_path: Path):
    """A name with a password is sent as such; an anonymous user sends nothing."""
    basic = await kubeconfig_settings(write(tmp_path / "a", {"username": "u", "password": "p"}))
    nobody = await kubeconfig_settings(write(tmp_path / "b", {"as": "x"}))

    assert await basic.token.authorization() == "Basic " + b64(b"u:p")
    assert await nobody.token.authorization() == ""


async def test_a_token_file_is_followed(tmp_path: Path):
    """A file beside the kubeconfig is read again every minute."""
    clock = ManualClock()
    (tmp_path / "t").write_text("one")
    settings = await kubeconfig_settings(write(tmp_path / "a", {"tokenFile": "t"}), clock=clock)
    (tmp_path / "t").write_text("two")

    assert await settings.token.authorization() == "Bearer one"
    clock.advance(60)
    assert await settings.token.authorization() == "Bearer two"


async def test_a_plugin_is_run_again_before_its_token_expires(tmp_path: Path):
    """Not before, and every request after gets the new token."""
    clock = ManualClock()
    user, answer = plugin(tmp_path)
    answer.write_text(credential(token="one", expirationTimestamp="2026-01-02T03:10:00Z"))
    settings = await kubeconfig_settings(write(tmp_path / "a", user), clock=clock)
    answer.write_text(credential(token="two", expirationTimestamp="2026-01-02T04:10:00Z"))

    clock.advance(120)
    assert await settings.token.authorization() == "Bearer one"
    clock.advance(180)
    assert await settings.token.authorization() == "Bearer two"
    clock.advance(180)
    assert await settings.token.authorization() == "Bearer two"
    assert (tmp_path / "runs").read_text() == "xx"


async def test_a_401_runs_the_plugin_once_for_everybody(tmp_path: Path):
    """A token without expiry is fetched again after a 401, but not again within ten seconds."""
    clock = ManualClock()
    user, answer = plugin(tmp_path)
    answer.write_text(credential(token="one"))
    settings = await kubeconfig_settings(write(tmp_path / "a", user), clock=clock)
    clock.advance(3600)
    assert await settings.token.authorization() == "Bearer one"
    answer.write_text(credential(token="two"))

    assert await settings.token.renew() is True
    assert await settings.token.authorization() == "Bearer two"
    assert await settings.token.renew() is False
    clock.advance(10)
    assert await settings.token.renew() is False
    assert (tmp_path / "runs").read_text() == "xxx"


async def test_a_401_runs_a_plugin_whose_token_has_not_expired(tmp_path: Path):
    """The server knows better; a client certificate beside the plug-in stays what it is."""
    clock, pair = ManualClock(), Authority().issue("client")
    user, answer = plugin(tmp_path)
    user |= {
        "client-certificate-data": b64(pair.certificate),
        "client-key-data": b64(pair.key),
    }
    answer.write_text(credential(token="one", expirationTimestamp="2090-01-01T00:00:00Z"))
    path = write(tmp_path / "a", user, {"server": "https://host"})
    settings = await kubeconfig_settings(path, clock=clock)
    assert settings.tls is not None
    context = settings.tls.context()
    answer.write_text(credential(token="two", expirationTimestamp="2090-01-01T00:00:00Z"))
    clock.advance(10)

    assert await settings.token.renew() is True
    assert await settings.token.authorization() == "Bearer two"
    assert settings.tls.context() is context


async def test_a_plugin_that_fails_later_leaves_the_credentials(tmp_path: Path):
    """What was valid is used on until the server says no."""
    clock = ManualClock()
    user, answer = plugin(tmp_path)
    answer.write_text(credential(token="one"))
    settings = await kubeconfig_settings(write(tmp_path / "a", user), clock=clock)
    answer.write_text("fail")
    clock.advance(60)

    assert await settings.token.renew() is False
    assert await settings.token.authorization() == "Bearer one"


async def test_client_certificates_of_a_plugin(tmp_path: Path):
    """A plug-in may give a pair instead of a token, and a new one after a 401."""
    clock, ca = ManualClock(), Authority()
    user, answer = plugin(tmp_path)

    def give() -> None:
        pair = ca.issue("client")
        answer.write_text(
            credential(
                clientCertificateData=pair.certificate.decode(), clientKeyData=pair.key.decode()
            )
        )

    context = server_context(ca.issue(), tmp_path, client_ca=ca.pem)
    async with running_apiserver(context) as server:
        cluster = {"server": server.url, "certificate-authority-data": b64(ca.pem)}
        give()
        settings = await kubeconfig_settings(write(tmp_path / "a", user, cluster), clock=clock)
        assert settings.tls is not None
        first = settings.tls.context()
        async with open_connection(settings) as rest:
            await rest.request("GET", "/api", verb="get", resource="discovery")
            give()
            clock.advance(10)
            assert await settings.token.renew() is True
            assert settings.tls.context() is not first
            await rest.request("GET", "/api", verb="get", resource="discovery")


@pytest.mark.parametrize(
    ("user", "problem"),
    [
        ({"client-certificate-data": "canary!", "client-key-data": "canary!"}, "cannot be loaded"),
        ({"client-certificate": "gone.crt", "client-key": "gone.key"}, r"gone\.crt does not exist"),
        ({"tokenFile": "gone"}, r"gone: (token not readable|No such file)"),
        ({"token": "canary\x07"}, "characters|cannot be loaded"),
        ({"exec": {"command": "canary-plugin"}}, r"credentials cannot be loaded"),
        (
            {"exec": {"command": "/no/such/plugin", "apiVersion": "v1"}},
            "/no/such/plugin: No such file",
        ),
        ({"auth-provider": {"name": "oidc", "config": {"id-token": "canary"}}}, "cannot be loaded"),
    ],
)
async def test_problems_name_the_file_and_no_credentials(tmp_path, capfd, user, problem):
    """One line with path, context and problem; the library's own texts appear nowhere."""
    path = write(tmp_path / "a", user, {"server": "https://host"})

    with pytest.raises(KubeConfigError, match=problem) as caught:
        await kubeconfig_settings(path)

    text = str(caught.value)
    assert text.startswith(f"kubeconfig {path}: context 'c': ")
    assert "\n" not in text
    shown = f"{text} {caught.value.__cause__!r} {capfd.readouterr()}"
    assert "canary" not in shown.replace("canary-plugin", "")


async def test_a_failing_plugin_is_named_by_its_exit_code(tmp_path: Path, capfd, caplog):
    """What it wrote to its standard error may hold anything and is not shown."""
    user, answer = plugin(tmp_path)
    answer.write_text("fail canary")

    with pytest.raises(KubeConfigError, match=r"credential plug-in ended with code 1$"):
        await kubeconfig_settings(write(tmp_path / "a", user))
    assert "canary" not in f"{capfd.readouterr()} {caplog.text}"


async def test_where_settings_come_from(tmp_path: Path):
    """The flag goes before the variable, then the home folder; the address can be replaced."""
    (tmp_path / ".kube").mkdir()
    flag = write(tmp_path / "flag", {}, {"server": "http://flag"})
    variable = write(tmp_path / "variable", {}, {"server": "http://variable"})
    write(tmp_path / ".kube" / "config", {}, {"server": "http://home"})
    home = {"HOME": str(tmp_path)}
    both = {**home, "KUBECONFIG": variable}

    assert (await load_settings(kubeconfig=flag, environment=both)).server == "http://flag"
    assert (await load_settings(environment=both)).server == "http://variable"
    assert (await load_settings(environment=home)).server == "http://home"
    assert (await load_settings(environment=home, master="http://m")).server == "http://m"
    nowhere = {"HOME": str(tmp_path / "nowhere")}
    assert (await load_settings(environment=nowhere, master="http://m")).server == "http://m"
    with pytest.raises(KubeConfigError, match="neither a kubeconfig nor a service account"):
        await load_settings(environment=nowhere)
    in_pod = {**nowhere, "KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "1"}
    with pytest.raises(KubeConfigError, match=r"ca\.crt"):
        await load_settings(environment=in_pod)


async def test_a_context_without_a_kubeconfig_is_an_error(tmp_path):
    """A person who names one does not mean the pod's service account, or nothing."""
    with pytest.raises(KubeConfigError, match="context 'x': no kubeconfig was found"):
        await load_settings(context="x", environment={"HOME": str(tmp_path)})
