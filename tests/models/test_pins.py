"""Pinning changes the digests of a registry and nothing else of its text."""

import pytest
import yaml

from configs.settings import CONFIGS
from models.pins import with_pins, write_pins

A, B, DIGITS = "a" * 64, "b" * 64, "7" * 64


@pytest.mark.parametrize(("before", "digests", "after"), [
    ("x:\n  files:\n    m.bin: null  # soon\n", {"x": {"m.bin": A}}, f"x:\n  files:\n    m.bin: {A}  # soon\n"),
    ("x:\n  files:\n    m.bin:\n    c.json: ~\n", {"x": {"m.bin": A, "c.json": B}},
     f"x:\n  files:\n    m.bin: {A}\n    c.json: {B}\n"),
    ("x:\n  files: {m.bin: null, c.json: null}\n", {"x": {"c.json": B}},
     f"x:\n  files: {{m.bin: null, c.json: {B}}}\n"),
    (f"# Ours.\nx:\n  files: {{m.bin: {B}}}\n", {"x": {"m.bin": A}}, f"# Ours.\nx:\n  files: {{m.bin: {A}}}\n"),
    (f"x: {{files: {{m.bin: '{B}'}}}}\n", {"x": {"m.bin": A}}, f"x: {{files: {{m.bin: {A}}}}}\n"),
    ("x: {files: {m.bin: null}}\n", {"x": {"m.bin": DIGITS}}, f'x: {{files: {{m.bin: "{DIGITS}"}}}}\n'),
    ("y: {files: {m.bin: null}}\nx: {files: {m.bin: null}}\n", {"x": {"m.bin": A}, "y": {"m.bin": B}},
     f"y: {{files: {{m.bin: {B}}}}}\nx: {{files: {{m.bin: {A}}}}}\n"),
    ("x: {version: ü, files: {m.bin: null}}\n", {"x": {"m.bin": A}}, f"x: {{version: ü, files: {{m.bin: {A}}}}}\n"),
    ("x: {files: {m.bin: null}}\n", {}, "x: {files: {m.bin: null}}\n"),
])  # fmt: skip
def test_pins(before: str, digests: dict[str, dict[str, str]], after: str) -> None:
    assert with_pins(before, digests) == after
    read = yaml.safe_load(after)
    assert all(
        read[entry]["files"][file] == digest for entry, files in digests.items() for file, digest in files.items()
    )


@pytest.mark.parametrize("digests", [{"y": {"m.bin": A}}, {"x": {"other": A}}])
def test_what_is_not_declared_is_not_pinned(digests: dict[str, dict[str, str]]) -> None:
    with pytest.raises(KeyError):
        with_pins("x: {files: {m.bin: null}}\n", digests)


def test_every_file_of_the_shipped_registry(tmp_path) -> None:
    path = tmp_path / "weights.yaml"
    text = (CONFIGS / "weights.yaml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    entries = yaml.safe_load(text)
    write_pins(path, {name: dict.fromkeys(entry["files"], A) for name, entry in entries.items()})
    made = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
    assert comments(made) == comments(text)
    for entry in entries.values():
        entry["files"] = dict.fromkeys(entry["files"], A)
    assert yaml.safe_load(made) == entries
    assert list(yaml.safe_load(made)) == list(entries)


def comments(text: str) -> list[str]:
    return [line.partition("#")[2] for line in text.splitlines()]
