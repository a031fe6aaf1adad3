"""The way into the Ray of a running `assay up`, for a command on the same machine.

A Ray of our own has an address and a token that nobody else knows. `assay up` leaves both in a file of its state
folder that only its user can read; whoever can read that folder could read the secret key as well. A cluster's Ray is
found by `RAY_ADDRESS`, as always.
"""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ray
import ray.serve  # it sets its logger's level when it is imported

from serve.errors import EngineUnavailable

FILE_NAME = "ray.json"


@contextmanager
def reachable(state_dir: Path) -> Iterator[None]:
    """Let commands on this machine find the Ray that this process has started, for the block."""
    path = state_dir / FILE_NAME
    path.unlink(missing_ok=True)
    address = {"address": ray.get_runtime_context().gcs_address, "token": os.environ.get("RAY_AUTH_TOKEN")}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(address, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def joined(state_dir: Path) -> Iterator[None]:
    """In the Ray of the engine that keeps its state there, or in the cluster that `RAY_ADDRESS` names, for the block.

    Raises:
        EngineUnavailable: there is none, or it does not answer.
    """
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    own_token = os.environ.get("RAY_AUTH_TOKEN")
    address = os.environ.get("RAY_ADDRESS") or _left_in(state_dir / FILE_NAME)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError) as error:
        raise EngineUnavailable(f"the engine at {address} does not answer: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()
        if own_token is None:  # a Ray that this process starts later has one of its own
            os.environ.pop("RAY_AUTH_TOKEN", None)


def _left_in(path: Path) -> str:
    try:
        left = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EngineUnavailable(
            f"no assay up keeps its state in {path.parent}; name its folder or RAY_ADDRESS"
        ) from None
    except PermissionError:
        raise EngineUnavailable(f"{path} can be read by the user of assay up alone: call this as that user") from None
    if left["token"] is not None:
        os.environ["RAY_AUTH_TOKEN"] = left["token"]
    return str(left["address"])
