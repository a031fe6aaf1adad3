"""Every check runs in a process of its own: the switches act when libraries are imported."""

import os
import subprocess
import sys

import pytest

LIST_LOOKUPS = """
import socket, time
def refuse(name, *rest, **named):
    print("looked up", name, flush=True)  # printed, since OpenVINO sends from a forked process
    raise socket.gaierror("no network in this test")
socket.getaddrinfo = refuse
{imports}
time.sleep(2)
"""


def _run(code: str, home: object = None, **environment: str) -> str:
    variables = {name: value for name, value in os.environ.items() if name != "CI"} | environment
    if home is not None:
        variables["HOME"] = str(home)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=variables, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _lookups(imports: str, home: object) -> list[str]:
    """Host names that were asked for while importing."""
    lines = _run(LIST_LOOKUPS.format(imports=imports), home).splitlines()
    return [line.removeprefix("looked up ") for line in lines if line.startswith("looked up ")]


@pytest.mark.slow
def test_openvino_alone_would_report_itself(tmp_path):
    """Why `SENDERS` exists; when this fails, OpenVINO has become silent and the block can go."""
    assert "www.google-analytics.com" in _lookups("import openvino", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("library", ["openvino", "ultralytics", "transformers, huggingface_hub"])
def test_libraries_look_up_nothing_after_configs(library, tmp_path):
    assert _lookups(f"import configs\nimport {library}", tmp_path) == []


def test_switches_win_over_the_environment():
    code = "import configs, os; print(os.environ['HF_HUB_OFFLINE'], os.environ['RAY_USAGE_STATS_ENABLED'])"
    assert _run(code, HF_HUB_OFFLINE="0", RAY_USAGE_STATS_ENABLED="1") == "1 0"


@pytest.mark.parametrize("package", ["models", "scripts", "configs"])
def test_importing_a_package_throws_the_switches(package):
    assert _run(f"import {package}, sys; print(sys.modules['openvino_telemetry'])") == "None"


def test_fetching_may_reach_the_hub():
    code = (
        "from configs import no_egress; no_egress.allow_hub(); from huggingface_hub import constants as c;"
        "print(c.HF_HUB_OFFLINE, c.HF_HUB_DISABLE_TELEMETRY)"
    )
    assert _run(code) == "False True"


def test_the_hub_cannot_be_opened_too_late():
    code = (
        "import configs, huggingface_hub\n"
        "try:\n    configs.no_egress.allow_hub()\nexcept RuntimeError as error:\n    print(error)"
    )
    assert "imported already" in _run(code)
