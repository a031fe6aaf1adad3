"""Uploads that were not handed in before their slot was taken back: removed, and looked for until none can come."""

from datetime import timedelta

from sqlalchemy import update

from api.clock import now
from api.services import Services
from api.submissions.keys import original_key
from api.tables import Submission

LONGEST_UPLOAD = timedelta(days=1)
"""Of one that began in the last second of its URL. What takes longer is found when its retention ends."""


async def remove_late(use: Services, submission_id: str) -> None:
    """Remove what lies in the store for an expired submission, and set when to look for it again.

    Raises:
        StoreUnavailable: the object store does not answer.
    """
    async with use.db.read() as session:
        expired = await session.get_one(Submission, submission_id)
    await use.store.delete(original_key(expired))
    url_lasts = timedelta(seconds=use.settings.collection.upload_lease_seconds)
    look = next_look(now() - expired.updated_at, url_lasts)
    at = None if look is None else expired.updated_at + look
    async with use.db.write() as session:
        looked = update(Submission).where(Submission.id == submission_id)
        await session.execute(looked.values(arrival_check_at=at, updated_at=Submission.updated_at))


def next_look(age: timedelta, url_lasts: timedelta) -> timedelta | None:
    """How long after a slot was taken back its upload is looked for again; `None` when none can come any more.

    Args:
        age: time since then, at the present look.
        url_lasts: of a URL that was signed in the slot's last second.
    """
    looks = (url_lasts, url_lasts + LONGEST_UPLOAD)
    return next((look for look in looks if look > age), None)
