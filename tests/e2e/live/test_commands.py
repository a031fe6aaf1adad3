"""`assay reload` and `assay canary` from processes of their own, on a stack that `assay up` runs."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import skimage
import yaml

from configs.settings import CONFIGS
from tests.e2e.assay_up import RealStack
from tests.e2e.live.profile import write_profile

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

PHOTO = Path(skimage.__file__).parent / "data" / "astronaut.png"
SECONDS = 300


def assay(*arguments: str, state_dir: Path) -> "subprocess.CompletedProcess[str]":
    """As an operator's shell starts it: without what `serve` has written into the environment of the tests for Ray."""
    command = [sys.executable, "-m", "scripts.cli", *arguments, "--data-dir", str(state_dir)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment = own | {"COLUMNS": "200"}
    root = Path(__file__).parents[3]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS)


async def score(stack: RealStack) -> list[dict[str, str]]:
    """The models that spoke about a photo."""
    async with httpx.AsyncClient(base_url=stack.url, headers=stack.headers, timeout=60) as client:
        form = {"description": "A photo of an astronaut."}
        answer = await client.post("/v1/score", data=form, files={"file": PHOTO.read_bytes()})
    answer.raise_for_status()
    models: list[dict[str, str]] = answer.json()["annotations"]["models"]
    return models


def test_the_way_in_is_for_its_user_alone(stack: RealStack, state_dir: Path) -> None:
    assert stat.S_IMODE((state_dir / "ray.json").stat().st_mode) == 0o600


async def test_reload_swaps_what_changed_and_the_front_end_names_it(
    stack: RealStack, state_dir: Path, tmp_path: Path
) -> None:
    concepts, api = stack.replicas("assay", "concepts"), stack.replicas("api", "api")
    assert (len(concepts), len(api)) == (1, 1)
    batch = {"max_cost": 8.0, "max_items": 4, "wait_seconds": 0.0}
    profile = write_profile(tmp_path / "other.yaml", weights="nudenet-copy", batch=batch)
    entries = yaml.safe_load((CONFIGS / "weights.yaml").read_text(encoding="utf-8"))
    registry = tmp_path / "weights.yaml"
    registry.write_text(yaml.safe_dump(entries | {"nudenet-copy": entries["nudenet-320n"]}), encoding="utf-8")
    profile.write_text(f"{profile.read_text(encoding='utf-8')}weights: {registry}\n", encoding="utf-8")
    done = assay("reload", "--profile", str(profile), state_dir=state_dir)
    assert done.returncode == 0, done.stderr
    assert "detector" in done.stdout
    assert "batches of up to 4 items" in done.stdout
    assert [model["name"] for model in await score(stack) if model["role"] == "detector"] == ["nudenet-copy"]
    assert (stack.replicas("assay", "concepts"), stack.replicas("api", "api")) == (concepts, api)
    again = assay("reload", "--profile", str(profile), state_dir=state_dir)
    assert "the engine is that of the profile already" in again.stdout


async def test_a_bad_checkpoint_is_one_line_and_nothing_changes(
    stack: RealStack, state_dir: Path, tmp_path: Path
) -> None:
    before = await score(stack)
    profile = write_profile(tmp_path / "bad.yaml", weights="yolo11s", options={"file": "yolo11s.pt"})
    refused = assay("reload", "--profile", str(profile), state_dir=state_dir)
    assert refused.returncode == 2
    assert refused.stderr.startswith("assay: yolo11s: no SHA-256 is pinned for yolo11s.pt")
    assert await score(stack) == before


async def test_a_canary_reports_and_leaves_nothing(stack: RealStack, state_dir: Path) -> None:
    before = await score(stack)
    arguments = ("canary", "--model", "detector", "--precision", "f32", "--share", "1", "--for", "2")
    running = asyncio.create_task(asyncio.to_thread(assay, *arguments, state_dir=state_dir))
    while not running.done():
        await score(stack)
    report = await running
    assert report.returncode == 0, report.stderr
    assert "agreement of the outputs" in report.stdout
    assert "ended; to take it" in report.stdout
    assert await score(stack) == before
    assert len(stack.replicas("assay", "detector")) == 1


def test_without_a_stack_the_command_says_where_it_looked(tmp_path: Path) -> None:
    refused = assay("reload", state_dir=tmp_path)
    assert refused.returncode == 2
    assert f"no assay up keeps its state in {tmp_path}" in refused.stderr
