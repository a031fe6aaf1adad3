"""Files that are made of weights once: a second start finds them, and a failed one leaves nothing behind."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest
from openvino import opset13 as ops

from models import detector
from models.runtime.conversion import computed, converted, exported
from models.runtime.device import Placement
from models.weights import Weights


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "net.pt").write_bytes(b"network")
    return Weights("net", "1", "MIT", "0123456789abcdef", tmp_path / "weights")


def make(copy: Path) -> Path:
    made = copy.with_suffix(".engine")
    made.write_bytes(b"engine of " + copy.read_bytes())
    return made


def test_an_export_is_made_once(weights: Weights, tmp_path: Path) -> None:
    placement, calls = Placement("cuda", "f16", 1, tmp_path / "cache"), []

    def export(copy: Path) -> Path:
        calls.append(copy)
        return make(copy)

    first, second = (exported(weights, placement, "l4-10.engine", "net.pt", export) for _ in range(2))
    assert first == second
    assert first.read_bytes() == b"engine of network"
    assert len(calls) == 1
    assert [path.name for path in weights.directory.iterdir()] == ["net.pt"], "weights may be mounted read-only"
    assert list(first.parent.iterdir()) == [first]


def test_an_export_that_fails_leaves_nothing(weights: Weights, tmp_path: Path) -> None:
    placement = Placement("cuda", "f16", 1, tmp_path / "cache")

    def fail(copy: Path) -> Path:
        copy.with_suffix(".engine").write_bytes(b"half")
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        exported(weights, placement, "l4-10.engine", "net.pt", fail)
    assert list((tmp_path / "cache" / "converted").iterdir()) == []
    assert exported(weights, placement, "l4-10.engine", "net.pt", make).exists()


def network() -> openvino.Model:
    given = ops.parameter([1, 2], np.float32)
    return openvino.Model([ops.relu(given)], [given], "net")


def test_another_user_reads_what_the_superuser_left(weights: Weights, tmp_path: Path) -> None:
    placement = Placement("cpu", "f32", 1, tmp_path / "cache")
    folder = converted(weights, placement, "net", network).parent
    assert folder.stat().st_mode & 0o777 == 0o755
    computed(weights, placement, "classes", "names", lambda: np.zeros(2, np.float32))
    (array,) = folder.parent.glob("*.npy")
    assert array.stat().st_mode & 0o777 == 0o644


def test_a_conversion_that_another_process_finished_first_is_used(weights: Weights, tmp_path: Path) -> None:
    placement = Placement("cpu", "f32", 1, tmp_path / "cache")
    made = converted(weights, placement, "net", network)
    kept = made.parent.rename(tmp_path / "kept")

    def slow() -> openvino.Model:
        shutil.copytree(kept, made.parent)
        return network()

    assert converted(weights, placement, "net", slow) == made
    assert list(made.parent.parent.iterdir()) == [made.parent]


def test_a_conversion_that_cannot_be_kept_says_so(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(PermissionError):
        converted(weights, Placement("cpu", "f32", 1, tmp_path / "cache"), "net", network)
    assert list((tmp_path / "cache" / "converted").iterdir()) == []


@pytest.mark.parametrize(("file", "device"), [("net.pt", "cpu"), ("net.onnx", "cuda")])
def test_tensorrt_is_for_pt_files_on_cuda(weights: Weights, tmp_path: Path, file: str, device: str) -> None:
    (weights.directory / "net.onnx").write_bytes(b"network")
    placement = Placement(device, "f16" if device == "cuda" else "f32", 1, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"not from '{file}' on {device}"):
        detector.load(weights, placement, backend="ultralytics", file=file, tensorrt=True)
