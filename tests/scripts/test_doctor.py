"""What `assay doctor` says of a machine that lacks something."""

from importlib.util import find_spec

import pytest
import typer

from models import loading
from models.runtime.device import cuda_available
from scripts.doctor_command import doctor


def said(profile: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and text."""
    with pytest.raises(typer.Exit) as ended:
        doctor(profile)
    return ended.value.exit_code, capsys.readouterr().out


@pytest.mark.skipif(cuda_available(), reason="shows a machine without CUDA")
def test_a_profile_for_gpus_lacks_them(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said("gpu", capsys)
    assert code == 1
    assert "missing: the replicas of gpu reserve 0.5 GPUs; here are 0" in text


def test_a_backend_whose_package_is_not_installed_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = "efficientnet_lite_pytorch"
    monkeypatch.setattr(loading, "find_spec", lambda name: None if name == absent else find_spec(name))
    code, text = said("embedded", capsys)
    assert code == 1
    assert f"missing: concepts: backend conse needs the package {absent}; install assay[embedded]" in text


def test_the_embedded_profile_lacks_nothing_where_it_is_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said("embedded", capsys)
    assert (code, "missing:" in text) == (0, False)
