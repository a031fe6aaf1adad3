"""Uploads that were not handed in before their slot was taken back: removed, and looked for until none can come."""

import logging
from datetime import timedelta

from sqlalchemy import update

from api.clock import now
from api.services import Services
from api.storage import StoreError
from api.submissions.keys import original_key
from api.tables import Submission

log = logging.getLogger("assay.late_uploads")

LONGEST_UPLOAD = timedelta(days=1)
"""Of one that began in the last second of its URL. What takes longer is found when its retention ends."""


async def remove_late(use: Services, submission_id: str) -> None:
    """Remove what lies in the store for an expired submission, and set when to look for it again.

    One that the store does not remove is left for that look, or else for the end of its retention.
    """
    async with use.db.read() as session:
        expired = await session.get_one(Submission, submission_id)
    try:
        await use.store.delete(original_key(expired))
    except StoreError as error:
        log.warning("an upload could not be removed", extra={"submission_id": submission_id, "error": str(error)})
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
        url_lasts: of a URL, whose slot may have been taken back right after it was signed.
    """
    looks = (url_lasts, url_lasts + LONGEST_UPLOAD)
    return next((look for look in looks if look > age), None)
