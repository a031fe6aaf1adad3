"""Where models run: what the backend and the machine can."""

from pathlib import Path

import pytest

from configs.settings import BatchSettings, ModelSettings, load_settings
from models.runtime import device
from models.runtime.device import resolve


@pytest.fixture(autouse=True)
def a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose driver and torch see a CUDA device."""
    monkeypatch.setattr(device, "_cuda_visible", lambda: True)
    monkeypatch.setattr(device, "cuda_available", lambda: True)


def asked(backend: str, **changes: str) -> ModelSettings:
    return ModelSettings(weights="any", backend=backend, batch=BatchSettings(max_cost=1, max_items=1), **changes)


def test_the_embedded_profile_stays_on_the_cpu(tmp_path: Path) -> None:
    models = load_settings("embedded").models
    assert {role: resolve(model, tmp_path).device for role, model in models.items()} == dict.fromkeys(models, "cpu")


@pytest.mark.parametrize(("backend", "found"), [("open_clip", ("cuda", "f16")), ("transformers", ("cuda", "f16"))])
def test_auto_takes_the_gpu(backend: str, found: tuple[str, str], tmp_path: Path) -> None:
    placement = resolve(asked(backend), tmp_path)
    assert (placement.device, placement.precision) == found


@pytest.mark.parametrize("backend", sorted(device.CPU_ONLY))
def test_auto_leaves_backends_without_cuda_on_the_cpu(backend: str, tmp_path: Path) -> None:
    assert resolve(asked(backend), tmp_path).device == "cpu"
    with pytest.raises(ValueError, match=f"backend {backend} runs on the CPU, not on cuda"):
        resolve(asked(backend, device="cuda"), tmp_path)
