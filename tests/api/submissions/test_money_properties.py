"""Whatever happens in whatever order, no credit is made, lost or paid twice."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from api.auth import ALL_SCOPES, Caller, WorkerCaller
from api.claims import claim, lock_claimed
from api.clock import now
from api.credits.check import check
from api.credits.ledger import balances
from api.db import Database, sqlite_url
from api.dispatcher import Dispatcher
from api.errors import ApiError
from api.files.render_process import Renderer
from api.jobs import service as jobs
from api.jobs.schemas import JobCreate
from api.organizations.service import found_organization
from api.secrets import Cipher
from api.services import Services
from api.storage import ObjectExists, create_store
from api.submissions.keys import UPLOAD_TYPE, original_key
from api.submissions.review import rendered, review
from api.submissions.schemas import Review, Submit
from api.submissions.settlement import settle
from api.sweeper import Sweeper
from api.tables import Account, Job, Submission
from api.workers import worker_service
from api.workers.service import create_worker
from api.workers.worker_service import HandedIn
from configs.settings import load_settings
from pipeline.decision import decide
from tests.api.conftest import Templates
from tests.api.scripted import ScriptedEngine, picture

CREDITS = 2_000
OFTEN = {
    "create": 2, "accept": 3, "submit": 4, "score": 4, "work": 5, "fail": 1, "retry": 2, "approve": 3, "reject": 3,
    "cancel": 1, "expire": 1, "deadline": 1, "crash_after_claim": 1, "crash_before_commit": 2,
}  # fmt: skip
"""Steps, and how often each is taken: an end of a job is rarer than what leads up to it."""
STEPS = [name for name, times in OFTEN.items() for _ in range(times)]


class Crash(Exception):
    """The process is gone."""


@dataclass
class World:
    """One organization with two workers, and whatever they do."""

    use: Services
    caller: Caller
    workers: list[WorkerCaller]
    engine: ScriptedEngine
    pictures: int = field(default=0)

    async def step(self, name: str, number: int) -> None:
        """Do one thing; what the rules forbid is refused and changes nothing."""
        try:
            await getattr(self, f"_{name}")(number)
        except (ApiError, Crash, ObjectExists):
            return

    async def _create(self, number: int) -> None:
        body = JobCreate(
            description="Photos of coffee shop menus",
            content_type="image",
            quantity=1 + number % 4,
            reward_per_file=10 * (1 + number % 7),
            files_per_submission=1 + number % 2,
        )
        async with self.use.db.write() as session:
            await jobs.create_job(session, self.caller, body)

    async def _accept(self, number: int) -> None:
        job = await self._pick(Job, number, Job.status == "active")
        async with self.use.db.write() as session:
            await worker_service.accept(session, self.use, self.workers[number % 2], job)

    async def _submit(self, number: int) -> None:
        chosen = await self._pick(Submission, number, Submission.status == "awaiting_upload")
        async with self.use.db.read() as session:
            submission = await session.get_one(Submission, chosen)
        self.pictures += 1
        content = picture(1 + number % 5, seed=self.pictures if number % 6 else 0)
        key = original_key(submission)
        if not await self.use.store.exists(key):
            await self.use.store.put_bytes(key, content, UPLOAD_TYPE)
        worker = next(one for one in self.workers if one.worker_id == submission.worker_id)
        handed_in = HandedIn(worker, chosen, Submit())
        arrivals = await worker_service.look_for_files(self.use, [handed_in])
        async with self.use.db.write() as session:
            await worker_service.submit(session, handed_in, arrivals)

    async def _work(self, number: int) -> None:
        await self._accept(number)
        await self._submit(number)
        await self._score(number)

    async def _score(self, _: int) -> None:
        await Dispatcher(self.use).drain()

    async def _fail(self, number: int) -> None:
        self.engine.failures = 1 + number % 4
        async with self.use.db.write() as session:
            await session.execute(
                update(Submission).where(Submission.status == "pending_score").values(claimable_at=now())
            )
        await Dispatcher(self.use).drain()
        self.engine.failures = 0

    async def _retry(self, number: int) -> None:
        chosen = await self._pick(Submission, number, Submission.status == "retry_pending")
        for worker in self.workers:
            await self._ignoring_refusals(worker, chosen)

    async def _ignoring_refusals(self, worker: WorkerCaller, submission_id: str) -> None:
        try:
            async with self.use.db.write() as session:
                await worker_service.retry(session, self.use, worker, submission_id)
        except ApiError:
            return

    async def _approve(self, number: int) -> None:
        await self._review(number, Review(decision="approve"))

    async def _reject(self, number: int) -> None:
        await self._review(number, Review(decision="reject", score=1))

    async def _review(self, number: int, body: Review) -> None:
        chosen = await self._pick(Submission, number, Submission.submitted_at.is_not(None))
        async with rendered(self.use, self.caller, chosen, body) as made, self.use.db.write() as session:
            await review(session, self.caller, chosen, body, made)

    async def _cancel(self, number: int) -> None:
        async with self.use.db.write() as session:
            await jobs.cancel_job(session, self.caller, await self._pick(Job, number, Job.status == "active"))

    async def _expire(self, number: int) -> None:
        chosen = await self._pick(Submission, number, Submission.lease_expires_at.is_not(None))
        past = now() - timedelta(seconds=1)
        async with self.use.db.write() as session:
            lapsed = update(Submission).where(Submission.id == chosen, Submission.lease_expires_at.is_not(None))
            await session.execute(lapsed.values(lease_expires_at=past))
        await Sweeper(self.use).leases()

    async def _deadline(self, number: int) -> None:
        chosen = await self._pick(Job, number, Job.status == "active")
        async with self.use.db.write() as session:
            await session.execute(update(Job).where(Job.id == chosen).values(deadline=now()))
        await Sweeper(self.use).deadlines()

    async def _crash_after_claim(self, _: int) -> None:
        async with self.use.db.write() as session:
            await claim(session, 2, seconds=-1.0)

    async def _crash_before_commit(self, number: int) -> None:
        async with self.use.db.write() as session:
            claims = await claim(session, 1, seconds=-1.0)
        for one in claims:
            async with self.use.db.write() as session:
                locked = await lock_claimed(session, one)
                if locked is not None:
                    decision = decide(1 + number % 5, 3, locked[1].attempt)
                    await settle(session, *locked, decision, self.use.settings.collection)
                raise Crash

    async def _pick(self, table: type[Job] | type[Submission], number: int, condition: object) -> str:
        async with self.use.db.read() as session:
            ids = list(await session.scalars(select(table.id).where(condition).order_by(table.id)))  # type: ignore[arg-type]
        if not ids:
            raise Crash
        return ids[number % len(ids)]

    async def verify(self) -> None:
        """The books balance, and nothing came from nowhere."""
        assert await check(self.use.db) == []
        async with self.use.db.read() as session:
            kept = await balances(session, self.caller.organization_id)
            paid = await session.scalar(select(Account.balance).where(Account.name == "paid"))
            per_submission = (
                await session.execute(
                    select(Submission.paid_credits, Job.reward_per_file).join(Job, Job.id == Submission.job_id)
                )
            ).all()
        assert kept.available + kept.held + (paid or 0) == CREDITS
        assert paid == sum(credits for credits, _ in per_submission)
        assert all(credits in (0, reward) for credits, reward in per_submission)


async def _world(db: Database, folder: Path, renderer: Renderer) -> World:
    config = load_settings("embedded", state_dir=folder, dispatcher__retry_seconds=0.001)
    cipher, engine = Cipher(b"0" * 32), ScriptedEngine()
    use = Services(config, db, create_store(config, cipher.signing_key), engine, cipher)
    use.renderer = renderer
    await use.start()
    async with db.write() as session:
        organization, _ = await found_organization(
            session, name="Menus", email=None, starter_credits=CREDITS, scopes=ALL_SCOPES, actor="operator"
        )
        made = [create_worker(session, organization.id, name=name, email=None, metadata={}) for name in "ab"]
    workers = [WorkerCaller(worker.id, organization.id, False, "req") for worker, _ in made]
    caller = Caller("key", organization.id, True, frozenset(ALL_SCOPES), "req")
    return World(use, caller, workers, engine)


steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 60)), min_size=15, max_size=40)


@given(steps)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_thing_after_another(sqlite_templates: Templates, renderer: Renderer, taken: list[tuple[str, int]]) -> None:
    async def play(folder: Path) -> None:
        db = Database(sqlite_url(folder / "assay.db"))
        world = await _world(db, folder, renderer)
        await world.step("create", 3)
        for name, number in taken:
            await world.step(name, number)
            await world.verify()
        await db.close()

    with tempfile.TemporaryDirectory() as name:
        shutil.copy(str(sqlite_templates.empty.database), Path(name) / "assay.db")
        asyncio.run(play(Path(name)))


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(4))
async def test_everything_at_once(db: Database, tmp_path: Path, renderer: Renderer, seed: int) -> None:
    random = Random(seed)
    world = await _world(db, tmp_path, renderer)
    for _ in range(3):
        await world.step("create", random.randrange(60))
    for _ in range(6):
        things = [(random.choice(STEPS), random.randrange(60)) for _ in range(12)]
        await asyncio.wait_for(asyncio.gather(*(world.step(name, number) for name, number in things)), 60)
        await world.verify()
