"""A first load of a candidate, where it is in nobody's way: a child process of the lowest priority.

It leaves behind what makes a load long: converted and compiled networks in the cache, files in memory. What it raises
is a reason to refuse the candidate before any replica starts.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Collection

from configs.settings import Role, Settings
from models.weights import Registry, WeightsMissing
from serve.errors import EngineUnavailable

LOWEST_PRIORITY = 19


def try_to_load(settings: Settings, roles: Collection[Role]) -> None:
    """Verify the hashes and load each model once, as far as this machine has the weights.

    Raises:
        models.weights.WeightsError: a file is not the pinned one, or no hash is pinned.
        EngineUnavailable: a model does not load; the message says why.
    """
    registry = Registry.load(settings.weights, settings.data_dir)
    for role in roles:
        try:
            registry.open(settings.models[role].weights)
        except WeightsMissing:
            continue  # the replica's machine may have them; it verifies in any case
        if settings.models[role].device != "cuda" and "RAY_ADDRESS" not in os.environ:
            _load_in_a_child(role, settings)


def _load_in_a_child(role: Role, settings: Settings) -> None:
    command = [sys.executable, "-m", "serve.warming"]
    child = subprocess.run(command, input=pickle.dumps((role, settings)), capture_output=True)
    if child.returncode:
        said = child.stderr.decode(errors="replace").strip().splitlines()
        raise EngineUnavailable(f"{role}: {said[-1] if said else f'its load ended with {child.returncode}'}")


def main() -> None:
    """In the child: load, and say in the last line of stderr why that fails."""
    from serve.loading import load_model

    os.nice(LOWEST_PRIORITY)
    role, settings = pickle.loads(sys.stdin.buffer.read())
    try:
        load_model(role, settings)
    except Exception as error:  # noqa: BLE001  the parent refuses the candidate, whatever it was
        reason = " ".join(str(error).split())
        print(f"{type(error).__name__}: {reason}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
