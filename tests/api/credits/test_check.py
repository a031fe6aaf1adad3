"""The check of the ledger finds each way in which the books can be off, and nothing in books that are right."""

import pytest
from sqlalchemy import insert, text, update

from api.clock import now
from api.credits.check import RULES, check, totals
from api.credits.ledger import Movement, move
from api.ids import new_id
from api.tables import Account, Job, LedgerEntry, LedgerTransaction, Submission, Worker

pytestmark = pytest.mark.anyio

REWARD = 100


@pytest.fixture
async def books(db, organization, worker) -> dict[str, str]:
    """A live job of three with one paid file, one taken back and one waiting; a test job with an approved file."""
    ids = {"org": organization.id, "worker": worker.id, "job": new_id("job"), "test": new_id("job")}
    async with db.write() as session:
        session.add(_job(ids, "job", livemode=True, held_credits=2 * REWARD, spent_credits=REWARD))
        session.add(_job(ids, "test", livemode=False))
        await session.flush()
        for name, job, status, paid in (
            ("paid", "job", "approved", REWARD),
            ("back", "job", "rejected", 0),
            ("open", "job", "needs_review", 0),
            ("free", "test", "approved", 0),
            ("wait", "test", "needs_review", 0),
        ):
            ids[name] = new_id("sub")
            session.add(_submission(ids, name, job, status, paid))
        hold = Movement("hold", "available", "held", 3 * REWARD, "hold", "", ids["job"])
        await move(session, ids["org"], hold)
        for key, kind, source, target in (("paid", "capture", "held", "paid"), ("back", "capture", "held", "paid"),
                                          ("back", "refund", "paid", "held")):  # fmt: skip
            movement = Movement(kind, source, target, REWARD, f"{kind}{key}", "", ids["job"], ids[key])
            await move(session, ids["org"], movement)
        await session.execute(update(Worker).where(Worker.id == worker.id).values(earned_credits=REWARD))
    return ids


def _job(ids: dict[str, str], name: str, **values: object) -> Job:
    return Job(
        id=ids[name], organization_id=ids["org"], title="T", description="D" * 10, content_type="image",
        file_formats=["png"], quantity=3, reward_per_file=REWARD, min_star_rating=3, files_approved=1,
        files_pending=1, **values,
    )  # fmt: skip


def _submission(ids: dict[str, str], name: str, job: str, status: str, paid: int) -> Submission:
    return Submission(
        id=ids[name], organization_id=ids["org"], job_id=ids[job], worker_id=ids["worker"], livemode=job == "job",
        status=status, paid_credits=paid,
    )  # fmt: skip


async def test_right_books_are_right(db, books):
    assert await check(db) == []
    assert await totals(db) == {"available": 999_700, "granted": -1_000_000, "held": 200, "paid": 100, "purchased": 0}


def _transaction(ids: dict[str, str], amount: int) -> dict[str, object]:
    return {
        "id": "txn_odd", "organization_id": ids["org"], "type": "capture", "amount_credits": amount, "key": "odd",
        "job_id": None, "submission_id": None, "description": "", "available_after": 0, "held_after": 0,
        "created_at": now(),
    }  # fmt: skip


def _entry(ids: dict[str, str], account: str, amount: int) -> dict[str, object]:
    return {
        "transaction_id": "txn_odd", "organization_id": ids["org"], "account": account, "amount_credits": amount,
    }  # fmt: skip


CASES = {
    "its entries add up to": [
        lambda ids: insert(LedgerTransaction).values(_transaction(ids, 7)),
        lambda ids: insert(LedgerEntry).values([_entry(ids, "available", 7), _entry(ids, "granted", -6)]),
    ],
    "what its entries give is": [lambda ids: insert(LedgerTransaction).values(_transaction(ids, 7))],
    "the balance is": [lambda ids: update(Account).where(Account.name == "available").values(balance=5)],
    "entries without an account are": [
        lambda ids: insert(LedgerTransaction).values(_transaction(ids, 7)),
        lambda ids: insert(LedgerEntry).values([_entry(ids, "attic", 7), _entry(ids, "cellar", -7)]),
    ],
    "held for its jobs is": [
        lambda ids: update(Job).where(Job.id == ids["job"]).values(quantity=4, held_credits=3 * REWARD),
    ],
    "spent_credits by its captures is": [
        lambda ids: update(Job).where(Job.id == ids["job"]).values(
            files_approved=2, spent_credits=2 * REWARD, held_credits=REWARD
        ),
    ],
    "paid_credits by its captures is": [
        lambda ids: update(Submission).where(Submission.id == ids["paid"]).values(paid_credits=99),
    ],
    "paid_credits by its status is": [
        lambda ids: update(Submission).where(Submission.id == ids["paid"]).values(status="rejected"),
    ],
    "earned_credits is": [lambda ids: update(Worker).values(earned_credits=REWARD + 1)],
    "files_approved is": [
        lambda ids: update(Job).where(Job.id == ids["test"]).values(files_approved=0),
    ],
    "files_pending is": [lambda ids: update(Job).where(Job.id == ids["test"]).values(files_pending=2)],
}  # fmt: skip


def test_every_rule_has_a_case():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", CASES)
async def test_what_is_off_is_found(db, books, rule):
    async with db.write() as session:
        for statement in CASES[rule]:
            await session.execute(statement(books))
    found = await check(db)
    assert any(f": {rule} " in line for line in found), found


async def test_a_finding_says_what_is_there_and_what_should_be(db, books):
    async with db.write() as session:
        await session.execute(text("UPDATE workers SET earned_credits = 7"))
    assert await check(db) == [f"{books['worker']}: earned_credits is 7, and should be 100"]
