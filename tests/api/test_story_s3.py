"""The same story with files in S3, over TLS with a company's own authority: the engine fetches them by URL."""

import hashlib
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.db import Database, sqlite_url
from api.dispatcher import Dispatcher
from api.migrations.run import migrate
from api.organizations.service import found_organization
from api.secrets import Cipher
from api.services import Services
from api.storage import create_store
from api.submissions.keys import UPLOAD_TYPE, original_key
from api.tables import Submission
from api.workers.service import create_worker
from configs.settings import DecodeSettings, load_settings
from pipeline.decode import decode
from pipeline.result import ScoreRequest, ScoreResult
from serve.fetching import Fetcher
from tests.api.scripted import ScriptedEngine, picture
from tests.api.stores import S3Server, seaweedfs
from tests.api.story import JOB

pytestmark = pytest.mark.anyio


class FetchingEngine(ScriptedEngine):
    """Gets the file as a replica on another machine does."""

    def __init__(self, fetcher: Fetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    async def score(self, request: ScoreRequest) -> ScoreResult:
        assert isinstance(request.source, str)
        async with self._fetcher.file(request.source) as path:
            decode(path.read_bytes(), DecodeSettings())
            return await super().score(ScoreRequest(path, request.brief, request.earlier))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with seaweedfs(tmp_path_factory.mktemp("weed")) as running:
        yield running


@pytest.fixture
async def services(server: S3Server, tmp_path: Path) -> AsyncIterator[Services]:
    store = server.settings("story", endpoint_url=server.tls_url, ca_bundle=server.ca_bundle)
    settings = load_settings("embedded", state_dir=tmp_path).model_copy(update={"store": store})
    fetcher = Fetcher(settings)
    db = Database(sqlite_url(tmp_path / "assay.db"))
    await migrate(db)
    use = Services(settings, db, create_store(settings, b"0" * 32), FetchingEngine(fetcher), Cipher(b"0" * 32))
    await use.start()
    yield use
    await use.close()
    await fetcher.close()


async def test_a_file_goes_through_s3_and_is_paid(services: Services, server: S3Server) -> None:
    async with services.db.write() as session:
        organization, key = await found_organization(
            session, name="Menus", email=None, starter_credits=1000, actor="operator"
        )
        _, token = create_worker(session, organization.id, name="Ada", email=None, metadata={})
    client, worker = {"Authorization": f"Bearer {key}"}, {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(create_app(services))
    trusted = ssl.create_default_context(cafile=str(server.ca_bundle))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://assay.test") as api,
        httpx.AsyncClient(verify=trusted) as outside,
    ):
        job = (await api.post("/v1/jobs", json=JOB | {"quantity": 1}, headers=client)).json()
        slot = (await api.post(f"/v1/worker/jobs/{job['id']}/accept", headers=worker)).json()
        early = await api.post(f"/v1/worker/submissions/{slot['id']}/submit", headers=worker)
        assert (early.status_code, early.json()["error"]["code"]) == (409, "upload_missing")

        upload: dict[str, Any] = slot["upload"]
        put = await outside.put(upload["url"], content=picture(5), headers=upload["headers"])
        assert put.status_code == 200
        again = await outside.put(upload["url"], content=picture(1), headers=upload["headers"])
        assert again.status_code == 412  # what was submitted is not replaced

        await api.post(f"/v1/worker/submissions/{slot['id']}/submit", headers=worker)
        await Dispatcher(services).drain()
        (file,) = (await api.get(f"/v1/jobs/{job['id']}/files", headers=client)).json()["data"]
        assert file["status"] == "approved"
        content = (await outside.get(file["download_url"])).content
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert (await api.get(f"/v1/jobs/{job['id']}", headers=client)).json()["spent_credits"] == 50


async def test_what_was_replaced_after_its_score_is_not_approved(services: Services) -> None:
    async with services.db.write() as session:
        _, key = await found_organization(session, name="Menus", email=None, starter_credits=1000, actor="operator")
    client = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(services)), base_url="http://assay.test"
    ) as api:
        job = (await api.post("/v1/jobs", json=JOB, headers=client)).json()
        form = {"file": ("menu.png", picture(1))}
        made = (await api.post(f"/v1/jobs/{job['id']}/submissions", files=form, headers=client)).json()
        await Dispatcher(services).drain()
        async with services.db.read() as session:
            submission = await session.get_one(Submission, made["id"])
        await services.store.put_bytes(original_key(submission), picture(1, seed=1), UPLOAD_TYPE)
        verdict = {"decision": "approve"}
        answer = await api.post(f"/v1/submissions/{made['id']}/review", json=verdict, headers=client)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_deliverable")
