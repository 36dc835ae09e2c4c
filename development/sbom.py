"""Writes what the program is made of: `python -m development.sbom PROGRAM FOLDER`.

PROGRAM is an environment that has the program and nothing else. cyclonedx-bom looks at it and
writes CycloneDX; the same is written as SPDX, which spdx-tools checks. `make sbom` is both.
"""

import argparse
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from spdx_tools.common.spdx_licensing import spdx_licensing
from spdx_tools.spdx.model import (
    Actor,
    ActorType,
    CreationInfo,
    Document,
    ExternalPackageRef,
    ExternalPackageRefCategory,
    Package,
    PackagePurpose,
    Relationship,
    RelationshipType,
    SpdxNoAssertion,
)
from spdx_tools.spdx.writer.write_anything import write_file

from clusterimport import __version__

ROOT: Final = Path(__file__).parents[1]
_DOCUMENT: Final = "SPDXRef-DOCUMENT"


def main() -> None:
    """Write both files; ends with 1 where a package of the lock is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    cyclonedx = arguments.folder / "clusterimport.cdx.json"
    command = (
        *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
        *("--pyproject", ROOT / "pyproject.toml", "--output-file", cyclonedx),
        arguments.program / "bin" / "python",
    )
    subprocess.run(command, check=True)
    bill = json.loads(cyclonedx.read_text("utf-8"))
    bill["metadata"]["component"]["version"] = __version__  # which is not written in pyproject.toml
    cyclonedx.write_text(json.dumps(bill, indent=2) + "\n", "utf-8")
    if missing := _locked() - {_normalised(each["name"]) for each in bill["components"]}:
        sys.exit(f"{arguments.program} lacks {', '.join(sorted(missing))}")
    write_file(_spdx(bill), str(arguments.folder / "clusterimport.spdx.json"), validate=True)


def _spdx(bill: Mapping[str, Any]) -> Document:
    program, tools = bill["metadata"]["component"], bill["metadata"]["tools"]["components"]
    identity = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(bill, sort_keys=True))
    about = CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id=_DOCUMENT,
        name=f"clusterimport-{__version__}",
        document_namespace=f"urn:uuid:{identity}",
        creators=[Actor(ActorType.TOOL, f"{each['name']}-{each['version']}") for each in tools],
        created=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
    )
    packages = [
        _package(program, PackagePurpose.APPLICATION),
        *(_package(each, PackagePurpose.LIBRARY) for each in bill["components"]),
    ]
    return Document(about, packages, relationships=list(_relationships(bill)))


def _package(component: Mapping[str, Any], purpose: PackagePurpose) -> Package:
    purl = component.get("purl")
    reference = ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl
    return Package(
        spdx_id=_identifier(component["bom-ref"]),
        name=component["name"],
        version=component["version"],
        download_location=SpdxNoAssertion(),
        files_analyzed=False,
        license_declared=_license(component),
        external_references=[ExternalPackageRef(*reference)] if purl else [],
        primary_package_purpose=purpose,
    )


def _license(component: Mapping[str, Any]) -> Any:
    """Return the licenses that have a name of SPDX, all of which hold; else that none is known."""
    found = [
        each.get("expression") or each["license"].get("id")
        for each in component.get("licenses", ())
    ]
    known = " AND ".join(f"({each})" for each in found if each)
    return spdx_licensing.parse(known) if known else SpdxNoAssertion()


def _relationships(bill: Mapping[str, Any]) -> Iterator[Relationship]:
    root = _identifier(bill["metadata"]["component"]["bom-ref"])
    yield Relationship(_DOCUMENT, RelationshipType.DESCRIBES, root)
    for each in bill["dependencies"]:
        for needed in each.get("dependsOn", ()):
            yield Relationship(
                _identifier(each["ref"]), RelationshipType.DEPENDS_ON, _identifier(needed)
            )


def _identifier(reference: str) -> str:
    return f"SPDXRef-{re.sub(r'[^A-Za-z0-9.]+', '-', reference)}"


def _locked() -> set[str]:
    """Return the names of what every Python needs; what some need has a condition behind it."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    return set(re.findall(r"(?m)^([a-z0-9-]+)==[^;\s]+ \\$", lock))


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
