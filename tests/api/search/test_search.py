from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from api.search import exact
from api.search.pgvector import enable_pgvector
from api.services import Services
from tests.api.conftest import Client
from tests.api.delivered import add_file, post_job
from tests.api.scripted import ScriptedEngine

pytestmark = pytest.mark.anyio

QUERY = "grilled fish with lemon"


def at_cosine(query: NDArray[np.float32], cosine: float, seed: int = 0) -> NDArray[np.float32]:
    """A unit vector with this cosine to the query."""
    across = np.random.default_rng(seed).normal(size=len(query))
    across -= (across @ query) * query
    across /= np.linalg.norm(across)
    return np.asarray(cosine * query + np.sqrt(1 - cosine**2) * across, np.float32)


class Shelf:
    """A job whose files are at known cosines to the query."""

    def __init__(self, services: Services, http: httpx.AsyncClient, client: Client, query: NDArray[np.float32]) -> None:
        self._services, self._http, self.client, self._query = services, http, client, query
        self.job_id = ""

    async def open(self, **fields: Any) -> "Shelf":
        self.job_id = await post_job(self._http, self.client.headers, **fields)
        return self

    async def add(self, cosines: dict[str, float], **facts: Any) -> str:
        vectors = {kind: at_cosine(self._query, cosine) for kind, cosine in cosines.items()}
        file = await add_file(self._services, self.client, self.job_id, b"picture", embeddings=vectors, **facts)
        return file.id

    async def search(self, query: str = QUERY, **parameters: Any) -> list[dict[str, Any]]:
        answer = await self._http.get("/v1/search", params={"q": query, **parameters}, headers=self.client.headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["object"], body["has_more"], body["next_cursor"]) == ("list", False, None)
        results: list[dict[str, Any]] = body["data"]
        return results


@pytest.fixture(autouse=True, params=["numpy", "pgvector"])
async def index(request: pytest.FixtureRequest, services: Services) -> str:
    """Every test runs over both ways to compare vectors."""
    name: str = request.param
    if name == "pgvector":
        if services.db.is_sqlite:
            pytest.skip("pgvector is an extension of Postgres")
        async with services.db.write() as session:
            await session.execute(text("CREATE EXTENSION vector"))
        assert await enable_pgvector(services.db)
    return name


@pytest.fixture
async def shelf(services: Services, http: httpx.AsyncClient, organization: Client, engine: ScriptedEngine) -> Shelf:
    return await Shelf(services, http, organization, await engine.embed(QUERY)).open()


def ids(results: list[dict[str, Any]]) -> list[str]:
    return [result["file"]["id"] for result in results]


async def test_files_come_nearest_first_with_the_embedding_that_is_nearest(shelf: Shelf) -> None:
    far = await shelf.add({"image": 0.1})
    near = await shelf.add({"image": 0.3, "read": 0.9, "heard": -0.5})
    middle = await shelf.add({"image": 0.6, "read": 0.2})

    results = await shelf.search()

    assert ids(results) == [near, middle, far]
    assert [(r["matched"], r["score"]) for r in results] == [
        ("read", pytest.approx(0.9, abs=1e-3)),
        ("image", pytest.approx(0.6, abs=1e-3)),
        ("image", pytest.approx(0.1, abs=1e-3)),
    ]
    assert {r["object"] for r in results} == {"search_result"}
    assert results[0]["file"]["download_url"].startswith("http")


async def test_limit_keeps_the_best(shelf: Shelf) -> None:
    added = [await shelf.add({"image": cosine, "read": cosine - 0.01}) for cosine in (0.2, 0.8, 0.5, 0.4)]
    assert ids(await shelf.search(limit=2)) == [added[1], added[2]]


async def test_only_delivered_files_are_found(shelf: Shelf) -> None:
    shown = await shelf.add({"image": 0.1})
    for status in ("rejected", "retry_pending", "surplus"):
        await shelf.add({"image": 0.9}, status=status)
    assert ids(await shelf.search()) == [shown]


async def test_a_job_narrows_the_search(shelf: Shelf, services: Services, http: httpx.AsyncClient) -> None:
    elsewhere = await shelf.add({"image": 0.9})
    old_job_id, shelf.job_id = shelf.job_id, await post_job(http, shelf.client.headers)
    here = await shelf.add({"image": 0.1})
    assert ids(await shelf.search(job_id=shelf.job_id)) == [here]
    assert ids(await shelf.search(job_id=old_job_id)) == [elsewhere]
    assert ids(await shelf.search()) == [elsewhere, here]


async def test_others_and_the_other_mode_see_nothing(
    shelf: Shelf, http: httpx.AsyncClient, make_organization: Callable[..., Awaitable[Client]]
) -> None:
    await shelf.add({"image": 0.9})
    stranger = await make_organization()
    for headers in (stranger.headers, shelf.client.test_headers):
        answer = await http.get("/v1/search", params={"q": QUERY}, headers=headers)
        assert (answer.status_code, answer.json()["data"]) == (200, [])
        answer = await http.get("/v1/search", params={"q": QUERY, "job_id": shelf.job_id}, headers=headers)
        assert answer.status_code == 404


async def test_vectors_of_another_encoder_are_never_compared(
    shelf: Shelf, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.add({"image": 0.9})
    identity = (await engine.identities())["concepts"]

    async def identities() -> dict[str, Any]:
        return {"concepts": type(identity)(identity.role, identity.name, identity.version, "f" * 64, "f32")}

    monkeypatch.setattr(engine, "identities", identities)
    assert await shelf.search() == []


async def test_words_that_stand_in_the_file_come_before_what_is_only_near(shelf: Shelf) -> None:
    near = await shelf.add({"image": 0.9})
    read = await shelf.add({"read": 0.2}, annotations={"ocr_text": "LEMON tart\nFish, grilled — with butter"})
    heard = await shelf.add({"heard": 0.3}, annotations={"transcript": "Grilled fish with lemon, please."})
    frame = await shelf.add({"read": 0.1}, annotations={"keyframes": [{"ocr_text": "grilled lemon fish with"}]})
    part = await shelf.add({"read": 0.5}, annotations={"ocr_text": "grilled fish with lemonade"})

    results = await shelf.search()

    assert ids(results) == [heard, read, frame, near, part]
    assert [r["contains_words"] for r in results] == [True, True, True, False, False]


async def test_the_best_are_found_across_chunks(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """With chunks of 3 vectors: the answer is that of a sort over all of them."""
    monkeypatch.setattr(exact, "CHUNK_VECTORS", 3)
    cosines = np.random.default_rng(1).uniform(-1, 1, 20)
    added = {await shelf.add({"image": float(c), "read": float(-c)}): abs(float(c)) for c in cosines}
    best = sorted(added, key=lambda file_id: added[file_id], reverse=True)
    assert ids(await shelf.search(limit=5)) == best[:5]
    assert ids(await shelf.search(limit=100)) == best


async def test_a_negative_nearest_score_is_shown_as_it_is(shelf: Shelf) -> None:
    await shelf.add({"image": -0.4, "read": -0.7})
    (result,) = await shelf.search()
    assert (result["matched"], result["score"]) == ("image", pytest.approx(-0.4, abs=1e-3))


@pytest.mark.parametrize(
    "parameters",
    [{}, {"q": ""}, {"q": "   "}, {"q": "x" * 501}, {"q": "x", "limit": 0}, {"q": "x", "limit": 101}, {"q": "a\0b"}],
)
async def test_parameters_out_of_range_are_refused(
    http: httpx.AsyncClient, organization: Client, parameters: dict[str, Any]
) -> None:
    answer = await http.get("/v1/search", params=parameters, headers=organization.headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "validation_error")


async def test_an_encoder_that_is_away_is_said_to_be_overloaded(
    shelf: Shelf, http: httpx.AsyncClient, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serve.errors import EngineUnavailable

    async def embed(text: str) -> NDArray[np.float32]:
        raise EngineUnavailable("scripted to fail")

    monkeypatch.setattr(engine, "embed", embed)
    answer = await http.get("/v1/search", params={"q": QUERY}, headers=shelf.client.headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


async def test_a_key_without_the_scope_is_refused(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    from api.keys.service import create_key

    async with services.db.write() as session:
        _, token = create_key(session, organization.id, name="Jobs", livemode=True, scopes=("jobs:read",))
    answer = await http.get("/v1/search", params={"q": QUERY}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
