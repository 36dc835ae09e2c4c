import os
import re
import tomllib

from development.manifests import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAKEFILE = (ROOT / "Makefile").read_text()


def stages() -> list[str]:
    return re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]


def recipes() -> dict[str, list[str]]:
    """Target to recipe lines, a continued line counted once."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in MAKEFILE.replace("\\\n", " ").splitlines():
        if match := re.match(r"^([a-z-]+|\$\(STAMP\)):(?!=)", line):
            name = match[1]
            found[name] = []
        elif line.startswith("\t"):
            found[name].append(line)
    return found


def test_the_image_copies_files_that_exist() -> None:
    """What the Dockerfile copies is in the checkout, and the ignore file lets it through."""
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied
    admitted = (ROOT / ".dockerignore").read_text().splitlines()
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in admitted


def test_the_final_stage_has_no_shell_and_no_root() -> None:
    """The image is an empty one plus a folder; nothing is run in it, and it runs as nobody."""
    final = stages()[-1]
    assert final.startswith("scratch\n")
    assert not re.search(r"^RUN ", final, flags=re.MULTILINE)
    assert re.findall(r"^USER (.+)$", final, flags=re.MULTILINE) == ["65532:65532"]
    assert re.findall(r"^ENTRYPOINT (.+)$", final, flags=re.MULTILINE) == [
        '["/usr/local/bin/controller-manager"]'
    ]
    copied = [line for line in DOCKERFILE.splitlines() if "/rootfs" in line]
    assert not any("/bin/sh" in line or "bin/bash" in line for line in copied)


def test_the_image_has_both_names() -> None:
    """Both names are console scripts, and stand where Clusterpedia has its binary."""
    assert set(PROJECT["scripts"]) == {
        "clusterimport",
        "controller-manager",
        "kubectl-clusterimport",
    }
    for name in ("clusterimport", "controller-manager"):
        assert f"ln -s /opt/clusterimport/bin/{name} /rootfs/usr/local/bin/{name}" in DOCKERFILE


def test_everything_that_pip_installs_in_the_image_is_pinned_by_hash() -> None:
    """Each pip install checks hashes, or installs only the wheel that was built."""
    installs = re.findall(r"pip [^&\n]*?install ([^&\n]+)", DOCKERFILE)
    assert len(installs) == 3
    for arguments in installs:
        assert "--require-hashes" in arguments or "--no-deps /dist/*.whl" in arguments


def test_every_target_is_short_and_explained() -> None:
    """`make help` knows every target, and none has more than five lines."""
    for name, lines in recipes().items():
        assert len(lines) <= 5, name
        if name != "$(STAMP)":
            assert re.search(rf"^{name}:.* ## .+$", MAKEFILE, flags=re.MULTILINE), name
            assert re.search(rf"^\.PHONY: {name}$", MAKEFILE, flags=re.MULTILINE), name


def test_continuous_integration_runs_the_test_command() -> None:
    """.ci/run is executable and runs what README calls the tests."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert "\nmake test\n" in text
    assert "$ make test" in (ROOT / "README.md").read_text()


def test_the_license_is_the_whole_apache_license() -> None:
    """LICENSE has the full text that the project's metadata name."""
    text = (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
