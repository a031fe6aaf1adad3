"""What `assay doctor` says of a machine that lacks something."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from models import loading
from models.runtime.device import cuda_available
from scripts.doctor_command import doctor
from tests.api.stores import free_ports


def said(profile: str, capsys: pytest.CaptureFixture[str], data_dir: Path | None = None) -> tuple[int, str]:
    """Exit code and text."""
    with pytest.raises(typer.Exit) as ended:
        doctor(profile, data_dir)
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


def test_servers_that_do_not_answer_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("ASSAY_DATABASE__URL", f"postgresql://assay@127.0.0.1:{port}/assay")
    monkeypatch.setenv("ASSAY_STORE__BACKEND", "s3")
    monkeypatch.setenv("ASSAY_STORE__BUCKET", "assay")
    monkeypatch.setenv("ASSAY_STORE__ENDPOINT_URL", f"http://127.0.0.1:{port}")
    code, text = said("embedded", capsys, tmp_path / "new")
    assert code == 1
    assert {line.split(":")[1].strip() for line in text.splitlines() if line.startswith("missing:")} == {
        "database",
        "store",
    }
    assert not (tmp_path / "new").exists()


def test_a_machine_with_little_memory_or_room_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.doctor_command.NEEDED_GIB", 10**6)
    monkeypatch.setattr("api.storage_disk.MIN_FREE_BYTES", 1 << 62)
    code, text = said("embedded", capsys)
    assert code == 1
    assert "and the stack takes up to 1000000" in text
    assert "MiB are left for" in text
