"""A candidate's first load and its answers to the samples, where they are in nobody's way.

Both models, the candidate and the one that serves, are loaded in child processes of the lowest priority, one after the
other, so that no sample stands in the queue before a submission. What a load leaves behind, converted and compiled
networks in the cache and files in memory, makes the load of the replica short.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import Role, Settings
from models.outputs import ItemError
from models.weights import Declaration, WeightsMissing
from serve.errors import EngineUnavailable
from serve.loading import load_model, registry_for

LOWEST_PRIORITY = 19


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model said about the samples."""

    outputs: tuple[Any, ...]
    """In their order; an `ItemError` for what it could not process."""
    seconds: float
    """Mean of one sample, at the lowest priority."""


def is_possible(role: Role, settings: Settings, declared: Declaration) -> bool:
    """Whether this machine may run the weights: on a cluster, and on a GPU, only the replicas' does.

    Raises:
        models.weights.WeightsError: a file is not the pinned one, or no hash is pinned; or it is not here, and the
            replicas would look for it here.
    """
    is_here = settings.models[role].device != "cuda" and "RAY_ADDRESS" not in os.environ
    try:
        registry_for(role, settings, declared).open(settings.models[role].weights)
    except WeightsMissing:
        if is_here:
            raise
    return is_here


def rehearse(role: Role, settings: Settings, declared: Declaration, items: Sequence[Any]) -> Answers:
    """Load the model in a child process and ask it for the samples.

    Raises:
        EngineUnavailable: it does not load, or fails on a sample; the message says why.
    """
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        said = Path(folder) / "answers"
        command = [sys.executable, "-m", "serve.rehearsal", str(said)]
        child = subprocess.run(
            command, input=pickle.dumps((role, settings, declared, list(items))), capture_output=True
        )
        if child.returncode:
            lines = child.stderr.decode(errors="replace").strip().splitlines()
            raise EngineUnavailable(f"{role}: {lines[-1] if lines else f'its load ended with {child.returncode}'}")
        outputs, seconds = pickle.loads(said.read_bytes())
    return Answers(outputs, seconds)


def main() -> None:
    """In the child: load and answer, or say in the last line of stderr why that fails."""
    os.nice(LOWEST_PRIORITY)
    role, settings, declared, items = pickle.loads(sys.stdin.buffer.read())
    try:
        model = load_model(role, settings, declared)
        started_seconds = time.perf_counter()
        outputs: tuple[Any | ItemError, ...] = tuple(model.run([item])[0] for item in items)
        seconds = (time.perf_counter() - started_seconds) / max(1, len(items))
    except Exception as error:  # noqa: BLE001  the parent refuses the candidate, whatever it was
        reason = " ".join(str(error).split())
        print(f"{type(error).__name__}: {reason}", file=sys.stderr)
        raise SystemExit(1) from None
    Path(sys.argv[1]).write_bytes(pickle.dumps((outputs, seconds)))


if __name__ == "__main__":
    main()
