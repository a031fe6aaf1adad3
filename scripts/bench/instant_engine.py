"""An engine that has an answer before it is asked: what is left is the cost of the front end."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.settings import CONFIGS, BatchSettings, Role
from models.outputs import ModelIdentity
from pipeline.duplicates import Fingerprint, Picture
from pipeline.evidence import Evidence
from pipeline.media import MediaFacts
from pipeline.picture_match import THUMBNAIL_PIXELS
from pipeline.result import ScoreRequest, ScoreResult
from pipeline.rubric import Rubric, load_rubric
from pipeline.score import Score
from serve.batching import BatchStats
from serve.progress import Progress

RUBRIC = load_rubric(CONFIGS / "rubric.yaml")
DIMENSIONS = 384
"""Of the embedded profile's encoder."""
_ANNOTATIONS = {
    "object_labels": [{"label": f"label {n}", "confidence": 0.5, "box": [0, 0, 10, 10]} for n in range(10)],
    "ocr_text": "MENU " * 50,
    "ocr_words": [{"text": "MENU", "confidence": 0.9, "box": [0, 0, 10, 10]} for _ in range(50)],
}
"""As long as those of a menu."""


class InstantEngine:
    """Approves every JPEG with annotations of the usual length; files differ from one another by their bytes."""

    async def start(self, on_progress: Progress = print) -> None:
        """There is nothing to start."""

    async def score(self, request: ScoreRequest) -> ScoreResult:
        content = request.source if isinstance(request.source, bytes) else Path(request.source).read_bytes()
        digest = hashlib.sha256(content).digest()
        facts = MediaFacts("image", "jpeg", len(content), digest.hex(), width=640, height=480)
        noise = np.random.default_rng(list(digest[:8])).integers(0, 255, (THUMBNAIL_PIXELS,) * 2, np.uint8)
        print_ = Fingerprint(digest.hex(), (Picture(int.from_bytes(digest[:8]), noise),))
        vector = np.full(DIMENSIONS, DIMENSIONS**-0.5, np.float32)
        score = Score(4, 4.0, 4.0, 4.0, (), "Good.", RUBRIC.version, RUBRIC.digest)
        return ScoreResult(score, Evidence(facts), _ANNOTATIONS, print_, (), {"image": vector, "read": vector})

    async def embed(self, sentence: str) -> NDArray[np.float32]:
        return np.full(DIMENSIONS, DIMENSIONS**-0.5, np.float32)

    async def reconfigure(self, batches: Mapping[Role, BatchSettings]) -> None:
        """There is nothing to configure."""

    async def profile(self) -> str:
        return "instant"

    async def batches(self) -> Mapping[Role, BatchSettings]:
        return {}

    async def max_ongoing_requests(self) -> Mapping[Role, int]:
        return {}

    async def rubric(self) -> Rubric:
        return RUBRIC

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        return {"concepts": ModelIdentity("concepts", "instant", "1", "0" * 64, "f32")}

    async def stats(self) -> Mapping[Role, list[BatchStats]]:
        return {}

    async def close(self) -> None:
        """There is nothing to close."""
