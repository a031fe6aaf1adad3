"""Nobody reaches what is another's: generated from the route table, so that a new route is covered by itself."""

import re
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from api.auth import ALL_SCOPES
from api.exports.exporter import Exporter
from api.keys.service import create_key
from api.services import Services
from api.start import make_services
from api.tables import Event, Table
from configs.settings import load_settings
from tests.api.conftest import Client, WorkerClient
from tests.api.routes import Route, routes_of
from tests.api.scripted import ScriptedEngine, picture
from tests.api.story import accept, begin_parts, post_job, submit_scored, upload

pytestmark = pytest.mark.anyio

UNKNOWN = "01JDZ3N8RT0000000000000000"

BODIES: dict[str, dict[str, Any]] = {
    "rate_job": {"rating": 5},
    "create_submission": {"filename": "menu.png", "size_bytes": 1000},
    "review_submission": {"decision": "reject"},
    "export_job": {"format": "jsonl"},
    "ban_worker": {"reason": "spam"},
    "update_webhook_endpoint": {"description": "mine now"},
    "submit": {"filename": "menu.png"},
    "create_parted_upload": {"size_bytes": 1000},
}
"""Of routes with an id in their path, by the route's name."""
QUERIES = {"search_files": {"q": "menu"}}
"""What a list needs to be asked with."""
SEEDS = {
    "submit": {"submission_id": "uploaded_id"},
    "retry_submission": {"submission_id": "retry_id"},
    "create_parted_upload": {"submission_id": "half_id"},
    "get_parted_upload": {"submission_id": "half_id"},
}
"""Resources of the world that a route needs instead of the first of their kind, since it asks for their state."""
SAME_IN_BOTH_MODES = {"worker_id"}
"""Test keys may look at these and change nothing."""
LISTS_SAME_IN_BOTH_MODES = {"list_workers", "list_transactions", "get_account_audit"}


def _routes() -> list[Route]:
    with tempfile.TemporaryDirectory() as folder:
        return routes_of(create_app(make_services(load_settings("embedded", state_dir=folder), ScriptedEngine())))


ROUTES = _routes()
OF_ORGANIZATIONS = [one for one in ROUTES if not (one.scope or "").startswith("ops:")]
"""All but those of operators, which are about the whole installation, whichever organization the key is of."""
LOOKS = [one for one in OF_ORGANIZATIONS if one.ids and one.method == "GET"]
CHANGES = [one for one in OF_ORGANIZATIONS if one.ids and one.method != "GET"]
LISTS = [one for one in OF_ORGANIZATIONS if one.method == "GET" and not one.ids and one.caller != "nobody"]


@dataclass(frozen=True, slots=True)
class World:
    """An organization with one of everything, and its neighbours."""

    owner: Client
    worker: WorkerClient
    colleague: WorkerClient
    """Of the same organization."""
    stranger: Client
    strangers_worker: WorkerClient
    ids: dict[str, str]
    """Resources by the name of the parameter that asks for them."""

    def path(self, route: Route, unknown: bool = False) -> str:
        """With ids of the owner's resources, or with ids of nothing."""
        chosen = {name: self._id(route, name) for name in route.ids}
        if unknown:
            chosen = {name: f"{found.partition('_')[0]}_{UNKNOWN}" for name, found in chosen.items()}
        return route.path.format(**chosen)

    def _id(self, route: Route, name: str) -> str:
        seed = SEEDS.get(route.name, {}).get(name, name)
        assert seed in self.ids, f"{route}: the world of this test has no {seed} yet; add one"
        return self.ids[seed]

    def strangers_of(self, route: Route) -> Iterator[tuple[str, dict[str, str]]]:
        """Who must not reach the owner's resource by this route."""
        if route.caller == "client":
            yield "another organization's key", self.stranger.headers
            if not SAME_IN_BOTH_MODES & set(route.ids):
                yield "a test key", self.owner.test_headers
        else:
            yield "another organization's worker", self.strangers_worker.headers
            if "submission_id" in route.ids:
                yield "a colleague", self.colleague.headers

    def owner_of(self, route: Route) -> dict[str, str]:
        return self.owner.headers if route.caller == "client" else self.worker.headers


@pytest.fixture
async def world(
    http: httpx.AsyncClient,
    services: Services,
    make_organization: Callable[..., Awaitable[Client]],
    make_worker: Callable[[Client], Awaitable[WorkerClient]],
) -> World:
    owner, stranger = await make_organization(), await make_organization()
    worker = await make_worker(owner)
    job = await post_job(http, owner, quantity=10)
    approved = await submit_scored(http, services, worker, job["id"], 5, seed=1)
    retry = await submit_scored(http, services, worker, job["id"], 2, seed=2)
    uploaded = await accept(http, worker, job["id"])
    await upload(http, uploaded, picture(4, seed=3))
    half = await accept(http, worker, job["id"])
    await begin_parts(http, worker, half["id"], 1000)
    ids = {
        "job_id": job["id"],
        "submission_id": approved["id"],
        "retry_id": retry["id"],
        "uploaded_id": uploaded["id"],
        "half_id": half["id"],
        "worker_id": worker.id,
    } | await _made(http, services, owner, job["id"])
    return World(owner, worker, await make_worker(owner), stranger, await make_worker(stranger), ids)


async def _made(http: httpx.AsyncClient, services: Services, owner: Client, job_id: str) -> dict[str, str]:
    async def post(path: str, **body: Any) -> str:
        answer = await http.post(path, json=body, headers=owner.headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    export_id = await post(f"/v1/jobs/{job_id}/exports", format="jsonl")
    await Exporter(services).step()
    files = await http.get(f"/v1/jobs/{job_id}/files", headers=owner.headers)
    async with services.db.read() as session:
        event_id = await session.scalar(select(Event.id).where(Event.organization_id == owner.id).limit(1))
    return {
        "export_id": export_id,
        "file_id": files.json()["data"][0]["id"],
        "key_id": await post("/v1/api_keys", name="CI"),
        "endpoint_id": await post("/v1/webhook_endpoints", url="https://example.com/hook"),
        "event_id": str(event_id),
    }


async def send(
    http: httpx.AsyncClient, route: Route, path: str, headers: dict[str, str], **query: str
) -> httpx.Response:
    """The route's request, with a body where it takes one."""
    body = BODIES.get(route.name)
    assert body is not None or not route.has_json_body, f"{route}: add its body to BODIES"
    once = {"Idempotency-Key": f"once-{route.name}"} if route.takes_idempotency_key else {}
    return await http.request(route.method, path, json=body, headers=headers | once, params=query)


async def dump(services: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    async with services.db.read() as session:
        rows = {name: (await session.execute(select(table))).all() for name, table in Table.metadata.tables.items()}
    return {name: sorted(map(tuple, found), key=repr) for name, found in rows.items()}


async def test_a_strangers_request_finds_nothing_and_changes_nothing(
    http: httpx.AsyncClient, services: Services, world: World
) -> None:
    before = await dump(services)
    for route in [one for one in OF_ORGANIZATIONS if one.ids]:
        for who, headers in world.strangers_of(route):
            answer = await send(http, route, world.path(route), headers)
            nothing = await send(http, route, world.path(route, unknown=True), headers)
            assert answer.status_code == 404, f"{route} by {who}: {answer.status_code} {answer.text}"
            assert _without_ids(answer) == _without_ids(nothing), f"{route} tells {who} that there is something"
            assert await dump(services) == before, f"{route} by {who} changed something"


def _without_ids(answer: httpx.Response) -> str:
    return re.sub(r"[0-9A-HJKMNP-TV-Z]{26}", "…", answer.text)


async def test_the_owners_look_finds_it(http: httpx.AsyncClient, world: World) -> None:
    """The other half of the proof: the same request is refused to others for no other reason than whose it is."""
    for route in LOOKS:
        answer = await send(http, route, world.path(route), world.owner_of(route))
        assert answer.status_code < 300, f"{route}: {answer.text}"


@pytest.mark.parametrize("route", CHANGES, ids=str)
async def test_the_owners_change_is_made(http: httpx.AsyncClient, world: World, route: Route) -> None:
    """Each in a world of its own, since one ends what the next one needs."""
    answer = await send(http, route, world.path(route), world.owner_of(route))
    assert answer.status_code < 300, answer.text


async def test_test_keys_look_at_workers_and_change_nothing(
    http: httpx.AsyncClient, services: Services, world: World
) -> None:
    before = await dump(services)
    for route in [one for one in ROUTES if one.caller == "client" and SAME_IN_BOTH_MODES & set(one.ids)]:
        answer = await send(http, route, world.path(route), world.owner.test_headers)
        if route.method == "GET":
            assert answer.status_code == 200, route
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "live_key_required"), route
    assert await dump(services) == before


async def test_lists_show_nothing_of_others(http: httpx.AsyncClient, world: World) -> None:
    for route in LISTS:
        for who, headers in _strangers_to_lists(world, route):
            answer = await send(http, route, route.path, headers, **QUERIES.get(route.name, {}))
            assert answer.status_code == 200, f"{route} by {who}: {answer.text}; it may want an entry in QUERIES"
            assert [one for one in world.ids.values() if one in answer.text] == [], f"{route} by {who}"


def _strangers_to_lists(world: World, route: Route) -> Iterator[tuple[str, dict[str, str]]]:
    if route.caller == "worker":
        yield "another organization's worker", world.strangers_worker.headers
        return
    yield "another organization's key", world.stranger.headers
    if route.name not in LISTS_SAME_IN_BOTH_MODES:
        yield "a test key", world.owner.test_headers


async def test_owners_see_their_lists(http: httpx.AsyncClient, world: World) -> None:
    """Else an empty list would prove nothing."""
    for route in LISTS:
        answer = await send(http, route, route.path, world.owner_of(route), **QUERIES.get(route.name, {}))
        assert answer.status_code == 200, answer.text
        assert answer.json().get("data") != [] or route.name == "search_files", route


async def test_filters_by_anothers_job_find_nothing(http: httpx.AsyncClient, world: World) -> None:
    filtered = [route for route in LISTS if "job_id" in route.query]
    assert len(filtered) >= 5
    for route in filtered:
        who = world.stranger.headers if route.caller == "client" else world.strangers_worker.headers
        query = QUERIES.get(route.name, {}) | {"job_id": world.ids["job_id"]}
        answer = await send(http, route, route.path, who, **query)
        assert answer.status_code == 404 or answer.json()["data"] == [], f"{route}: {answer.text}"


@pytest.mark.parametrize("route", [one for one in ROUTES if one.caller != "nobody"], ids=str)
async def test_who_is_not_known_or_not_allowed_changes_nothing(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, route: Route
) -> None:
    path = route.path.format(**dict.fromkeys(route.ids, f"job_{UNKNOWN}"))
    wrong = worker.headers if route.caller == "client" else organization.headers
    lacking = await _key_without(services, organization, route.scope)
    before = await dump(services)
    for headers in ({}, wrong, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer fh_live_guessed"}):
        answer = await http.request(route.method, path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error"), headers
    if route.caller == "client":
        answer = await http.request(route.method, path, headers=lacking)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (403, "missing_scope", route.scope)
    assert await dump(services) == before


async def _key_without(services: Services, organization: Client, scope: str | None) -> dict[str, str]:
    scopes = [one for one in ALL_SCOPES if one != scope]
    async with services.db.write() as session:
        _, token = create_key(session, organization.id, name="Less", livemode=True, scopes=scopes)
    return {"Authorization": f"Bearer {token}"}
