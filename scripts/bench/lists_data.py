"""A database that is as full as it may get: one job with all the files, another organization with a few."""

from dataclasses import dataclass

from sqlalchemy import text

from api.auth import ALL_SCOPES
from api.db import Database
from api.ids import new_id
from api.organizations.service import found_organization
from api.tables import Job

REWARD_CREDITS = 10
OTHERS = 10_000
"""Files of the other organization."""
DIGITS = 26
"""As many as a ULID has."""

_STATUS = "CASE WHEN n % 100 = 0 THEN 'retry_pending' WHEN n % 4 = 0 THEN 'rejected' ELSE 'approved' END"
_SCORE = "CASE WHEN n % 4 = 0 THEN 1 + n % 2 WHEN n % 1000 = 7 THEN 5 ELSE 3 + n % 2 END"
"""One file of a thousand has five stars."""
_LABELS = ", ".join(f'{{"label": "label {n}", "confidence": 0.5}}' for n in range(5))
_ANNOTATIONS = f'{{"object_labels": [{_LABELS}], "ocr_text": "MENU", "face_count": 0, "models": []}}'
_BREAKDOWN = '{"relevance": 4.0, "quality": 4.0, "completeness": 4.0, "reasons": [], "feedback": "", "evidence": {}}'

_SUBMISSIONS = f"""
INSERT INTO submissions (id, organization_id, job_id, livemode, status, attempt, lease_expires_at, engine_attempts,
    file_id, score, score_breakdown, paid_credits, struck, submitted_at, decided_at, created_at, updated_at)
SELECT 'sub_' || @id, :organization_id, :job_id, true, {_STATUS}, 1,
    CASE WHEN n % 100 = 0 THEN CURRENT_TIMESTAMP END, 1, 'file_' || @id, {_SCORE}, '{_BREAKDOWN}', 0, false,
    CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM @numbers
"""
_FILES = f"""
INSERT INTO files (id, organization_id, job_id, submission_id, livemode, status, content_type, format, mime_type,
    size_bytes, sha256, width, height, score, score_breakdown, annotations, approval, original_key, delivered_key,
    filename, created_at, updated_at)
SELECT 'file_' || @id, :organization_id, :job_id, 'sub_' || @id, true, {_STATUS}, 'image', 'jpeg', 'image/jpeg',
    123456, '{"0" * 64}', 640, 480, {_SCORE}, '{_BREAKDOWN}', '{_ANNOTATIONS}', n, 'uploads/' || @id,
    'files/' || @id, 'image.jpeg', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM @numbers
"""
_EVENTS = """
INSERT INTO events (id, organization_id, livemode, type, data, planned_at, created_at)
SELECT 'evt_' || @id, :organization_id, true,
    CASE WHEN n % 1000 = 7 THEN 'submission.needs_review' ELSE 'submission.scored' END, '{"object": "submission"}',
    CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM @numbers
"""
_AUDIT = """
INSERT INTO audit_entries (id, organization_id, job_id, actor, action, subject_id, details, created_at)
SELECT 'aud_' || @id, :organization_id, :job_id, 'engine', 'submission.approved', 'sub_' || @id, '{}',
    CURRENT_TIMESTAMP FROM @numbers
"""
_TRANSACTIONS = """
INSERT INTO ledger_transactions (id, organization_id, type, amount_credits, key, job_id, submission_id, description,
    available_after, held_after, created_at)
SELECT 'txn_' || @id, :organization_id, 'capture', 10, 'bench:' || @id, :job_id, 'sub_' || @id, 'Approved', 0, 0,
    CURRENT_TIMESTAMP FROM @numbers
"""
_ENTRIES = """
INSERT INTO ledger_entries (transaction_id, account, organization_id, amount_credits)
SELECT 'txn_' || @id, 'held', :organization_id, -10 FROM @numbers
"""
_PENDING = """
INSERT INTO submissions (id, organization_id, job_id, livemode, status, attempt, claimable_at, engine_attempts,
    paid_credits, struck, submitted_at, created_at, updated_at)
SELECT 'sub_' || @id, :organization_id, :job_id, true, 'pending_score', 1, CURRENT_TIMESTAMP, 0, 0, false,
    CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM @numbers
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """An organization with its key and one job, whose rows have the numbers from `first` to `last`."""

    organization_id: str
    token: str
    job_id: str
    first: int
    last: int

    def id(self, prefix: str, share: float) -> str:
        """The id of a row: 0 is the oldest, 1 the newest."""
        return f"{prefix}_{round(self.first + (self.last - self.first) * share):0{DIGITS}d}"


async def fill(db: Database, files: int) -> tuple[Owner, Owner]:
    """An organization with so many files in one job, and another one with `OTHERS`, all older; statistics are fresh."""
    small = await _open(db, 1, OTHERS)
    large = await _open(db, OTHERS + 1, OTHERS + files)
    for owner in (large, small):
        for statement in (_SUBMISSIONS, _FILES, _EVENTS, _AUDIT, _TRANSACTIONS, _ENTRIES):
            await _insert(db, statement, owner, owner.first, owner.last)
    await analyze(db)
    return large, small


async def add_pending(db: Database, owner: Owner, first: int, count: int) -> None:
    """So many submissions that wait to be claimed, in the place of none."""
    await _insert(db, _PENDING, owner, first, first + count - 1)
    await analyze(db)


async def analyze(db: Database) -> None:
    """Fresh statistics, and on Postgres the visibility map that its autovacuum would have made."""
    async with db.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))


async def _open(db: Database, first: int, last: int) -> Owner:
    async with db.write() as session:
        organization, token = await found_organization(
            session, name="Bench", email=None, starter_credits=1, scopes=ALL_SCOPES, actor="operator"
        )
        job = _job(organization.id, last - first + 1)
        session.add(job)
        return Owner(organization.id, token, job.id, first, last)


def _job(organization_id: str, quantity: int) -> Job:
    return Job(
        id=new_id("job"),
        organization_id=organization_id,
        livemode=True,
        title="Bench",
        description="Photos of coffee shop menus",
        content_type="image",
        file_formats=["jpeg"],
        quantity=quantity,
        reward_per_file=REWARD_CREDITS,
        min_star_rating=3,
        held_credits=quantity * REWARD_CREDITS,
    )


async def _insert(db: Database, statement: str, owner: Owner, first: int, last: int) -> None:
    """Rows of the numbers from `first` to `last`, which both databases can count."""
    zeros, cut = "0" * DIGITS, f"substr({{}}, -{DIGITS})" if db.is_sqlite else f"right({{}}, {DIGITS})"
    count = f"WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c"
    filled = statement.replace("@id", cut.format(f"'{zeros}' || n")).replace("@numbers", f"({count}) AS counted")
    owned = {"organization_id": owner.organization_id, "job_id": owner.job_id}
    async with db.write() as session:
        await session.execute(text(filled), {name: owned[name] for name in owned if f":{name}" in filled})
