"""Where cuBLAS is looked for, with another library in its place."""

import ctypes.util
import shutil
from pathlib import Path

import pytest

from models.runtime import cublas

LIBM = ctypes.util.find_library("m")


def test_one_of_the_system_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cublas, "_LIBRARIES", (LIBM,))
    cublas.load_cublas()


def test_one_of_the_package_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cublas, "_LIBRARIES", ("libodd.so.12",))
    folder = tmp_path / "nvidia" / "cublas" / "lib"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"needs libodd.so.12: install CUDA 12, or assay\[gpu-host\]"):
        cublas.load_cublas()
    (library,) = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if f"/{LIBM}" in line}
    shutil.copy(library, folder / "libodd.so.12")
    cublas.load_cublas()
