"""An engine that reads from a picture how well it fits the job, and scores that by the real rubric."""

import io
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from sqlalchemy import func, select, update

from api.clock import now
from api.dispatcher import Dispatcher
from api.services import Services
from api.tables import Submission
from configs.settings import CONFIGS
from pipeline.duplicates import find_duplicate
from pipeline.evidence import Evidence, MatchEvidence
from pipeline.result import ScoreRequest, ScoreResult
from pipeline.rubric import Rubric, load_rubric
from pipeline.score import score
from tests.api.conftest import WorkerClient
from tests.api.scripted import ScriptedEngine
from tests.api.story import submit
from tests.pipeline.scoring import CLEAR

RUBRIC = load_rubric(CONFIGS / "rubric.yaml")
TRIES = 3
"""`dispatcher.max_attempts`."""


def photo(standard: float, *, seed: int = 0, of: NDArray[np.uint8] | None = None) -> bytes:
    """A PNG whose standard score against its job is written into it; another seed is another picture."""
    blocks = np.random.default_rng(seed).integers(0, 255, (8, 12, 3), np.uint8)
    drawn = Image.fromarray(blocks).resize((960, 640), Image.Resampling.NEAREST)
    image = drawn if of is None else Image.fromarray(of)
    text = PngImagePlugin.PngInfo()
    text.add_text("standard", str(standard))
    buffer = io.BytesIO()
    image.save(buffer, "png", pnginfo=text)
    return buffer.getvalue()


class WitnessEngine(ScriptedEngine):
    """Decodes and finds copies for real; relevance is what the picture says."""

    shift = 0.0
    """Added to every standard score, as other weights would."""

    async def score(self, request: ScoreRequest) -> ScoreResult:
        seen = await super().score(request)
        if seen.evidence.facts is None or seen.fingerprint is None:
            return replace(seen, score=score(seen.evidence, request.brief, RUBRIC))
        content = request.source if isinstance(request.source, bytes) else open(request.source, "rb").read()  # noqa: SIM115
        standard = float(Image.open(io.BytesIO(content)).info["standard"]) + self.shift
        match = find_duplicate(seen.fingerprint, [one.fingerprint for one in request.earlier], RUBRIC.duplicates)
        evidence = Evidence(
            facts=seen.evidence.facts,
            match=MatchEvidence(visual=standard, looks_like=("menu",)),
            image=CLEAR,
            duplicate_of=request.earlier[match.index].name if match else None,
        )
        return replace(seen, evidence=evidence, score=score(evidence, request.brief, RUBRIC))


def lenient(shift: float, version: str = "lenient") -> Rubric:
    """The shipped rubric with its relevance curve moved towards approval."""
    curve = RUBRIC.relevance["conse"]
    moved = curve.model_copy(update={"midpoint": curve.midpoint - shift})
    return RUBRIC.model_copy(update={"version": version, "relevance": {"conse": moved}})


async def submit_photo(
    http: httpx.AsyncClient, services: Services, worker: WorkerClient, job_id: str, standard: float, seed: int
) -> dict[str, Any]:
    """A photo that fits so well, as its worker sees it once it is decided."""
    submission = await submit(http, worker, job_id, photo(standard, seed=seed))
    await Dispatcher(services).drain()
    answer = await http.get(f"/v1/worker/submissions/{submission['id']}", headers=worker.headers)
    decided: dict[str, Any] = answer.json()
    return decided


async def fails(services: Services, engine: WitnessEngine) -> None:
    """All that is pending, as often as it takes for a person to be asked."""
    engine.failures = TRIES * await _pending(services)
    for _ in range(TRIES):
        await Dispatcher(services).drain()
        async with services.db.write() as session:
            waiting = update(Submission).where(Submission.status == "pending_score")
            await session.execute(waiting.values(claimable_at=now()))


async def _pending(services: Services) -> int:
    async with services.db.read() as session:
        pending = select(func.count()).where(Submission.status == "pending_score")
        return await session.scalar(pending) or 0
