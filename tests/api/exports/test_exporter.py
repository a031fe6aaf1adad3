"""Claims, leases, failures and the end of an export; the archives are looked at in `test_formats.py`."""

import asyncio
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from api.clock import now
from api.exports import exporter as exporter_module
from api.exports.builder import build
from api.exports.claims import change, claim, held
from api.exports.exporter import ABANDONED_SECONDS, MAX_ATTEMPTS, Exporter
from api.services import Services
from api.tables import AuditEntry, Event, Export
from tests.api.conftest import Client
from tests.api.delivered import add_file, post_job
from tests.api.exports.conftest import Ask, Read

pytestmark = pytest.mark.anyio

LARGE_BYTES = 64 * 1024**2


async def stored(services: Services) -> list[str]:
    """Keys of all archives in the object store."""
    root = services.store.local_path("exports")
    assert root is not None
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def let_time_pass(services: Services) -> None:
    """Leases and pauses are over."""
    async with services.db.write() as session:
        ended = now() - timedelta(seconds=1)
        await session.execute(update(Export).where(Export.claimable_at.is_not(None)).values(claimable_at=ended))


async def events(services: Services) -> list[Event]:
    async with services.db.read() as session:
        return list(await session.scalars(select(Event).where(Event.type == "export.completed")))


@asynccontextmanager
async def building(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Event]:
    """The object store is slow: building has begun, and goes on when the event is set."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    fetch = services.store.fetch

    async def slowly(*arguments: Any, **named: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await fetch(*arguments, **named)

    monkeypatch.setattr(services.store, "fetch", slowly)
    go_on.begun = begun  # type: ignore[attr-defined]
    yield go_on


async def test_an_export_waits_then_is_completed_once(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    await add_file(services, organization, job_id, b"one")
    asked = await ask(job_id)
    assert (asked["status"], asked["download_url"], asked["sha256"], asked["error"]) == ("pending", None, None, None)

    assert await exporter.step()
    assert not await exporter.step()

    export = await read(asked["id"])
    assert (export["status"], export["file_count"], export["error"]) == ("completed", 1, None)
    assert export["download_url_expires_at"] > export["completed_at"] >= export["created_at"]
    (event,) = await events(services)
    shown = {name: export[name] for name in ("object", "id", "job_id", "format", "file_count", "size_bytes", "sha256")}
    assert event.data == shown | {"status": "completed"}
    assert (event.organization_id, event.livemode) == (organization.id, True)
    (key,) = await stored(services)
    assert key.startswith(f"{organization.id}/{asked['id']}/")


async def test_the_download_has_a_name_and_a_type(
    services: Services, http: httpx.AsyncClient, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    export_id = (await ask(job_id, "webdataset"))["id"]
    await exporter.step()
    url = httpx.URL((await read(export_id))["download_url"])
    assert url.params["content_type"] == "application/x-tar"
    assert f"{job_id}-webdataset.tar" in url.params["content_disposition"]


async def test_an_export_holds_what_was_delivered_when_it_began(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await add_file(services, organization, job_id, b"early")
    export_id = (await ask(job_id))["id"]
    async with building(services, monkeypatch) as go_on:
        working = asyncio.create_task(exporter.step())
        await go_on.begun.wait()  # type: ignore[attr-defined]
        await add_file(services, organization, job_id, b"late")
        assert ((await read(export_id))["status"], (await read(export_id))["download_url"]) == ("running", None)
        go_on.set()
        await working
    assert (await read(export_id))["file_count"] == 1


async def test_more_files_than_one_batch_of_rows(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("api.exports.queries.BATCH_FILES", 2)
    for number in range(5):
        await add_file(services, organization, job_id, b"file %d" % number)
    export_id = (await ask(job_id))["id"]
    await exporter.step()
    assert (await read(export_id))["file_count"] == 5


async def test_a_large_file_is_never_in_memory(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    await add_file(services, organization, job_id, bytes(LARGE_BYTES))
    export_id = (await ask(job_id))["id"]
    tracemalloc.start()
    await exporter.step()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (await read(export_id))["size_bytes"] > LARGE_BYTES > 4 * peak_bytes


async def test_content_that_is_gone_fails_the_export_after_three_attempts(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    await add_file(services, organization, job_id, b"there")
    lost = await add_file(services, organization, job_id, b"lost")
    await services.store.delete(lost.delivered_key or "")
    export_id = (await ask(job_id))["id"]

    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert await exporter.step()
        assert not await exporter.step(), "it pauses between attempts"
        assert (await read(export_id))["status"] == ("pending" if attempt < MAX_ATTEMPTS else "failed")
        await let_time_pass(services)

    export = await read(export_id)
    assert export["error"] == f"the content of {lost.id} is not in the object store any more (3 attempts)"
    assert (export["download_url"], export["sha256"]) == (None, None)
    assert (await events(services), await stored(services), await exporter.step()) == ([], [], False)


async def test_content_that_was_changed_is_not_exported(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    file = await add_file(services, organization, job_id, b"as delivered")
    await services.store.put_bytes(file.delivered_key or "", b"by somebody else", "image/png")
    export_id = (await ask(job_id))["id"]
    for _ in range(MAX_ATTEMPTS):
        await exporter.step()
        await let_time_pass(services)
    assert (await read(export_id))["error"] == f"the content of {file.id} is not what was delivered (3 attempts)"


async def test_a_store_that_comes_back_is_used_at_the_next_attempt(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    file = await add_file(services, organization, job_id, b"content")
    await services.store.delete(file.delivered_key or "")
    export_id = (await ask(job_id))["id"]
    await exporter.step()
    await services.store.put_bytes(file.delivered_key or "", b"content", "image/png")
    await let_time_pass(services)
    await exporter.step()
    export = await read(export_id)
    assert (export["status"], export["error"]) == ("completed", None)


async def test_two_exporters_never_take_the_same_export(services: Services, job_id: str, ask: Ask) -> None:
    asked = {(await ask(job_id))["id"] for _ in range(6)}
    taken = await asyncio.gather(*(_claim(services) for _ in range(8)))
    claimed = [export.id for export in taken if export is not None]
    assert sorted(claimed) == sorted(asked)


async def _claim(services: Services, seconds: float = 60) -> Export | None:
    async with services.db.write() as session:
        return await claim(session, seconds)


async def test_an_exporter_that_lost_its_claim_changes_nothing(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read, tmp_path: Path
) -> None:
    """The first one is stalled until its lease is over, and comes back when the second one has ended."""
    await add_file(services, organization, job_id, b"content")
    export_id = (await ask(job_id))["id"]
    stalled = await _claim(services)
    assert stalled is not None
    await let_time_pass(services)
    await exporter.step()
    before, archives = await read(export_id), await stored(services)

    (tmp_path / "scratch").mkdir()
    built = await build(services, stalled, tmp_path / "scratch")
    await exporter._complete(stalled, built)
    await exporter._fail(stalled, "late")

    after = await read(export_id)
    signed = {"download_url", "download_url_expires_at"}
    assert {k: v for k, v in after.items() if k not in signed} == {k: v for k, v in before.items() if k not in signed}
    assert (len(await events(services)), await stored(services)) == (1, archives)


async def test_the_lease_is_renewed_while_an_export_is_built(services: Services, job_id: str, ask: Ask) -> None:
    await ask(job_id)
    export = await _claim(services, seconds=0.6)
    assert export is not None
    async with held(services.db, export, seconds=0.6):
        while (await _reload(services, export.id)).claimable_at == export.claimable_at:
            await asyncio.sleep(0.02)
        assert await _claim(services) is None


async def test_work_ends_when_the_lease_is_anothers(services: Services, job_id: str, ask: Ask) -> None:
    await ask(job_id)
    export = await _claim(services)
    assert export is not None
    async with services.db.write() as session:
        await change(session, export, claim_token="exp_of_another")
    with pytest.raises(TimeoutError):
        async with held(services.db, export, seconds=0.3):
            await asyncio.Event().wait()


async def _reload(services: Services, export_id: str) -> Export:
    async with services.db.read() as session:
        return await session.get_one(Export, export_id)


async def test_an_exporter_that_is_stopped_gives_its_export_back(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await add_file(services, organization, job_id, b"content")
    export_id = (await ask(job_id))["id"]
    stop = asyncio.Event()
    async with building(services, monkeypatch) as go_on:
        running = asyncio.create_task(exporter.run(stop))
        await go_on.begun.wait()  # type: ignore[attr-defined]
        stop.set()
        await running
        row = await _reload(services, export_id)
        assert (row.status, row.attempts, row.claim_token) == ("pending", 0, None)
        assert list((services.settings.data_dir / "exports").iterdir()) == []
        go_on.set()
    assert await exporter.step()
    assert (await read(export_id))["status"] == "completed"


async def test_run_works_until_it_is_stopped(services: Services, job_id: str, ask: Ask, read: Read) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(Exporter(services, poll_seconds=0.01).run(stop))
    for _ in range(2):
        export_id = (await ask(job_id))["id"]
        while (await read(export_id))["status"] != "completed":
            await asyncio.sleep(0.01)
    stop.set()
    await running


async def test_an_export_that_kills_its_exporters_fails(
    services: Services, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    export_id = (await ask(job_id))["id"]
    for _ in range(MAX_ATTEMPTS):
        assert await _claim(services) is not None
        await let_time_pass(services)
    await exporter.step()
    export = await read(export_id)
    assert (export["status"], export["error"]) == (
        "failed", "the exporter ended each time while it worked on this export (3 attempts)",
    )  # fmt: skip


async def test_old_scratch_folders_are_removed_and_fresh_ones_are_not(services: Services) -> None:
    scratch = services.settings.data_dir / "exports"
    old, fresh = scratch / "old", scratch / "fresh"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "archive.zip").write_bytes(b"half")
    os.utime(old, (time() - ABANDONED_SECONDS - 1,) * 2)
    exporter_module._sweep(scratch)
    assert list(scratch.iterdir()) == [fresh]


def test_a_folder_that_its_exporter_removes_meanwhile_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    os.utime(old, (time() - ABANDONED_SECONDS - 1,) * 2)
    monkeypatch.setattr(Path, "glob", lambda *_: iter([tmp_path / "gone", old]))
    exporter_module._sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import asyncio, sys
from pathlib import Path
from sqlalchemy.engine import make_url
from api.db import Database
from api.exports.exporter import Exporter
from api.secrets import Cipher
from api.services import Services
from api.storage import create_store
from configs.settings import load_settings
from tests.api.scripted import ScriptedEngine

async def main(url, state, data):
    settings = load_settings("embedded", state_dir=Path(state), data_dir=Path(data))
    cipher = Cipher(b"0" * 32)
    store = create_store(settings, cipher.signing_key)
    await store.start()
    put_file = store.put_file

    async def put_and_hang(*arguments):
        await put_file(*arguments)
        print("stored", flush=True)
        await asyncio.Event().wait()

    store.put_file = put_and_hang
    await Exporter(Services(settings, Database(make_url(url)), store, ScriptedEngine(), cipher)).step()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_an_exporter_killed_in_the_middle_leaves_nothing_visible(
    services: Services, organization: Client, job_id: str, exporter: Exporter, ask: Ask, read: Read
) -> None:
    """Killed at the worst moment: the archive is stored, the row does not say so."""
    await add_file(services, organization, job_id, b"content")
    export_id = (await ask(job_id))["id"]
    url = services.db.url.render_as_string(hide_password=False)
    folders = (str(services.settings.state_dir), str(services.settings.data_dir))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, url, *folders], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == b"stored\n"
    process.send_signal(signal.SIGKILL)
    process.wait()

    export = await read(export_id)
    assert (export["status"], export["download_url"], export["file_count"]) == ("running", None, None)
    (orphan,) = await stored(services)
    assert not await exporter.step(), "the lease still runs"
    await let_time_pass(services)
    assert await exporter.step()

    assert (await read(export_id))["status"] == "completed"
    (key,) = await stored(services)
    assert key != orphan
    assert len(await events(services)) == 1


async def test_others_and_the_other_mode_see_no_export(
    http: httpx.AsyncClient, job_id: str, ask: Ask, organization: Client,
    make_organization: Callable[..., Awaitable[Client]],
) -> None:  # fmt: skip
    export_id = (await ask(job_id))["id"]
    stranger = await make_organization()
    for headers in (stranger.headers, organization.test_headers):
        for method, path in (
            ("GET", f"/v1/exports/{export_id}"),
            ("GET", f"/v1/jobs/{job_id}/exports"),
            ("POST", f"/v1/jobs/{job_id}/exports"),
        ):
            answer = await http.request(method, path, headers=headers, json={"format": "jsonl"})
            assert answer.status_code == 404, path


async def test_a_list_has_the_newest_first(
    http: httpx.AsyncClient, job_id: str, ask: Ask, organization: Client
) -> None:
    asked = [(await ask(job_id, format))["id"] for format in ("jsonl", "coco", "hf")]
    other = await post_job(http, organization.headers)
    await ask(other)
    first = (await http.get(f"/v1/jobs/{job_id}/exports?limit=2", headers=organization.headers)).json()
    assert ([one["id"] for one in first["data"]], first["has_more"]) == ([asked[2], asked[1]], True)
    path = f"/v1/jobs/{job_id}/exports?limit=2&cursor={first['next_cursor']}"
    rest = (await http.get(path, headers=organization.headers)).json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([asked[0]], False)


async def test_a_repeated_request_makes_one_export(services: Services, job_id: str, ask: Ask) -> None:
    first, second = [await ask(job_id, **{"Idempotency-Key": "export-1"}) for _ in range(2)]
    assert first["id"] == second["id"]
    async with services.db.read() as session:
        assert len((await session.scalars(select(Export))).all()) == 1
        made = await session.scalars(select(AuditEntry).where(AuditEntry.action == "export.created"))
        assert [entry.subject_id for entry in made] == [first["id"]]


async def test_coco_is_refused_for_sounds(http: httpx.AsyncClient, organization: Client) -> None:
    job_id = await post_job(http, organization.headers, file_formats=["wav"])
    path = f"/v1/jobs/{job_id}/exports"
    answer = await http.post(path, json={"format": "coco"}, headers=organization.headers)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "format")
    answer = await http.post(path, json={"format": "parquet"}, headers=organization.headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "validation_error")


async def test_who_asks_again_gets_what_waits_already(
    job_id: str, services: Services, exporter: Exporter, ask: Ask
) -> None:
    """Of the same job and format, and only while it holds whatever is delivered until now."""
    first, again, other = [(await ask(job_id, format))["id"] for format in ("jsonl", "jsonl", "coco")]
    assert first == again != other
    async with services.db.write() as session:
        assert await claim(session, 60) is not None
    assert (await ask(job_id))["id"] != first


async def test_an_organization_has_so_many_unfinished_exports(
    http: httpx.AsyncClient, services: Services, organization: Client, exporter: Exporter, ask: Ask
) -> None:
    jobs = [await post_job(http, organization.headers) for _ in range(21)]
    for one in jobs[:20]:
        await ask(one)
    path = f"/v1/jobs/{jobs[20]}/exports"
    refused = await http.post(path, json={"format": "jsonl"}, headers=organization.headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many_exports")
    await ask(jobs[0])
    await exporter.step()
    await ask(jobs[20])


async def test_organizations_take_turns(
    http: httpx.AsyncClient, services: Services, organization: Client, exporter: Exporter, ask: Ask,
    make_organization: Callable[..., Awaitable[Client]],
) -> None:  # fmt: skip
    many = [(await ask(await post_job(http, organization.headers)))["id"] for _ in range(3)]
    other = await make_organization(credits=100_000)
    path = f"/v1/jobs/{await post_job(http, other.headers)}/exports"
    late = (await http.post(path, json={"format": "jsonl"}, headers=other.headers)).json()["id"]
    for _ in range(2):
        assert await exporter.step()
    async with services.db.read() as session:
        ended = set(await session.scalars(select(Export.id).where(Export.status == "completed")))
    assert ended == {many[0], late}
