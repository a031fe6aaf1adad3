"""Does every balance and counter say what the entries and submissions behind it add up to?

Each rule is one aggregate query that answers with the rows that are off: what it is about, what is there, what should
be. All of them look at one snapshot, so they may run beside a working server.
"""

from collections.abc import AsyncIterator

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from api.db import Database
from api.tables import LIVE_STATUSES, Account, Job, LedgerEntry, LedgerTransaction, Submission, Worker

Rule = Select[str, int, int]
"""Selects subject, value and the value that it should have, where the two differ."""


async def check(db: Database) -> list[str]:
    """Every inconsistency of the ledger and of what is kept beside it, one sentence each; empty when all is well."""
    async with db.snapshot() as session:
        return [line async for line in _findings(session)]


async def totals(db: Database) -> dict[str, int]:
    """Credits in each kind of account, over all organizations."""
    balance = _number(func.sum(Account.balance)).label("credits")
    query = select(Account.name, balance).group_by(Account.name).order_by(Account.name)
    async with db.read() as session:
        return {row.name: row.credits for row in await session.execute(query)}


async def _findings(session: AsyncSession) -> AsyncIterator[str]:
    for what, rule in RULES.items():
        rows = await session.stream(rule)
        async for subject, found, expected in rows:
            yield f"{subject}: {what} {found}, and should be {expected}"


def _number(value: SQLColumnExpression[int]) -> ColumnElement[int]:
    """A sum as an integer; Postgres makes a decimal of it, and null of none."""
    return cast(func.coalesce(value, 0), BigInteger)


def _by(
    key: SQLColumnExpression[str] | SQLColumnExpression[str | None],
    amount: SQLColumnExpression[int],
    *where: SQLColumnExpression[bool],
) -> Subquery:
    """Sums of an amount, as `key` and `total`."""
    return select(key.label("key"), func.sum(amount).label("total")).where(*where).group_by(key).subquery()


def _differing(
    subject: SQLColumnExpression[str], found: SQLColumnExpression[int], expected: SQLColumnExpression[int]
) -> Rule:
    return select(subject, found, expected).where(found != expected)


def _transactions_balance() -> Rule:
    sums = _by(LedgerEntry.transaction_id, LedgerEntry.amount_credits)
    return _differing(sums.c.key, _number(sums.c.total), literal(0))


def _transactions_have_their_entries() -> Rule:
    given = _by(LedgerEntry.transaction_id, LedgerEntry.amount_credits, LedgerEntry.amount_credits > 0)
    rule = _differing(LedgerTransaction.id, _number(given.c.total), LedgerTransaction.amount_credits)
    return rule.select_from(LedgerTransaction).outerjoin(given, given.c.key == LedgerTransaction.id)


def _accounts_equal_entries() -> Rule:
    sums = (
        select(LedgerEntry.organization_id, LedgerEntry.account, func.sum(LedgerEntry.amount_credits).label("total"))
        .group_by(LedgerEntry.organization_id, LedgerEntry.account)
        .subquery()
    )
    same = and_(sums.c.organization_id == Account.organization_id, sums.c.account == Account.name)
    rule = _differing(Account.organization_id + " " + Account.name, Account.balance, _number(sums.c.total))
    return rule.select_from(Account).outerjoin(sums, same)


def _entries_have_an_account() -> Rule:
    same = and_(Account.organization_id == LedgerEntry.organization_id, Account.name == LedgerEntry.account)
    rule = select(LedgerEntry.transaction_id, LedgerEntry.amount_credits, literal(0))
    return rule.outerjoin(Account, same).where(Account.name.is_(None))


def _held_is_that_of_jobs() -> Rule:
    jobs = _by(Job.organization_id, Job.held_credits, Job.status == "active", Job.livemode)
    rule = _differing(Account.organization_id, Account.balance, _number(jobs.c.total))
    joined = rule.select_from(Account).outerjoin(jobs, jobs.c.key == Account.organization_id)
    return joined.where(Account.name == "held")


def _net(key: SQLColumnExpression[str | None]) -> Subquery:
    """Captures less refunds."""
    signed = case(
        (LedgerTransaction.type == "capture", LedgerTransaction.amount_credits),
        else_=-LedgerTransaction.amount_credits,
    )
    return _by(key, signed, LedgerTransaction.type.in_(("capture", "refund")))


def _jobs_spent() -> Rule:
    net = _net(LedgerTransaction.job_id)
    rule = _differing(Job.id, Job.spent_credits, _number(net.c.total))
    return rule.select_from(Job).outerjoin(net, net.c.key == Job.id).where(Job.livemode)


def _submissions_captured() -> Rule:
    net = _net(LedgerTransaction.submission_id)
    rule = _differing(Submission.id, Submission.paid_credits, _number(net.c.total))
    return rule.select_from(Submission).outerjoin(net, net.c.key == Submission.id)


def _submissions_paid() -> Rule:
    earned = case((and_(Submission.status == "approved", Submission.livemode), Job.reward_per_file), else_=0)
    return _differing(Submission.id, Submission.paid_credits, earned).join(Job, Job.id == Submission.job_id)


def _workers_earned() -> Rule:
    paid = _by(Submission.worker_id, Submission.paid_credits)
    rule = _differing(Worker.id, Worker.earned_credits, _number(paid.c.total))
    return rule.select_from(Worker).outerjoin(paid, paid.c.key == Worker.id)


def _jobs_count(counter: SQLColumnExpression[int], statuses: tuple[str, ...]) -> Rule:
    counted = _by(Submission.job_id, literal(1), Submission.status.in_(statuses))
    rule = _differing(Job.id, counter, _number(counted.c.total))
    return rule.select_from(Job).outerjoin(counted, counted.c.key == Job.id)


RULES: dict[str, Rule] = {
    "its entries add up to": _transactions_balance(),
    "what its entries give is": _transactions_have_their_entries(),
    "the balance is": _accounts_equal_entries(),
    "entries without an account are": _entries_have_an_account(),
    "held for its jobs is": _held_is_that_of_jobs(),
    "spent_credits by its captures is": _jobs_spent(),
    "paid_credits by its captures is": _submissions_captured(),
    "paid_credits by its status is": _submissions_paid(),
    "earned_credits is": _workers_earned(),
    "files_approved is": _jobs_count(Job.files_approved, ("approved",)),
    "files_pending is": _jobs_count(Job.files_pending, LIVE_STATUSES),
}
"""What is said of a row that breaks the rule, and the rule."""
