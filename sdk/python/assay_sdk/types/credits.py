"""Credits. One credit is one US cent."""

from datetime import datetime
from typing import Literal

from assay_sdk.types.base import Resource

TransactionType = Literal["purchase", "hold", "release", "capture", "refund", "adjustment", "bonus", "expiration"] | str


class CreditBalance(Resource):
    """What an organization has."""

    object: str = "credit_balance"
    available_credits: int
    """Free for new jobs."""
    held_credits: int
    """Set aside for the open slots of active jobs."""
    total_credits: int
    available_cents: int
    held_cents: int
    total_cents: int
    currency: str
    updated_at: datetime
    """Of the last transaction."""


class CreditTransaction(Resource):
    """One movement of credits."""

    object: str = "credit_transaction"
    id: str
    type: TransactionType
    amount_credits: int
    """A purchase and a release are positive, a hold and a capture negative."""
    amount_cents: int
    description: str
    job_id: str | None = None
    submission_id: str | None = None
    available_after: int
    held_after: int
    created_at: datetime


class CreditPurchase(Resource):
    """A purchase of credits: done, or waiting for the buyer at the checkout."""

    object: str = "credit_purchase"
    id: str
    status: Literal["completed", "pending"] | str
    amount_credits: int
    amount_cents: int
    checkout_url: str | None = None
    """Where to pay; `None` when it is done."""
    transaction: CreditTransaction | None = None
    """`None` until it is paid."""
