"""From pending submissions to decisions: claim, score, deliver, settle.

Scoring is at least once, since a claim that nobody renews is claimed again. The decision is once: it is committed
together with the money, the slot and the events, and only while the claim is still ours.
"""

import asyncio
import errno
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic, perf_counter
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from api.claims import ANY_WAITING, Claim, Turns, claim, lock_claimed, release, renew
from api.clock import now
from api.decisions import Decisions, Scored, as_announced, breakdown_of, may_be_approved
from api.earlier_files import EarlierFiles
from api.files.delivery import Delivered, deliver, undeliverable
from api.jobs.schemas import brief_of
from api.metrics import DECISIONS, ENGINE_FAILURES, IN_FLIGHT, STAGE_SECONDS, STRIKES
from api.operations.checks import check_engine, check_writing
from api.outage import DatabaseAway
from api.search.embeddings import encoder_name
from api.services import Services
from api.storage import ObjectChanged, StoreError, StoreUnavailable
from api.submissions.keys import SubmissionRow, original_key
from api.submissions.settlement import settle
from pipeline.decision import Decision, decide
from pipeline.media import DecodeTimeout, MediaError, MediaFacts
from pipeline.media_process import ProcessKilled
from pipeline.result import EarlierFile, ScoreRequest, ScoreResult
from pipeline.rubric import load_rubric
from serve.errors import EngineError, EngineUnavailable

log = logging.getLogger("assay.dispatcher")

PLACES_AT_ONCE = 4
"""A claim is made for a quarter of the places at once: a claim for each would be a tenth of all work."""
RETRY_GROWTH = 6.0
RETRY_SPREAD = 0.5
RETRY_AT_MOST_SECONDS = 3600.0
"""Also where `max_attempts` is set to many."""
DATABASE_PAUSE_SECONDS = 1.0
OUTAGE_PAUSE_SECONDS = 2.0
"""Between two looks at whether an engine or store that was away answers again. Nothing is claimed meanwhile: each file
would fail at once and be tried too often."""
COMMITS_SECONDS = 0.04
"""Between two looks at whether anything was committed, where the database tells that (SQLite)."""
RUBRIC_SECONDS = 2.0
"""Between two questions for the engine's rubric, where results name one that is not in force any more."""
LOOK_SECONDS = 1.0
"""Until the queue is looked at though nothing was committed: time alone makes a file due that is to be tried again."""


class Dispatcher:
    """Keeps a bounded number of submissions in the engine, so that its batches fill and nothing piles up there."""

    def __init__(self, use: Services) -> None:
        self._use = use
        self._settings = use.settings.dispatcher
        self._rubric = load_rubric(use.settings.rubric)
        self._looked_for, self._look_for_it_at = "", 0.0
        """Digest of another rubric, for which the engine was asked, and when it may be again."""
        self._earlier = EarlierFiles(use.db, self._rubric.duplicates)
        self._decisions = Decisions(use.db, self._earlier, use.settings.collection, self._under_way)
        self._tasks: dict[asyncio.Task[None], Claim] = {}
        self._turns = Turns()
        self._found = True
        """Whether the last claim got anything: else there is a look before the next one."""
        self._away: Callable[[Services], Awaitable[str]] | None = None
        """What tells whether that answers again which did not."""
        self._commits_when_empty: int | None = None
        self._look_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; then what is under way is given back, to be claimed by the next dispatcher."""
        renewing = asyncio.create_task(self._renew_all())
        try:
            while not stop.is_set():
                found = await self._fill()
                await self._pause(stop, idle=not found)
        finally:
            renewing.cancel()
            await self._give_back()

    async def drain(self) -> None:
        """Score everything that is pending now, and return when it is decided or given back."""
        while await self._fill() or self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _fill(self) -> bool:
        """Claim as many as there is room for; whether there were any."""
        if self._away is not None and not await self._answers_again(self._away):
            return False
        room = self._settings.concurrency - len(self._tasks)
        if room < max(1, self._settings.concurrency // PLACES_AT_ONCE):
            return True
        try:
            claims = await self._claim(room)
        except DatabaseAway as error:
            log.warning("database does not answer", extra={"error": str(error)})
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            return False
        for one in claims:
            self._begin(one)
        return bool(claims)

    async def _answers_again(self, check: Callable[[Services], Awaitable[str]]) -> bool:
        await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
        if (told := await check(self._use)) != "ok":
            log.warning("nothing is claimed", extra={"error": told})
            return False
        if self._away is check:
            self._away = None
        return True

    async def _claim(self, room: int) -> list[Claim]:
        if not self._found and not await self._any_waiting():
            return []
        async with self._use.db.write() as session:
            claims = await claim(session, room, self._settings.claim_seconds, self._turns)
        self._found = bool(claims)
        return claims

    async def _any_waiting(self) -> bool:
        commits = self._use.db.commits()
        waiting = await self._use.db.finds(ANY_WAITING, moment=now())
        self._commits_when_empty = None if waiting else commits
        self._look_at = monotonic() + LOOK_SECONDS
        return waiting

    def _begin(self, one: Claim) -> None:
        task = asyncio.create_task(self._process(one))
        self._tasks[task] = one
        IN_FLIGHT.set(len(self._tasks))
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        one = self._tasks.pop(task)
        IN_FLIGHT.set(len(self._tasks))
        if not task.cancelled() and task.exception() is not None:
            # Its claim runs out, and it is tried again.
            log.error("fault", exc_info=task.exception(), extra={"submission_id": one.submission.id})

    def _under_way(self, job_id: str) -> int:
        return sum(one.submission.job_id == job_id for one in self._tasks.values())

    async def _pause(self, stop: asyncio.Event, *, idle: bool) -> None:
        """Until something may have changed: a stop, a place that became free, or the time to look again."""
        if idle and self._commits_when_empty is not None:
            await self._until_somebody_commits(stop)
            return
        stopping = asyncio.create_task(stop.wait())
        waiting: set[asyncio.Task[Any]] = {stopping, *self._tasks} if not idle else {stopping}
        await asyncio.wait(waiting, timeout=self._settings.poll_seconds, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _until_somebody_commits(self, stop: asyncio.Event) -> None:
        """Nothing comes into an empty queue without a commit, but by time alone."""
        while not stop.is_set() and monotonic() < self._look_at:
            await asyncio.sleep(COMMITS_SECONDS)
            if self._use.db.commits() != self._commits_when_empty:
                return

    async def _process(self, one: Claim) -> None:
        """One submission, from its claim to its decision, or back to the queue when the database was away meanwhile."""
        try:
            await self._decide(one)
        except DatabaseAway as error:
            log.warning("not decided", extra={"submission_id": one.submission.id, "error": str(error)})
            await self._put_back(one)

    async def _decide(self, one: Claim) -> None:
        told = {"submission_id": one.submission.id, "job_id": one.submission.job_id}
        if one.submission.engine_attempts > self._settings.max_attempts:
            await self._give_up(one, "it was tried too often without an answer")
            return
        STAGE_SECONDS.labels("queue").observe(_waited_seconds(one.submission))
        try:
            scored = await self._score(one)
            await self._commit(one, scored)
        except DatabaseAway:
            raise
        except (EngineError, StoreError, MediaError, ProcessKilled, OSError) as error:
            log.warning("not scored", extra=told | {"error": f"{type(error).__name__}: {error}"})
            await self._fail(one, error)

    async def _score(self, one: Claim, copied: EarlierFile | None = None) -> Scored:
        job, brief = one.job, brief_of(one.job)
        earlier = await self._earlier.of(job)
        sent = (copied,) if copied else earlier.newest
        source = self._use.store.engine_source(original_key(one.submission))
        with _timed("score"):
            result = await self._use.engine.score(ScoreRequest(source, brief, sent))
        await self._follow(result.score.rubric_digest)
        result = await self._use.rubrics.applied(result, brief, job.organization_id, job.content_type)
        result = as_announced(result, one.submission.declared_sha256)
        if copied is None and result.fingerprint is not None:
            original = await self._earlier.find(result.fingerprint, earlier.older)
            if original is not None:
                return await self._score(one, original)
        facts = result.evidence.facts
        delivered = None
        if facts is not None and result.score.stars >= job.min_star_rating and may_be_approved(result):
            try:
                with _timed("deliver"):
                    delivered = await deliver(self._use, job, one.submission, facts.format, facts.sha256)
            except DecodeTimeout:  # it was decoded in time before: the machine has other work
                raise
            except MediaError as error:
                result = undeliverable(result, error, brief, self._rubric)
                result = await self._use.rubrics.applied(result, brief, job.organization_id, job.content_type)
        size = await self._size_bytes(one, delivered, facts)
        encoder = await self._encoder_name(result)
        compared = copied is not None
        return Scored(one, result, breakdown_of(job, result), earlier, delivered, size, encoder, compared)

    async def _follow(self, digest: str) -> None:
        """Compare files here as the engine does, which a reload may have given another rubric.

        It is asked once in a while for one digest: results of the rubric before may still come in.
        """
        if digest == self._rubric.digest or (digest == self._looked_for and monotonic() < self._look_for_it_at):
            return
        self._looked_for, self._look_for_it_at = digest, monotonic() + RUBRIC_SECONDS
        try:
            self._rubric = await self._use.engine.rubric()
        except (EngineError, ValueError) as error:  # the file is scored all the same
            log.warning("rubric not read", extra={"error": f"{type(error).__name__}: {error}"})
            return
        self._earlier.compare_by(self._rubric.duplicates)

    async def _commit(self, one: Claim, scored: Scored) -> None:
        """Have it settled. If the same picture was approved meanwhile, it is scored as its copy first."""
        with _timed("settle"):
            outcome = await self._decisions.commit(scored)
        if scored.delivered is not None and not (isinstance(outcome, Decision) and outcome.status == "approved"):
            with suppress(StoreError):  # then it lies there unused
                await self._use.store.delete(scored.delivered.key)
        if isinstance(outcome, EarlierFile):
            await self._commit(one, await self._score(one, outcome))
        elif outcome is not None:
            DECISIONS.labels(outcome.status, str(scored.result.score.stars)).inc()
            STRIKES.inc(int(outcome.strike))
            told = {"submission_id": one.submission.id, "job_id": one.submission.job_id}
            log.info("decided", extra=told | {"status": outcome.status, "score": scored.result.score.stars})

    async def _size_bytes(self, one: Claim, delivered: Delivered | None, facts: MediaFacts | None) -> int:
        if delivered is not None:
            return delivered.size_bytes
        if facts is not None:
            return facts.size_bytes
        stored = await self._use.store.head(original_key(one.submission))
        return stored.size_bytes if stored else 0

    async def _fail(self, one: Claim, error: Exception) -> None:
        """The engine or the store is at fault: try again later, and after the last try ask a person.

        A try while the store is away or a disk is full says nothing about the file, and is not counted. One that a
        replica died of is: it may be the file.
        """
        if isinstance(error, StoreUnavailable | OSError) and not isinstance(error, FileNotFoundError):
            if _has_no_room(error) or await check_writing(self._use) != "ok":
                self._away = check_writing
                async with self._use.db.write() as session:
                    await release(session, one, OUTAGE_PAUSE_SECONDS, uncount=True)
                return
        elif isinstance(error, EngineUnavailable):
            self._away = self._away or check_engine
        ENGINE_FAILURES.inc()
        attempts = one.submission.engine_attempts
        if attempts >= self._settings.max_attempts:
            await self._give_up(one, f"{type(error).__name__}: {error}")
            return
        seconds = 0.0 if isinstance(error, ObjectChanged) else retry_seconds(attempts, self._settings.retry_seconds)
        async with self._use.db.write() as session:
            await release(session, one, seconds)

    async def _give_up(self, one: Claim, reason: str) -> None:
        async with self._use.db.write() as session:
            locked = await lock_claimed(session, one)
            if locked is None:
                return
            job, submission = locked
            submission.failure = reason
            # What an earlier attempt got says nothing about this file.
            submission.file_id = submission.score = submission.score_breakdown = None
            undecided = decide(None, job.min_star_rating, submission.attempt)
            await settle(session, job, submission, undecided, self._use.settings.collection)
        DECISIONS.labels("needs_review", "none").inc()

    async def _put_back(self, one: Claim) -> None:
        """As soon as the database answers. If the decision was committed after all, the claim is void by it."""
        while True:
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            with suppress(DatabaseAway):
                async with self._use.db.write() as session:
                    await release(session, one, 0.0, uncount=True)
                return

    async def _renew_all(self) -> None:
        """Until cancelled. A renewal may fail: a claim outlives two of them."""
        while True:
            await asyncio.sleep(self._settings.claim_seconds / 3)
            if self._tasks:
                try:
                    async with self._use.db.write() as session:
                        await renew(session, list(self._tasks.values()), self._settings.claim_seconds)
                except (SQLAlchemyError, OSError) as error:
                    log.warning("claims could not be renewed", extra={"error": str(error)})

    async def _give_back(self) -> None:
        under_way = dict(self._tasks)
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
        await self._decisions.finish()
        with suppress(DatabaseAway):  # then the claims run out by themselves
            for one in under_way.values():
                async with self._use.db.write() as session:
                    await release(session, one, 0.0, uncount=True)

    async def _encoder_name(self, result: ScoreResult) -> str:
        """Whose space the embeddings are in: the weights may have been swapped since the last file."""
        if not result.embeddings:
            return ""
        spoke = next((model for model in result.models if model.role == "concepts"), None)
        return encoder_name(spoke or (await self._use.engine.identities())["concepts"])


def _has_no_room(error: BaseException) -> bool:
    """Whether a disk is full. The look at the store is so small that it may still fit."""
    cause = error.__cause__
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return is_full or (cause is not None and _has_no_room(cause))


def retry_seconds(attempts: int, first: float) -> float:
    """Pause after so many failed tries: 5 and 30 s on average with the defaults.

    Of files that failed together each has its own: one of them may be what the replica died of.
    """
    pause = min(first * RETRY_GROWTH ** (attempts - 1), RETRY_AT_MOST_SECONDS)
    return float(pause * random.uniform(1 - RETRY_SPREAD, 1 + RETRY_SPREAD))


@contextmanager
def _timed(stage: str) -> Iterator[None]:
    """Observes how long a stage takes."""
    started_at = perf_counter()
    yield
    STAGE_SECONDS.labels(stage).observe(perf_counter() - started_at)


def _waited_seconds(submission: SubmissionRow) -> float:
    waited: timedelta = now() - (submission.submitted_at or submission.created_at)
    return max(0.0, waited.total_seconds())
