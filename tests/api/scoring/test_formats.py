"""`POST /v1/score` scores against the formats that a job would take."""

import httpx
import pytest

from pipeline.requirements import accepted_formats
from tests.api.conftest import Client
from tests.api.scripted import ScriptedEngine, picture

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("fields", "accepted"),
    [
        ({"file_formats": "jpeg"}, ("jpeg",)),
        ({"file_formats": "image/heif, .JPG,jpeg", "content_type": "image"}, ("heic", "jpeg")),
        ({"file_formats": "", "content_type": "image"}, ("jpeg", "png", "webp", "heic")),
    ],
)
async def test_a_file_is_scored_against_the_formats_that_are_named(
    http: httpx.AsyncClient,
    organization: Client,
    engine: ScriptedEngine,
    fields: dict[str, str],
    accepted: tuple[str, ...],
) -> None:
    form = {"description": "Any picture at all"} | fields
    scored = await http.post("/v1/score", files={"file": picture(4)}, data=form, headers=organization.headers)
    assert scored.status_code == 200
    assert accepted_formats(engine.requests[-1].brief) == accepted
