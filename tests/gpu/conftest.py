"""Everything here runs on a CUDA device, and skips with the reason where there is none.

pytest -m gpu tests/gpu -rs
"""

from pathlib import Path

import pytest

from models.runtime.device import Placement


def _missing() -> str | None:
    """Why the tests of this folder cannot run; `None` when they can."""
    import torch

    if not torch.version.cuda:
        return f"torch {torch.__version__} is built without CUDA"
    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds no CUDA device"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder; ask for a device only when there is something to run."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    missing = _missing() if here else None
    for item in here:
        item.add_marker(pytest.mark.gpu)
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"needs a GPU: {missing}"))


@pytest.fixture(scope="session")
def on_gpu(tmp_path_factory: pytest.TempPathFactory) -> Placement:
    return Placement("cuda", "f16", 1, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def on_cpu(tmp_path_factory: pytest.TempPathFactory) -> Placement:
    return Placement("cpu", "f32", 2, tmp_path_factory.mktemp("cache"))
