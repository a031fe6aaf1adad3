"""The command as a person meets it: a process of its own."""

import os
import socket
import subprocess
import sys
from hashlib import sha256

import pytest
import yaml

import scripts.cli


def _assay(*arguments: str, **named) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "scripts.cli", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, **named)


def test_help_names_every_command_without_importing_the_engine():
    code = "import sys; sys.argv = ['assay', '--help']; import scripts.cli\ntry:\n    scripts.cli.main()\nfinally:\n"
    code += "    print([m for m in ('pydantic', 'numpy', 'ray', 'openvino') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=60).stdout
    assert shown.rstrip().endswith("[]")
    assert all(name in shown for name in scripts.cli.COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("doctor", "--profile", "tpu"), "no profile 'tpu'"),
        (("weights", "fetch", "whisper-huge"), "no weights 'whisper-huge' are declared"),
    ],
)
def test_a_mistake_of_the_caller_is_one_line_and_exit_code_2(arguments, message):
    done = _assay(*arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.startswith(f"assay: {message}")


@pytest.mark.parametrize(
    ("text", "named"), [("models: {}\ndecode: {workers: 0}\n", "decode.workers"), ("models: [\n", "mine.yaml: line 2")]
)
def test_an_invalid_setting_is_named(tmp_path, text, named):
    (tmp_path / "mine.yaml").write_text(text)
    done = _assay("doctor", "--profile", str(tmp_path / "mine.yaml"))
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_exit_code_2():
    assert _assay("frobnicate").returncode == 2


def test_verify_ends_with_1_when_weights_are_missing(tmp_path):
    done = _assay("weights", "verify", "dnsmos", "yolo11s", env=_environment(tmp_path))
    assert done.returncode == 1
    assert "dnsmos: verified" in done.stdout
    assert "yolo11s: yolo11s: no SHA-256 is pinned" in done.stdout


def test_weights_are_those_of_the_profile_s_own_registry(tmp_path):
    files, pinned = {"net.onnx": sha256(b"network").hexdigest()}, tmp_path / "mounted" / "net.onnx"
    entry = {"family": "detector", "version": "1", "licence": "MIT", "files": files}
    registry = {"mine": entry | {"sources": [{"path": str(pinned.parent)}]}}
    pinned.parent.mkdir()
    pinned.write_bytes(b"network")
    (tmp_path / "weights.yaml").write_text(yaml.safe_dump(registry))
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump({"models": {}, "weights": str(tmp_path / "weights.yaml")}))
    told = {"env": _environment(tmp_path / "cache")}
    profile = ("--profile", str(tmp_path / "profile.yaml"))
    assert _assay("weights", "verify", *profile, **told).stdout == "mine: verified\n"
    assert "mine" in _assay("weights", "list", *profile, **told).stdout
    fetched = _assay("weights", "fetch", "mine", *profile, **told)
    assert f"mine: the digests to pin in {tmp_path / 'weights.yaml'}" in fetched.stdout
    copied = _assay("weights", "copy", "mine", "--to", str(tmp_path / "out"), *profile, **told)
    assert (copied.returncode, (tmp_path / "out" / "mine" / "net.onnx").read_bytes()) == (0, b"network")


@pytest.mark.slow
def test_the_doctor_finds_the_embedded_profile_whole_and_the_gpu_profile_not(tmp_path):
    healthy = _assay("doctor", env=_environment(tmp_path))
    assert healthy.returncode == 0, healthy.stdout
    assert healthy.stdout.count("verified") == 5
    lacking = _assay("doctor", "--profile", "gpu", env=_environment(tmp_path))
    assert lacking.returncode == 1
    assert "missing: speech: whisper-large-v3-turbo" in lacking.stdout


def _environment(data_dir) -> dict[str, str]:
    return os.environ | {"ASSAY_DATA_DIR": str(data_dir)}


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = _assay("up", "--port", port, "--data-dir", str(tmp_path / "state"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"assay: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_the_folder_of_the_files_is_its_owners_alone(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        _assay("up", "--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://nobody@127.0.0.1:1/assay", "the database does not answer"),
        ("not a url", "Could not parse SQLAlchemy URL"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_line(tmp_path, url, message):
    variables = {"ASSAY_DATABASE__URL": url, "ASSAY_STATE_DIR": str(tmp_path)}
    done = _assay("prepare", env=os.environ | variables)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert message in done.stderr
