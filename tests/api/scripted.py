"""An engine whose score is written into the picture: the front end's tests need verdicts, not models."""

import asyncio
import io
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from configs.settings import CONFIGS, BatchSettings, DecodeSettings, Role
from models.outputs import ModelIdentity
from pipeline.decode import decode
from pipeline.duplicates import find_duplicate, fingerprint
from pipeline.evidence import Evidence
from pipeline.media import Decoded, MediaError
from pipeline.reasons import Deduction
from pipeline.result import ScoreRequest, ScoreResult
from pipeline.rubric import Rubric, load_rubric
from pipeline.score import Score
from serve.batching import BatchStats
from serve.errors import EngineUnavailable
from serve.progress import Progress

LIMITS = DecodeSettings()
DIMENSIONS = 8


def picture(stars: int, *, seed: int = 0, size: tuple[int, int] = (96, 64)) -> bytes:
    """A PNG of random blocks that the scripted engine gives so many stars; another seed is another picture."""
    blocks = np.random.default_rng(seed).integers(0, 255, (8, 12, 3), np.uint8)
    image = Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)
    text = PngImagePlugin.PngInfo()
    text.add_text("stars", str(stars))
    buffer = io.BytesIO()
    image.save(buffer, "png", pnginfo=text)
    return buffer.getvalue()


class ScriptedEngine:
    """Decodes for real, finds copies for real, and reads the stars from the file's metadata."""

    def __init__(self) -> None:
        self.requests: list[ScoreRequest] = []
        self.failures = 0
        """So many of the next requests fail, as if the engine were away."""
        self.gate = asyncio.Event()
        """Requests wait until it is set."""
        self.gate.set()
        self.profile_name = "embedded"
        self.configured: dict[Role, BatchSettings] = {"concepts": BatchSettings(max_cost=2.0)}
        self.handed: defaultdict[Role, int] = defaultdict(lambda: 32)
        """`max_ongoing_requests` of the models."""
        self.in_force = load_rubric(CONFIGS / "rubric.yaml")

    async def start(self, on_progress: Progress = lambda step: None) -> None:
        on_progress("ready")

    async def score(self, request: ScoreRequest) -> ScoreResult:
        self.requests.append(request)
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise EngineUnavailable("scripted to fail")
        content = await _read(request.source)
        named = self.in_force.digest
        try:
            media = decode(content, LIMITS)
        except MediaError as error:
            gate = Deduction(error.code, "quality", 4.0, detail=str(error))
            broken = Evidence(facts=None, broken=error.code, broken_detail=str(error))
            return ScoreResult(Score(1, 1, 1, 1, (gate,), gate.sentence, "test", named), broken, None, None, ())
        print_ = fingerprint(media)
        match = find_duplicate(print_, [one.fingerprint for one in request.earlier], self.in_force.duplicates)
        stars = 1 if match else _stars(content, media)
        flaws = (Deduction("integrity.duplicate", "completeness", 4.0, detail="an earlier file"),) if match else ()
        score = Score(stars, float(stars), float(stars), float(stars), flaws, "As the picture says.", "test", named)
        vector = await self.embed("picture")
        return ScoreResult(score, Evidence(media.facts), {"ocr_text": "MENU"}, print_, (), {"image": vector})

    async def embed(self, text: str) -> NDArray[np.float32]:
        vector = np.random.default_rng(len(text)).normal(size=DIMENSIONS).astype(np.float32)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    async def reconfigure(self, batches: Mapping[Role, BatchSettings]) -> None:
        self.configured |= batches

    async def profile(self) -> str:
        return self.profile_name

    async def batches(self) -> Mapping[Role, BatchSettings]:
        return self.configured

    async def max_ongoing_requests(self) -> Mapping[Role, int]:
        return {role: self.handed[role] for role in self.configured}

    async def rubric(self) -> Rubric:
        return self.in_force

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        return {"concepts": ModelIdentity("concepts", "scripted", "1", "0" * 64, "f32")}

    async def stats(self) -> Mapping[Role, list[BatchStats]]:
        return {role: [BatchStats()] for role in get_args(Role)}

    async def close(self) -> None:
        """There is nothing to close."""


def _stars(content: bytes, media: Decoded) -> int:
    """Of a picture as it says, where it says so; 3 for every other file."""
    if media.facts.content_type != "image":
        return 3
    return int(Image.open(io.BytesIO(content)).info.get("stars", 3))


async def _read(source: Path | str | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        return source.read_bytes()
    async with httpx.AsyncClient() as client:
        return (await client.get(source)).raise_for_status().content
