"""The safety detector of the GPU's profiles, which stays on the CPU and so runs here, beside models that do."""

from pathlib import Path

import pytest
import skimage

from configs.settings import Settings, load_settings
from pipeline.brief import JobBrief, Requirements
from pipeline.result import ScoreRequest
from serve.client import InProcessEngine

pytestmark = pytest.mark.anyio

ASTRONAUT = Path(skimage.__file__).parent / "data" / "astronaut.png"


@pytest.fixture(params=["gpu", "cluster"])
def settings(request: pytest.FixtureRequest) -> Settings:
    embedded = load_settings("embedded")
    models = {"concepts": embedded.models["concepts"], "safety": load_settings(request.param).models["safety"]}
    return embedded.model_copy(update={"models": models})


async def test_a_face_is_counted_and_refused_where_none_may_be(settings: Settings) -> None:
    engine = InProcessEngine(settings)
    await engine.start()
    try:
        wanted = "A photo of an astronaut."
        allowed = await engine.score(ScoreRequest(ASTRONAUT, JobBrief(description=wanted)))
        forbidden = JobBrief(description=wanted, requirements=Requirements(forbid_faces=True))
        refused = await engine.score(ScoreRequest(ASTRONAUT, forbidden))
    finally:
        await engine.close()
    assert allowed.annotations is not None
    assert allowed.annotations["face_count"] == 1
    assert [model.role for model in allowed.models] == ["concepts", "safety"]
    assert "requirements.faces" in refused.score.reasons
    assert refused.score.stars <= 2
