"""Changes of a running engine, from this process and from another replica of the same Ray, while files are scored."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import skimage
import yaml
from ray import serve as ray_serve

from configs.settings import BatchSettings, DecodeSettings, ModelSettings, Role, Settings
from models.weights import Registry, sha256_of
from pipeline.brief import JobBrief
from pipeline.decode import decode
from pipeline.result import ScoreRequest, ScoreResult
from serve.app import model_applications
from serve.canary import CanaryReport, Plan, run_canary
from serve.changes import change
from serve.client import RayEngine
from serve.errors import EngineUnavailable
from serve.lease import lease
from serve.live import Live, Trial, current
from serve.samples import Samples, samples_of
from serve.swapping import Refused, clear_leftovers, load_beside, reload
from tests.serve.conftest import ROLES
from tests.serve.replicas import replica_pids

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

PHOTOS = Path(skimage.__file__).parent / "data"
FILE = "320n.onnx"
ORIGINAL, COPY = "nudenet-320n", "nudenet-copy"
"""The detector's own weights under another name: what changes shows, and its answers do not."""
PERSON = ScoreRequest(PHOTOS / "astronaut.png", JobBrief(description="A photo of an astronaut."))


@pytest.fixture
def engine(ray_engine: RayEngine) -> RayEngine:
    return ray_engine


@pytest.fixture(scope="module")
def samples() -> Samples:
    return samples_of([decode(PHOTOS / name, DecodeSettings()) for name in ("astronaut.png", "coffee.png")])


@ray_serve.deployment(name="caller", ray_actor_options={"num_cpus": 0})
class Caller:
    """Holds an engine as the front end's replicas do: its settings are those of the start."""

    def __init__(self, settings: Settings) -> None:
        self._engine = RayEngine(settings)
        self._engine.join()

    async def reconfigure_engine(self, batches: Mapping[Role, BatchSettings]) -> str:
        try:
            await self._engine.reconfigure(batches)
        except ValueError as error:
            return str(error)
        return "done"

    async def batches(self) -> Mapping[Role, BatchSettings]:
        return await self._engine.batches()


@pytest.fixture(scope="module")
async def caller(ray_engine: RayEngine, settings: Settings) -> AsyncIterator[Any]:
    yield await asyncio.to_thread(ray_serve.run, Caller.bind(settings), name="caller", route_prefix=None)
    await asyncio.to_thread(ray_serve.delete, "caller")


async def test_changes_from_two_processes_are_all_in_force_and_no_replica_is_replaced(
    engine: RayEngine, caller: Any
) -> None:
    before = {role: replica_pids(role) for role in (*ROLES, "scorer")}
    assert all(len(pids) == 1 for pids in before.values()), before
    detector, concepts = (BatchSettings(max_cost=9, max_items=items) for items in (3, 5))
    changes = [engine.reconfigure({"concepts": concepts}), caller.reconfigure_engine.remote({"detector": detector})]
    assert await asyncio.gather(*changes) == [None, "done"]
    expected = {"concepts": concepts, "detector": detector}
    assert await engine.batches() == await caller.batches.remote() == expected
    assert {role: replica_pids(role) for role in before} == before


async def test_what_waits_for_a_batch_is_answered_when_batches_change(engine: RayEngine) -> None:
    before = replica_pids("detector")
    await engine.reconfigure({"detector": BatchSettings(max_cost=16, max_items=8, wait_seconds=5)})
    scoring = asyncio.create_task(engine.score(PERSON))
    while not (await engine.stats())["detector"][0].queued:
        await asyncio.sleep(0.05)
    await engine.reconfigure({"detector": BatchSettings(max_cost=16, max_items=8)})
    assert detectors([await asyncio.wait_for(scoring, 4)])
    assert replica_pids("detector") == before


async def test_a_batch_that_could_never_fill_is_refused_with_the_reason(engine: RayEngine, caller: Any) -> None:
    before = await engine.batches()
    too_large = {"detector": BatchSettings(max_cost=9, max_items=65)}
    reason = "max_ongoing_requests 64 is below max_items × concurrent = 65"
    assert reason in await caller.reconfigure_engine.remote(too_large)
    with pytest.raises(ValueError, match="no model for speech"):
        await engine.reconfigure({"speech": BatchSettings(max_cost=9)})
    assert await engine.batches() == before


@pytest.mark.usefixtures("engine")
async def test_a_lease_is_held_by_one_and_taken_over_from_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serve.lease.LEASE_SECONDS", 0.5)
    async with lease("trial"):
        await asyncio.sleep(0.8)  # it is renewed
        with pytest.raises(EngineUnavailable, match="another trial"):
            async with lease("trial", wait_seconds=0.2):
                pass
    async with lease("trial", wait_seconds=0):
        pass
    monkeypatch.setattr("serve.lease._renew", lambda key, block: asyncio.sleep(60))
    async with lease("trial"), lease("trial", wait_seconds=2):
        pass


@asynccontextmanager
async def load(engine: RayEngine, pause_seconds: float = 0.0) -> AsyncIterator[list[ScoreResult]]:
    """Two submissions at a time, each after a pause; the results of all of them, none of which may fail."""
    results: list[ScoreResult] = []
    is_over = asyncio.Event()

    async def submit() -> None:
        while not is_over.is_set():
            results.append(await engine.score(PERSON))
            await asyncio.sleep(pause_seconds)

    async with asyncio.TaskGroup() as clients:
        for _ in range(2):
            clients.create_task(submit())
        yield results
        is_over.set()


def detectors(results: list[ScoreResult]) -> list[str]:
    """Names of the weights that the detector of each result ran on."""
    return [model.name for result in results for model in result.models if model.role == "detector"]


def with_detector(settings: Settings, **changes: Any) -> Settings:
    detector = ModelSettings.model_validate({**dict(settings.models["detector"]), **changes})
    return settings.model_copy(update={"models": settings.models | {"detector": detector}})


async def test_weights_are_swapped_under_load_and_every_later_answer_names_them(
    engine: RayEngine, with_copy: Settings, samples: Samples
) -> None:
    old = (await engine.identities())["detector"].name
    others = {role: replica_pids(role) for role in ("concepts", "scorer")}
    wanted = with_detector(with_copy, weights=COPY, batch=BatchSettings(max_cost=16, max_items=4))
    async with load(engine) as results:
        await asyncio.sleep(1)
        done = await reload(wanted, samples, lambda step: None)
        swapped_at = len(results)
        await asyncio.sleep(1)
    assert [each.role for each in done.comparisons] == ["detector"]
    assert done.comparisons[0].agreement > 0.9
    said = detectors(results)
    assert len(said) == len(results), "the detector answered for every submission"
    switched = said.index(COPY)
    assert set(said[: switched - 2]) == {old}
    assert set(said[swapped_at + 2 :]) == {COPY}, "those that had begun before ended on the old weights"
    assert (await engine.identities())["detector"].name == COPY
    assert (await engine.batches())["detector"].max_items == 4
    assert {role: replica_pids(role) for role in others} == others, "only the changed model's replica was replaced"
    assert len(replica_pids("detector")) == 1


@pytest.fixture(scope="module")
def with_copy(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Declares `COPY` too, whose file lies beside the declarations."""
    entries = yaml.safe_load(settings.weights.read_text(encoding="utf-8"))
    path = tmp_path_factory.mktemp("copy") / "weights.yaml"
    shutil.copy(Registry.load(settings.weights, settings.data_dir).open(ORIGINAL).path(FILE), path.parent)
    copy = entries[ORIGINAL] | {"sources": [{"path": str(path.parent)}]}
    path.write_text(yaml.safe_dump(entries | {COPY: copy}), encoding="utf-8")
    return settings.model_copy(update={"weights": path})


@pytest.fixture
def declare(settings: Settings, tmp_path: Path) -> Any:
    """Adds weights of a detector whose file has other bytes than a detector's."""

    def declare(name: str, content: bytes, sha256: str | None = None) -> Settings:
        folder = tmp_path / name
        folder.mkdir()
        (folder / FILE).write_bytes(content)
        entries = yaml.safe_load(settings.weights.read_text(encoding="utf-8"))
        digest = sha256 or sha256_of(folder / FILE)
        changed = {"files": {FILE: digest}, "sources": [{"path": str(folder)}]}
        entries[name] = entries[ORIGINAL] | changed
        (folder / "weights.yaml").write_text(yaml.safe_dump(entries), encoding="utf-8")
        return with_detector(settings, weights=name).model_copy(update={"weights": folder / "weights.yaml"})

    return declare


async def test_bad_checkpoints_are_refused_with_the_reason_and_the_old_one_serves_on(
    engine: RayEngine, settings: Settings, samples: Samples, declare: Any
) -> None:
    serving, applications = await engine.identities(), model_applications()
    labels = settings.models["detector"].options["labels"]
    wrong = settings.models["detector"].options | {"labels": labels[1:] + labels[:1]}
    bad = {
        "SHA-256 is .* but ffff": declare("altered", b"altered", "f" * 64),
        "(?s)broken.*320n.onnx": declare("broken", b"no network at all"),
        "agrees with what serves now by 0.00": with_detector(settings, options=wrong),
    }
    async with load(engine) as results:
        for reason, candidate in bad.items():
            with pytest.raises(Refused, match=reason):
                await reload(candidate, samples, lambda step: None)
            assert model_applications() == applications
    assert len(results) > 2
    assert await engine.identities() == serving


async def test_what_a_reload_changes_beside_the_models_is_told(engine: RayEngine, samples: Samples) -> None:
    """From another user's home too, whose cache is not the engine's: no model has another name for it."""
    before = current()
    scorer = before.settings.scorer.model_copy(update={"max_ongoing_requests": 77})
    named = {"profile": "another", "scorer": scorer, "data_dir": Path("/nowhere")}
    elsewhere = before.settings.model_copy(update=named)
    done = await reload(elsewhere, samples, lambda step: None)
    assert (done.comparisons, done.batches, done.others) == ((), (), ("scorer",))
    assert current().applications == before.applications
    assert await engine.profile() == "another"
    await reload(before.settings, samples, lambda step: None)


async def test_a_file_that_changed_in_its_place_is_compared_with_what_serves(
    engine: RayEngine, with_copy: Settings, samples: Samples
) -> None:
    """Its name and path are those of the weights that serve: asked on the disk, they would agree with themselves."""
    wanted = with_detector(with_copy, weights=COPY)
    await reload(wanted, samples, lambda step: None)
    declared, file = with_copy.weights.read_text(encoding="utf-8"), with_copy.weights.with_name(FILE)
    good, digest = file.read_bytes(), sha256_of(file)
    file.write_bytes(blinded(good))
    with_copy.weights.write_text(declared.replace(digest, sha256_of(file)), encoding="utf-8")
    with pytest.raises(Refused, match=r"agrees with what serves now by 0\.00"):
        await reload(wanted, samples, lambda step: None)
    assert current().declarations["detector"].files == {FILE: digest}, "a replica that starts again loads no other"
    file.write_bytes(good)
    with_copy.weights.write_text(declared, encoding="utf-8")


def blinded(network: bytes) -> bytes:
    """The same network with weights of nothing: it loads, answers, and finds nothing."""
    model = onnx.load_from_string(network)
    for weights in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weights)
        if values.dtype == np.float32 and values.ndim == 4:
            weights.CopyFrom(onnx.numpy_helper.from_array(np.zeros_like(values), weights.name))
    content: bytes = model.SerializeToString()
    return content


@pytest.mark.parametrize("changes", [{}, {"threads": 1}], ids=["more of the same", "a candidate"])
async def test_replicas_without_a_place_are_given_up_and_what_served_serves_on(
    engine: RayEngine, samples: Samples, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setattr("serve.swapping.LOAD_SECONDS", 3.0)
    monkeypatch.setattr("serve.app.DRAIN_SECONDS", 1.0)  # how long Serve lets a replica go that never came up
    before, applications, pids = current(), model_applications(), replica_pids("detector")
    too_large = before.settings.models["detector"].replicas.model_copy(update={"num_cpus": 64})
    wanted = with_detector(before.settings, replicas=too_large, **changes)
    with pytest.raises(Refused, match="detector: not up after 3 s; is there room for it"):
        await reload(wanted, samples, lambda step: None)
    await engine.score(PERSON)
    assert (current(), model_applications(), replica_pids("detector")) == (before, applications, pids)


async def test_a_canary_compares_and_decides_nothing_until_it_is_promoted(
    engine: RayEngine, with_copy: Settings, samples: Samples
) -> None:
    await reload(with_detector(with_copy, weights=COPY), samples, lambda step: None)
    serving, applications = (await engine.identities())["detector"], model_applications()
    plan = Plan("detector", share=0.5, submissions=5, timeout_seconds=60)

    async def try_out(promote: bool) -> CanaryReport:
        return await run_canary(
            plan,
            lambda model: ModelSettings.model_validate({**dict(model), "weights": ORIGINAL}),
            samples,
            on_progress=lambda step: None,
            on_compared=lambda count: None,
            promotes=lambda report: promote,
        )

    async with load(engine, pause_seconds=0.5) as results:
        report = await try_out(promote=False)
        assert set(detectors(results)) == {serving.name}, "the candidate's answers go nowhere"
        assert model_applications() == applications
        assert (report.identity.name, report.candidate.name) == (serving.name, ORIGINAL)
        assert len(report.compared) == 5
        assert all(one.error is None and one.agreement is not None for one in report.compared)
        assert [one.shift for one in report.compared] == pytest.approx([0.0] * 5, abs=0.05)
        assert report.candidate_run_seconds is not None
        await try_out(promote=True)
    assert (await engine.identities())["detector"].name == ORIGINAL
    assert len(model_applications()) == len(applications)
    with pytest.raises(Refused, match="is what serves already"):
        await try_out(promote=False)


async def test_what_a_killed_command_left_is_cleared_by_the_next(
    engine: RayEngine, settings: Settings, samples: Samples
) -> None:
    before, applications = current(), model_applications()
    wanted = Live.of(with_detector(settings, threads=1), before.code)
    await load_beside(before, wanted, ["detector"], samples, lambda step: None)
    candidate = wanted.applications["detector"]
    model = wanted.settings.models["detector"]
    trial = Trial(role="detector", model=model, application=candidate, share=1.0, submissions=5)
    await change(lambda now: now.model_copy(update={"trial": trial}))
    assert model_applications() == applications | {candidate}
    assert (await clear_leftovers()).trial is current().trial is None
    assert model_applications() == applications
    await engine.score(PERSON)
