"""Files that are made of weights once: a second start finds them, and a failed one leaves nothing behind."""

from pathlib import Path

import pytest

from models import detector
from models.runtime.conversion import exported
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


@pytest.mark.parametrize(("file", "device"), [("net.pt", "cpu"), ("net.onnx", "cuda")])
def test_tensorrt_is_for_pt_files_on_cuda(weights: Weights, tmp_path: Path, file: str, device: str) -> None:
    (weights.directory / "net.onnx").write_bytes(b"network")
    placement = Placement(device, "f16" if device == "cuda" else "f32", 1, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"not from '{file}' on {device}"):
        detector.load(weights, placement, backend="ultralytics", file=file, tensorrt=True)
