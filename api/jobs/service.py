"""What clients do with jobs."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.credits.ledger import Movement, move
from api.credits.low_balance import watch_balance
from api.errors import Conflict
from api.events import record
from api.ids import new_id
from api.jobs.lifecycle import end_job
from api.jobs.queries import find_job, lock_job
from api.jobs.schemas import JobCreate, JobRating
from api.organizations.settings import settings_of
from api.tables import Job, Organization


async def create_job(session: AsyncSession, caller: Caller, body: JobCreate) -> Job:
    """Make a job and hold what it may cost. Jobs of test mode hold nothing.

    Raises:
        InsufficientCredits: there is less available.
    """
    cost = body.quantity * body.reward_per_file
    job = Job(
        id=new_id("job"),
        organization_id=caller.organization_id,
        livemode=caller.livemode,
        held_credits=cost if caller.livemode else 0,
        requirements=body.requirements.model_dump(mode="json", exclude_defaults=True),
        location=body.location.model_dump() if body.location else None,
        details=body.metadata,
        min_star_rating=body.min_star_rating or await _default_rating(session, caller),
        **body.model_dump(exclude={"requirements", "location", "metadata", "min_star_rating"}),
    )
    session.add(job)
    await session.flush()
    if caller.livemode:
        hold = Movement("hold", "available", "held", cost, f"hold:{job.id}", f"Held for {job.id}", job.id)
        await move(session, caller.organization_id, hold)
        await watch_balance(session, caller.organization_id)
    _record(session, caller, job, "job.created", quantity=job.quantity, reward_per_file=job.reward_per_file)
    return job


async def cancel_job(session: AsyncSession, caller: Caller, job_id: str) -> Job:
    """End a job before it is full.

    Raises:
        NotFound: the caller has no such job.
        Conflict: it has ended.
    """
    await find_job(session, caller, job_id)
    job = await lock_job(session, job_id, caller.organization_id)
    if job.status != "active":
        raise Conflict(f"this job is {job.status} already", code="job_not_active")
    await end_job(session, job, "cancelled", actor=caller.key_id, request_id=caller.request_id)
    return job


async def rate_job(session: AsyncSession, caller: Caller, job_id: str, body: JobRating) -> Job:
    """Keep how content the client is; a later rating replaces an earlier one.

    Raises:
        NotFound: the caller has no such job.
    """
    await find_job(session, caller, job_id)
    job = await lock_job(session, job_id, caller.organization_id)
    job.rating, job.rating_comment = body.rating, body.comment
    await session.flush()
    _record(session, caller, job, "job.rated", rating=body.rating)
    return job


async def _default_rating(session: AsyncSession, caller: Caller) -> int:
    return settings_of(await session.get_one(Organization, caller.organization_id)).default_min_star_rating


def _record(session: AsyncSession, caller: Caller, job: Job, action: str, **details: int) -> None:
    record(
        session,
        caller.organization_id,
        action,
        actor=caller.key_id,
        job_id=job.id,
        subject_id=job.id,
        request_id=caller.request_id,
        **details,
    )
