"""Settings of a pod."""

from pathlib import Path

import pytest

from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.loading import incluster_settings, is_in_cluster
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.pki.certificates import Authority

ENVIRONMENT = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("one")
    (tmp_path / "ca.crt").write_bytes(Authority().pem)
    (tmp_path / "namespace").write_text("ns\n")
    return tmp_path


async def test_a_pod_knows_its_server(folder: Path):
    """Address, CA, token and namespace come from kubelet, for IPv6 too."""
    clock = ManualClock()
    settings = incluster_settings(environment=ENVIRONMENT, folder=folder, clock=clock)
    six = {**ENVIRONMENT, "KUBERNETES_SERVICE_HOST": "fd00::1"}

    assert settings.server == "https://10.0.0.1:443"
    assert await settings.token.authorization() == "Bearer one"
    assert settings.tls is not None
    assert settings.tls.context().get_ca_certs()[0]["subject"] == ((("commonName", "test-ca"),),)
    other = incluster_settings(environment=six, folder=folder, clock=clock)
    assert other.server == "https://[fd00::1]:443"


async def test_a_rotated_token_is_followed(folder: Path):
    """The token is the file's, a minute later at the latest."""
    clock = ManualClock()
    settings = incluster_settings(environment=ENVIRONMENT, folder=folder, clock=clock)
    (folder / "token").write_text("two")
    clock.advance(60)

    assert await settings.token.authorization() == "Bearer two"


def test_outside_a_pod_is_an_error_that_says_so(folder: Path):
    """Missing variables and missing files are named."""
    assert not is_in_cluster({})
    assert is_in_cluster(ENVIRONMENT)
    with pytest.raises(KubeConfigError, match="not in a pod"):
        incluster_settings(environment={}, folder=folder, clock=ManualClock())
    (folder / "ca.crt").unlink()
    with pytest.raises(KubeConfigError, match=r"ca\.crt: CA not readable"):
        incluster_settings(environment=ENVIRONMENT, folder=folder, clock=ManualClock())
