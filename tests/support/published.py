"""What vendors publish about their APIs, as packages: fetched once into a folder that is not kept, checked by digest.

`python -m tests.support.published` fetches all of it. Tests that need it are skipped where it was not fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.system import missing

FOLDER = Path(__file__).parents[2] / ".cache" / "published"


@dataclass(frozen=True)
class Package:
    """A package of npm, and which of its files are wanted: none named, the whole of it as a module for Node.

    `integrity` is what npm calls so: sha512 in base64.
    """

    name: str
    version: str
    integrity: str
    members: tuple[str, ...] = ()

    def path(self, member: str) -> Path:
        if not self.members:
            return FOLDER / "node_modules" / self.name / member
        return FOLDER / f"{self.name.replace('/', '-').lstrip('@')}-{self.version}" / Path(member).name

    def is_there(self) -> bool:
        if self.members:
            return all(self.path(member).exists() for member in self.members)
        manifest = self.path("package.json")
        return manifest.exists() and json.loads(manifest.read_bytes())["version"] == self.version


GITHUB_REST = Package(
    "@octokit/openapi",
    "23.0.2",
    "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    ("generated/api.github.com.json", "generated/ghes-3.17.json", "generated/ghes-3.19.json"),
)
GITHUB_WEBHOOKS = Package(
    "@octokit/openapi-webhooks",
    "12.1.0",
    "sha512-Z5eDsLCUNbx1zHpZb1LNQirADqdMTvWJQ/deahi0ws+tWWnwHXB+Pr4jfmM9OrETS9Y5iW8ZRu1fdbudObhLrg==",
    ("generated/api.github.com.json",),
)
GITHUB_GRAPHQL = Package(
    "@octokit/graphql-schema",
    "15.26.1",
    "sha512-RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
    ("schema.graphql",),
)
# The newest that runs on Node 20. npm's tag `latest` of this name is another, older thing.
EMULATE = Package(
    "emulate",
    "0.9.0",
    "sha512-wgOFQSrjAt0NqPDnYUFyCcCwAVw01aNS3M24SZ2C5ViLQW8ECi0qIyUsW+y2uvflBD48JFqomB+jRox+ktKK/w==",
)
_OF_EMULATE = (
    Package(
        "commander",
        "14.0.2",
        "sha512-TywoWNNRbhoD0BXs1P3ZEScW8W5iKrnbithIl0YH+uCmBd0QpPOA8yc82DS3BIE5Ma6FnBVUsJ7wVUDz4dvOWQ==",
    ),
    Package(
        "picocolors",
        "1.1.1",
        "sha512-xceH2snhtb5M9liqDsmEw56le376mTZkEX/jEb/RxNFyegNul7eNslCXP9FDj/Lcu0X8KEyMceP2ntpaHrDEVA==",
    ),
    Package(
        "yaml",
        "2.8.1",
        "sha512-lcYcMxX2PO9XMGvAJkJ3OsNMw+/7FKes7/hgerGUYWIoWu5j/+YQqcZr5JnPZWzOsEBgMbSbiSTn/dv/69Mkpw==",
    ),
)
PACKAGES = (GITHUB_REST, GITHUB_WEBHOOKS, GITHUB_GRAPHQL, EMULATE, *_OF_EMULATE)


def need(package: Package, member: str) -> Path:
    """The file, or the test is skipped, or failed where everything is said to be there."""
    path = package.path(member)
    if not path.exists():
        missing(f"{package.name} {package.version}", "fetch it with `python -m tests.support.published` (needs npm).")
    return path


def fetch(package: Package) -> None:
    """Raises ValueError where what npm gives is not what is expected."""
    if package.is_there():
        return
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{package.name}@{package.version}"
        command = ["npm", "pack", wanted, "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)
        (packed,) = Path(folder).iterdir()
        digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != package.integrity:
            raise ValueError(f"{wanted} is not what it was: its digest is sha512-{digest}.")
        with tarfile.open(packed) as archive:
            for member in package.members or _files(archive):
                found = archive.extractfile(f"package/{member}")
                if found is None:
                    raise ValueError(f"{wanted} has no {member}.")
                path = package.path(member)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(found.read())


def _files(archive: tarfile.TarFile) -> list[str]:
    return [each.name.removeprefix("package/") for each in archive.getmembers() if each.isfile()]


def main() -> None:
    for package in PACKAGES:
        fetch(package)
        sys.stdout.write(f"{package.name} {package.version} is there.\n")


if __name__ == "__main__":
    main()
