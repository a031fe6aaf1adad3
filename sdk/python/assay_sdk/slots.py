"""Slots that a worker was given and has not used."""

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from assay_sdk.errors import ApiError
from assay_sdk.retries import is_passing
from assay_sdk.types.workers import WorkerSubmission

_TIME_TO_UPLOAD = timedelta(minutes=1)
"""A slot with less left is let go."""


class SpareSlots:
    """Where a job asks for several files at a time, one `accept` gives a slot for each. Safe between threads."""

    def __init__(self) -> None:
        self._slots: defaultdict[str, deque[WorkerSubmission]] = defaultdict(deque)

    def keep(self, given: WorkerSubmission) -> WorkerSubmission:
        """The first slot of an `accept`; the others are kept."""
        first, *others = given.submissions or [given]
        self._slots[given.job_id].extend(others)
        return first

    def take(self, job_id: str) -> WorkerSubmission | None:
        """A slot that is kept and still good."""
        soon = datetime.now(timezone.utc) + _TIME_TO_UPLOAD
        while True:
            try:
                slot = self._slots[job_id].popleft()
            except IndexError:
                return None
            if slot.lease_expires_at is None or slot.lease_expires_at > soon:
                return slot

    @contextmanager
    def kept_until_used(self, slot: WorkerSubmission) -> Iterator[None]:
        """Keep a slot for the next file if the block does not get one there, unless the store refuses it."""
        is_over = False
        try:
            yield
            is_over = True
        except ApiError as error:
            is_over = error.status < 500 and not is_passing(error)
            raise
        finally:
            if not is_over:
                self._slots[slot.job_id].appendleft(slot)
