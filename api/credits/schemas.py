"""Credits on the wire. One credit is one US cent."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from api.wire import Wire, WireTime
from pipeline.brief import INTEGRAL

TransactionType = Literal["purchase", "hold", "release", "capture", "refund", "adjustment", "bonus", "expiration"]

_AMOUNT_NAMES = ("amount_credits", "credits", "amount", "amount_cents")


class BalanceResource(Wire):
    """What an organization has."""

    object: Literal["credit_balance"] = "credit_balance"
    available_credits: int
    """Free for new jobs."""
    held_credits: int
    """Set aside for the open slots of active jobs."""
    total_credits: int
    available_cents: int
    held_cents: int
    total_cents: int
    currency: Literal["usd"] = "usd"
    updated_at: WireTime
    """Of the last transaction."""


class TransactionResource(Wire):
    """One movement of credits."""

    object: Literal["credit_transaction"] = "credit_transaction"
    id: str
    type: TransactionType
    amount_credits: int
    """What it did to the organization's credits: to those available where it moved any, else to those held.

    A purchase and a release are positive, a hold and a capture negative.
    """
    amount_cents: int
    description: str
    job_id: str | None
    submission_id: str | None
    available_after: int
    held_after: int
    created_at: WireTime


class PurchaseCreate(Wire):
    """Credits to buy."""

    amount_credits: Annotated[int, Field(strict=True, ge=1), INTEGRAL]
    """Also taken as `credits`, `amount` or `amount_cents`, which all mean the same."""

    @model_validator(mode="before")
    @classmethod
    def _take_other_names(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        given = [data[name] for name in _AMOUNT_NAMES if data.get(name) is not None]
        if any(amount != given[0] for amount in given):
            raise ValueError(f"{', '.join(_AMOUNT_NAMES)} contradict each other")
        return {**data, "amount_credits": given[0]} if given else data


class PurchaseResource(Wire):
    """A purchase of credits: done, or waiting for the buyer at the checkout."""

    object: Literal["credit_purchase"] = "credit_purchase"
    id: str
    status: Literal["completed", "pending"]
    amount_credits: int
    amount_cents: int
    checkout_url: str | None
    """Where to pay; `null` when it is done."""
    transaction: TransactionResource | None
    """`null` until it is paid."""


class WebhookReceipt(Wire):
    """What the payment provider gets to hear."""

    received: Literal[True] = True
