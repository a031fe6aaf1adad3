"""What the database knows of the queue. Pages ask every two seconds, so each query reads an index, and no table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from ulid import ULID

from api.clock import now
from api.ops.schemas import OpsFailure, Queue, RatePoint, Throughput
from api.tables import Export, File, Organization, Submission, WebhookDelivery

RATE_MINUTES = 5
SERIES = timedelta(hours=1)
FAILURES_SHOWN = 20

_FILE = "file_"
_TIME_CHARACTERS = 10
"""Of a ULID: 48 bits of milliseconds in base 32."""
_BUCKET_CHARACTERS = 7
BUCKET_SECONDS = 32 ** (_TIME_CHARACTERS - _BUCKET_CHARACTERS) / 1000
"""Files whose ids agree in the first seven characters were scored within the same 32.8 s."""


async def find_queue(session: AsyncSession) -> Queue:
    """How much waits, and for how long."""
    moment = now()
    pending = select(func.count()).where(Submission.claimable_at <= moment)
    claimed = (
        select(Submission.claim_token.is_not(None), func.count())
        .where(Submission.claimable_at > moment)
        .group_by(Submission.claim_token.is_not(None))
    )
    taken = {bool(is_claimed): count for is_claimed, count in await session.execute(claimed)}
    return Queue(
        waiting=await _count(session, pending),
        in_flight=taken.get(True, 0),
        retrying=taken.get(False, 0),
        oldest_seconds=await oldest_seconds(session, moment),
        awaiting_file=await _count(session, select(func.count()).where(Submission.lease_expires_at.is_not(None))),
        needs_review=await _count(session, _needing_review()),
        webhook_deliveries=await _count(
            session, select(func.count()).where(WebhookDelivery.next_attempt_at.is_not(None))
        ),
        exports=await _count(session, select(func.count()).where(Export.claimable_at.is_not(None))),
    )


async def find_throughput(session: AsyncSession) -> Throughput:
    """Files scored lately. A file's id is made when it is scored and begins with the time."""
    moment = now()
    bucket = func.substr(File.id, len(_FILE) + 1, _BUCKET_CHARACTERS)
    counted = select(bucket, func.count()).where(File.id >= _id_at(moment - SERIES)).group_by(bucket)
    found = {_began_at(prefix): count for prefix, count in await session.execute(counted)}
    lately = await _count(
        session, select(func.count()).where(File.id >= _id_at(moment - timedelta(minutes=RATE_MINUTES)))
    )
    series = [RatePoint(at=at, files=found.get(at, 0)) for at in _bucket_starts(moment - SERIES, moment)]
    return Throughput(per_minute=lately / RATE_MINUTES, bucket_seconds=BUCKET_SECONDS, series=series)


async def find_failures(session: AsyncSession) -> list[OpsFailure]:
    """The newest submissions that the engine gave up on and that no person has decided yet."""
    given_up = (
        select(Submission)
        .where(
            Submission.organization_id.in_(select(Organization.id)),
            Submission.livemode.in_((False, True)),
            Submission.status == "needs_review",
        )
        .order_by(Submission.id.desc())
        .limit(FAILURES_SHOWN)
    )
    return [_failure(one) for one in (await session.scalars(given_up)).all()]


def _needing_review() -> Select[Any]:
    """Organization by organization, which is what the index begins with."""
    of_one = (
        select(func.count())
        .where(
            Submission.organization_id == Organization.id,
            Submission.livemode.in_((False, True)),
            Submission.status == "needs_review",
        )
        .scalar_subquery()
    )
    return select(func.sum(of_one)).select_from(Organization)


async def oldest_seconds(session: AsyncSession, moment: datetime) -> float:
    """Since the first of those that wait was submitted; what is being scored, or has a pause, does not wait."""
    first = select(Submission.submitted_at).where(Submission.claimable_at <= moment)
    submitted_at = await session.scalar(first.order_by(Submission.claimable_at).limit(1))
    return max(0.0, (moment - submitted_at).total_seconds()) if submitted_at else 0.0


async def _count(session: AsyncSession, query: Select[Any]) -> int:
    return int(await session.scalar(query) or 0)


def _failure(submission: Submission) -> OpsFailure:
    return OpsFailure(
        submission_id=submission.id,
        job_id=submission.job_id,
        engine_attempts=submission.engine_attempts,
        failure=submission.failure or "unknown",
        at=submission.updated_at,
    )


def _id_at(moment: datetime) -> str:
    """What ids of files that were made at a time begin with."""
    return _FILE + str(ULID.from_datetime(moment))[:_TIME_CHARACTERS]


def _began_at(prefix: str) -> datetime:
    return ULID.from_str(prefix.ljust(26, "0")).datetime


def _bucket_starts(first: datetime, last: datetime) -> Sequence[datetime]:
    step = timedelta(seconds=BUCKET_SECONDS)
    at = _began_at(str(ULID.from_datetime(first))[:_BUCKET_CHARACTERS])
    return [at + n * step for n in range(int((last - at) / step) + 1)]
