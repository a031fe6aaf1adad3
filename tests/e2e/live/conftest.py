"""One stack for what happens to a stack that runs: the embedded profile's two models that load fastest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.assay_up import RealStack, assay_up
from tests.e2e.live.profile import write_profile

ENVIRONMENT = {"ASSAY_DISPATCHER__RETRY_SECONDS": "2"}


@pytest.fixture(scope="package")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live") / "state"


@pytest.fixture(scope="package")
def stack(state_dir: Path) -> Iterator[RealStack]:
    profile = write_profile(state_dir.parent / "small.yaml")
    with assay_up(state_dir, profile=str(profile), **ENVIRONMENT) as running:
        yield running
    assert not (state_dir / "ray.json").exists()
