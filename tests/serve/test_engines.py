"""One suite for both engines, with real weights: what holds in one process holds over Ray."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage

from configs.settings import BatchSettings, Role, Settings
from pipeline.brief import JobBrief, Requirements
from pipeline.duplicates import with_text
from pipeline.result import EarlierFile, ScoreRequest
from serve.client import Engine, InProcessEngine, RayEngine
from serve.errors import EngineUnavailable

pytestmark = pytest.mark.anyio

PHOTOS = Path(skimage.__file__).parent / "data"
CAT = ScoreRequest(PHOTOS / "chelsea.png", JobBrief(description="A photo of a cat."))
COFFEE = ScoreRequest(PHOTOS / "coffee.png", JobBrief(description="A photo of a cup of coffee."))
ENGINES = {"process": InProcessEngine, "ray": RayEngine}


@pytest.fixture(scope="module")
async def twin_answers(process_engine: InProcessEngine) -> list[dict[str, Any]]:
    return [(await process_engine.score(request)).to_json() for request in (CAT, COFFEE)]


@pytest.fixture(scope="module", params=["process", pytest.param("ray", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Not a coroutine, since those cannot ask for fixtures by name."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


async def test_a_photo_gets_stars_and_says_which_models_spoke(engine: Engine) -> None:
    result = await engine.score(CAT)
    assert 1 <= result.score.stars <= 5
    assert result.annotations is not None
    assert [model.role for model in result.models] == ["concepts", "detector"]
    assert {role: model.role for role, model in (await engine.identities()).items()} == {
        "concepts": "concepts",
        "detector": "detector",
    }


async def test_what_a_gate_refuses_is_no_copy_of_a_page_that_it_looks_like(process_engine: InProcessEngine) -> None:
    """Nobody has read it, so it may as well be another page of that layout, and a copy costs its worker a strike."""
    scored = await process_engine.score(COFFEE)
    assert scored.fingerprint is not None
    page = with_text(replace(scored.fingerprint, sha256="another"), "Soups Miso 4.20 Mains Pad thai 11.40 Jasmine tea")
    again = replace(COFFEE, earlier=(EarlierFile("file_1", page),))
    narrow = COFFEE.brief.model_copy(update={"requirements": Requirements(min_width=5000)})
    refused = await process_engine.score(replace(again, brief=narrow))
    assert refused.score.reasons[0] == "requirements.min_width"
    assert "integrity.duplicate" not in refused.score.reasons
    assert (await process_engine.score(again)).score.reasons[0] == "integrity.duplicate", "without words it is one"


@pytest.mark.parametrize("source", [b"no picture", CAT.source], ids=["corrupt", "intact"])
async def test_bytes_are_scored_like_a_file_and_a_corrupt_file_is_a_result(
    engine: Engine, source: Path | bytes, tmp_path: Path
) -> None:
    content = source if isinstance(source, bytes) else source.read_bytes()
    (tmp_path / "file.jpg").write_bytes(content)
    by_path = await engine.score(ScoreRequest(tmp_path / "file.jpg", CAT.brief))
    by_bytes = await engine.score(ScoreRequest(content, CAT.brief))
    assert by_path.score == by_bytes.score
    assert any(reason.startswith("integrity.") for reason in by_path.score.reasons) == isinstance(source, bytes)


@pytest.mark.parametrize(
    ("description", "stars", "reason"),
    [
        ("Photos of dogs. The whole animal must be visible.", 1, "relevance.off_topic"),
        ("Hello everyone! We need a hammer for our app.", 1, "relevance.off_topic"),
        ("Photos of dogs. Not accepted: cars, cups of coffee, screens.", 1, "relevance.off_topic"),
        ("Photos of dogs. We sell coffee cups and espresso, and keep the camera on a table.", 1, "relevance.off_topic"),
        ("Photos of receipts. The picture must be sharp.", 3, "relevance.not_judged"),
        ("Fotos von Hunden, bei Tageslicht.", 3, "relevance.not_judged"),
    ],
)
async def test_what_is_not_asked_for_is_off_topic_unless_the_encoder_cannot_judge_it(
    process_engine: InProcessEngine, description: str, stars: int, reason: str
) -> None:
    result = await process_engine.score(replace(COFFEE, brief=JobBrief(description=description)))
    assert (result.score.stars, result.score.reasons) == (stars, (reason,))


@pytest.mark.parametrize(
    "description",
    [
        "Take a clear photo of an animal. No filters, please. Thank you for your help!",
        "Photos of dogs, birds or cats in daylight",
    ],
)
async def test_a_brief_may_say_more_than_what_a_file_shows(process_engine: InProcessEngine, description: str) -> None:
    result = await process_engine.score(replace(CAT, brief=JobBrief(description=description)))
    assert result.score.reasons == ()
    assert result.score.stars >= 4


async def test_a_description_is_taken_apart_once_for_all_files_of_its_job(process_engine: InProcessEngine) -> None:
    brief = JobBrief(description="Photos of cups, cats or rockets. The picture must be sharp.")
    items = [(await process_engine.stats())["concepts"][0].items]
    for request in (CAT, COFFEE, CAT):
        await process_engine.score(replace(request, brief=brief))
        items.append((await process_engine.stats())["concepts"][0].items)
    first, second, third = np.diff(items)
    assert (second, third) == (1, 1), "the pictures alone"
    assert first == 5, "the sentence, three alternatives, and the picture"


async def test_a_file_that_is_not_there_is_no_fault_of_its_sender(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await engine.score(ScoreRequest(tmp_path / "gone.jpg", CAT.brief))


async def test_submissions_that_come_together_share_batches_and_keep_their_answers(engine: Engine) -> None:
    one_by_one = [(await engine.score(request)).score.relevance for request in (CAT, COFFEE)]
    before = (await engine.stats())["detector"][0]
    items, batches = before.items, before.batches
    wanted = BatchSettings(max_cost=16, max_items=8, wait_seconds=1)
    await engine.reconfigure({"detector": wanted})
    assert (await engine.batches())["detector"] == wanted
    assert await engine.max_ongoing_requests() == {"concepts": 64, "detector": 64}
    results = await asyncio.gather(*(engine.score(request) for request in (CAT, COFFEE) * 4))
    assert [result.score.relevance for result in results] == pytest.approx(one_by_one * 4, abs=0.05)
    after = (await engine.stats())["detector"][0]
    assert after.items - items == 8, "the counters go on: no replica was replaced"
    assert after.batches - batches < 8
    assert (after.queued, after.running) == (0, 0)


@pytest.mark.parametrize(
    ("role", "max_items", "reason"),
    [("detector", 65, "max_ongoing_requests 64 is below"), ("speech", 1, "no model for speech; there are concepts")],
)
async def test_batches_that_cannot_be_are_refused(engine: Engine, role: Role, max_items: int, reason: str) -> None:
    before = await engine.batches()
    with pytest.raises(ValueError, match=reason):
        await engine.reconfigure({role: BatchSettings(max_cost=16, max_items=max_items)})
    assert await engine.batches() == before


async def test_an_engine_says_what_the_twin_says(engine: Engine, twin_answers: list[dict[str, Any]]) -> None:
    assert [(await engine.score(request)).to_json() for request in (CAT, COFFEE)] == twin_answers


@pytest.mark.parametrize("kind", ENGINES.values(), ids=ENGINES)
async def test_an_engine_that_was_not_started_says_so(kind: type[Engine], settings: Settings) -> None:
    with pytest.raises(EngineUnavailable, match="not started"):
        await kind(settings).score(CAT)  # type: ignore[call-arg]
