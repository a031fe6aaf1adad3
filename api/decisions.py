"""From scored files to decisions. Those of a job that wait for each other are committed together.

A decision is committed with the money, the slot and the events, and only while the claim is still ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from api.claims import Claim, lock_all_claimed
from api.db import Database
from api.earlier_files import EarlierFiles, Snapshot
from api.files.delivery import Delivered
from api.group_commit import GroupCommit
from api.ids import new_id
from api.rows import LockedRow, append
from api.submissions.keys import SubmissionRow, original_key, suggested_name
from api.submissions.settlement import Settlement
from api.tables import Embedding, File, Job
from configs.settings import CollectionSettings
from pipeline.decision import Decision, decide
from pipeline.duplicates import to_json
from pipeline.media import MIME_TYPES
from pipeline.reasons import Deduction
from pipeline.result import EarlierFile, ScoreResult
from pipeline.score import BEST, WORST

ALTERED = "integrity.checksum"
COPY = "integrity.duplicate"
UNSAFE = "policy.unsafe"
CONDITIONS = "requirements."
"""What codes of a job's conditions begin with."""
NEVER = 6
"""More stars than there are."""
GATHER_SECONDS = 0.025
"""Beside the half second and more of the engine. It spares a third of a decision's processor time (decision 0019)."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A claimed file with its score."""

    claim: Claim
    result: ScoreResult
    breakdown: dict[str, Any]
    """Of the score, as it is told."""
    earlier: Snapshot
    """What there was to compare it with."""
    delivered: Delivered | None
    size_bytes: int
    """Of what is delivered, or else of what was uploaded."""
    encoder: str
    """Whose space the embeddings are in."""
    compared: bool
    """It was scored beside the file that it copies, and is not to be compared again."""
    file_id: str = field(default_factory=lambda: new_id("file"))

    def as_earlier(self) -> EarlierFile | None:
        """What later files may copy, once this one is approved."""
        return EarlierFile(self.file_id, self.result.fingerprint) if self.result.fingerprint else None


Outcome = Decision | EarlierFile | None
"""The decision that was committed; or the file that this one copies and that was approved meanwhile; or nothing, since
the claim is not ours any more."""


class Decisions:
    """Commits what one dispatcher decides."""

    def __init__(
        self, db: Database, earlier: EarlierFiles, settings: CollectionSettings, under_way: Callable[[str], int]
    ) -> None:
        """
        Args:
            under_way: how many files of a job the dispatcher has claimed.
        """
        self._db = db
        self._earlier = earlier
        self._settings = settings
        self._groups = GroupCommit(self._commit, gather_seconds=GATHER_SECONDS, coming=under_way)

    async def commit(self, scored: Scored) -> Outcome:
        """Decide in one transaction, unless the same picture was approved meanwhile."""
        return await self._groups.run(scored.claim.job.id, scored)

    async def finish(self) -> None:
        """Wait for what is being committed, whoever waited for it before."""
        await self._groups.finish()

    async def _commit(self, group: Sequence[Scored]) -> list[Outcome]:
        """Of one job. What is approved in the group counts as approved before those that come after it."""
        outcomes: list[Outcome] = []
        approved: list[tuple[int, EarlierFile]] = []
        async with self._db.write() as session:
            job, ours = await lock_all_claimed(session, [scored.claim for scored in group])
            since = [await self._earlier.approved_since(session, job, scored.earlier) for scored in group]
            settlement = Settlement(job, self._settings)
            for scored, files in zip(group, since, strict=True):
                submission = ours.get(scored.claim.submission.id)
                outcome = await self._outcome(job, submission, scored, [*files, *(file for _, file in approved)])
                outcomes.append(outcome)
                if submission is not None and isinstance(outcome, Decision):
                    _tell_score(submission, scored)
                    settlement.decide(submission, outcome)
                    append(session, File, _file(job, submission, scored))
                    append(session, Embedding, *_embeddings(scored))
                    if outcome.status == "approved" and (file := scored.as_earlier()):
                        approved.append((job.approvals, file))
            await settlement.carry_out(session)
        for number, file in approved:
            self._earlier.approved(job, number, file)
        if job.status != "active":
            self._earlier.forget(job)
        return outcomes

    async def _outcome(
        self, job: Job, submission: LockedRow | None, scored: Scored, files: list[EarlierFile]
    ) -> Outcome:
        if submission is None:
            return None
        if scored.result.fingerprint is not None and scored.delivered is not None and not scored.compared:
            original = await self._earlier.find(scored.result.fingerprint, files)
            if original is not None:
                return original
        return decision_of(job, submission, scored.result)


def as_announced(result: ScoreResult, sha256: str | None) -> ScoreResult:
    """The result, or that of a file that is not the one whose SHA-256 its sender told: 1 star, and the reason alone."""
    facts = result.evidence.facts
    if sha256 is None or facts is None or facts.sha256 == sha256:
        return result
    unsafe = (each for each in result.score.deductions if each.code == UNSAFE)
    altered = Deduction(ALTERED, "completeness", BEST - WORST)
    # Nothing else of what it scored, or a wrong digest would be a free look before the attempt that counts.
    told = replace(result.score, stars=1, relevance=WORST, quality=WORST, completeness=WORST)
    return replace(result, score=replace(told, deductions=(altered, *unsafe), feedback=altered.sentence))


def is_altered(result: ScoreResult) -> bool:
    """Whether it is that of a file which is not the announced one."""
    return ALTERED in result.score.reasons


def may_be_approved(result: ScoreResult) -> bool:
    """Whatever minimum the job has: not what nobody can open, is not the announced file, copies one that was paid,
    shows what is not allowed, or breaks a condition of the job."""
    reasons = set(result.score.reasons)
    is_barred = {ALTERED, COPY, UNSAFE} & reasons or any(code.startswith(CONDITIONS) for code in reasons)
    return result.evidence.facts is not None and not is_barred


def decision_of(job: Job, submission: SubmissionRow, result: ScoreResult) -> Decision:
    """What the stars mean here: a client's own file has nobody who could try again or be struck."""
    minimum = job.min_star_rating if may_be_approved(result) else NEVER
    decision = decide(result.score.stars, minimum, submission.attempt)
    if is_altered(result) and UNSAFE not in result.score.reasons:  # on its way here, which is nobody's bad work
        decision = Decision("retry_pending" if submission.attempt == 1 else "rejected", strike=False)
    if submission.worker_id is not None:
        return decision
    return replace(decision, status="rejected" if decision.status == "retry_pending" else decision.status, strike=False)


def _tell_score(submission: LockedRow, scored: Scored) -> None:
    submission.score, submission.score_breakdown = scored.result.score.stars, scored.breakdown
    submission.file_id = scored.file_id
    submission.failure = submission.disputed_by = None


def _file(job: Job, submission: SubmissionRow, scored: Scored) -> dict[str, Any]:
    result, delivered = scored.result, scored.delivered
    facts = result.evidence.facts
    approved = submission.status == "approved"
    return {
        "id": scored.file_id,
        "organization_id": job.organization_id,
        "job_id": job.id,
        "submission_id": submission.id,
        "livemode": job.livemode,
        "status": submission.status,
        "content_type": facts.content_type if facts else None,
        "format": facts.format if facts else None,
        "mime_type": facts.mime_type if facts else None,
        "size_bytes": scored.size_bytes,
        "sha256": delivered.sha256 if delivered else (facts.sha256 if facts else None),
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "duration_seconds": facts.duration_seconds if facts else None,
        "score": result.score.stars,
        "score_breakdown": scored.breakdown,
        "annotations": result.annotations,
        "fingerprint": to_json(result.fingerprint) if result.fingerprint else None,
        "approval": job.approvals if approved else None,
        "original_key": original_key(submission),
        "delivered_key": delivered.key if approved and delivered else None,
        "filename": delivered.filename if delivered else suggested_name(job, submission, _suffix(facts)),
    }


def breakdown_of(job: Job, result: ScoreResult) -> dict[str, Any]:
    """The score's parts; the position of a capture is told only where the job keeps it."""
    told = result.breakdown()
    if not job.keep_location and told["evidence"]["facts"] is not None:
        told["evidence"]["facts"]["position"] = None
    return told


def _suffix(facts: Any) -> str:
    return facts.format if facts is not None and facts.format in MIME_TYPES else "bin"


def _embeddings(scored: Scored) -> list[dict[str, Any]]:
    submission = scored.claim.submission
    return [
        {
            "file_id": scored.file_id,
            "kind": kind,
            "organization_id": submission.organization_id,
            "job_id": submission.job_id,
            "livemode": submission.livemode,
            "encoder": scored.encoder,
            "vector": np.ascontiguousarray(vector, "<f4").tobytes(),
        }
        for kind, vector in scored.result.embeddings.items()
    ]
