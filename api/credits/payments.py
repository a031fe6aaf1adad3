"""Who is paid for credits: nobody (`internal`), or the operator through a payment provider."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Order:
    """Credits that somebody wants to buy."""

    organization_id: str
    amount_credits: int
    once_key: str
    """The same for a repetition of the same order."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where an order goes to be paid."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Payment:
    """An order that was paid."""

    checkout_id: str
    organization_id: str
    amount_credits: int


class PaymentProvider(Protocol):
    """Takes the money for an order."""

    async def begin(self, order: Order) -> Checkout | None:
        """Ask for the money; `None` when there is nothing to pay.

        Raises:
            ValidationFailed: the provider refuses the order.
            Overloaded: the provider does not answer, or refuses us.
        """


class InternalProvider:
    """Credits are the operator's own accounting: an order is done when it is made."""

    async def begin(self, order: Order) -> Checkout | None:
        return None
