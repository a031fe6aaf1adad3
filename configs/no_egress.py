"""No library calls home: every switch in one place, thrown before any library is imported.

Importing `configs` applies it, and every process of the engine imports `configs` first. What is set in the
environment also holds for child processes, Ray's workers among them.
"""

import os
import sys

ENVIRONMENT = {
    # The convention of https://donottrack.sh: huggingface_hub and others.
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Even so, the head of a cluster made by `ray start` reports that reports are off (`usage_stats_head.py`).
    "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9/",
    # Since 1.29 ONNX Runtime sends models' names and hashes to mobile.events.data.microsoft.com, on Linux too.
    "ORT_DISABLE_TELEMETRY": "1",
    # Without it ultralytics resolves one.one.one.one when it is imported, and then reports events to Google.
    "YOLO_OFFLINE": "true",
    # Nor may it install a package that it misses, from whatever index pip knows.
    "YOLO_AUTOINSTALL": "false",
    # Albumentations, where an operator has it, asks for its newest version when it is imported.
    "NO_ALBUMENTATIONS_UPDATE": "1",
}
"""Variables that turn telemetry and downloads off. They win over what the process was started with."""

SENDERS = ("openvino_telemetry",)
"""Packages that only send. `import openvino` reports itself to Google Analytics unless a file in the home
directory or `CI=true` forbids it (openvino/tools/ovc/__init__.py), so a variable is not enough: the import
is made to fail, upon which OpenVINO and NNCF fall back to stubs that they ship for that case."""

HUB_SWITCHES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def apply() -> None:
    """Close every way out that a library has of its own.

    A sender that a program imported before Assay is that program's choice and stays.
    """
    os.environ.update(ENVIRONMENT)
    for name in SENDERS:
        # `None` is the documented way to make an import fail (importlib, "The module cache").
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def allow_hub() -> None:
    """Let this process, which an operator started to fetch weights, reach the hub (or `HF_ENDPOINT`).

    Raises:
        RuntimeError: huggingface_hub was imported before; it reads the switch only once.
    """
    if "huggingface_hub" in sys.modules:
        raise RuntimeError("huggingface_hub is imported already and stays offline")
    for name in HUB_SWITCHES:
        os.environ[name] = "0"
