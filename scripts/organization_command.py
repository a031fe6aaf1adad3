"""`assay org` and `assay credits`: what an operator does by hand where signup is closed."""

import asyncio
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from sqlalchemy import select

from api.credits.ledger import Balances, Movement, balances, move
from api.errors import ApiError
from api.events import record
from api.ids import new_id
from api.migrations.run import migrate
from api.organizations.schemas import Signup
from api.organizations.service import first_settings, found_organization
from api.tables import Organization
from api.wire import Email, Text
from configs.settings import Settings
from scripts.database import DataDir, Profile, open_database, operator_settings
from scripts.user_errors import UserError

organizations = typer.Typer(no_args_is_help=True, help="Open organizations.")
credits = typer.Typer(no_args_is_help=True, help="Grant credits.")
console = Console()


class _Wanted(Signup):
    """Like a signup, but an operator need not name anybody."""

    email: Email | None  # type: ignore[assignment]  # wider on purpose


@organizations.callback()
def _organizations() -> None:
    """Open organizations."""


@credits.callback()
def _credits() -> None:
    """Grant credits."""


@organizations.command()
def create(
    name: Annotated[str, typer.Option(help="What it is called.")],
    email: Annotated[str | None, typer.Option(help="Of the person to turn to.", show_default=False)] = None,
    granted: Annotated[int, typer.Option("--credits", min=0, help="Credits to start with.")] = 0,
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Open an organization and print its key, which is never shown again."""
    wanted = _Wanted(name=name, email=email)
    organization_id, key = asyncio.run(_create(operator_settings(profile, data_dir), wanted, granted))
    console.print(f"organization  {organization_id}", soft_wrap=True, highlight=False)
    console.print(f"API key       {key}  (shown once)", soft_wrap=True, highlight=False)


@credits.command()
def grant(
    organization: Annotated[str, typer.Argument(help="Id of the organization, org_….")],
    amount: Annotated[int, typer.Argument(min=1, help="Credits; one is a US cent.")],
    reason: Annotated[str, typer.Option(help="Stands in the organization's list of transactions.")],
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Give credits to an organization."""
    after = asyncio.run(_grant(operator_settings(profile, data_dir), organization, amount, reason))
    console.print(f"{organization} has {after.available} credits available, {after.held} held", highlight=False)


async def _create(settings: Settings, wanted: _Wanted, granted: int) -> tuple[str, str]:
    async with open_database(settings, must_exist=False) as db:
        await migrate(db)
        try:
            async with db.write() as session:
                made, key = await found_organization(
                    session,
                    name=wanted.name,
                    email=wanted.email,
                    starter_credits=granted,
                    settings=first_settings(settings.billing),
                    actor="operator",
                )
        except ApiError as error:
            raise UserError(error.message) from error
    return made.id, key


async def _grant(settings: Settings, organization_id: str, amount: int, reason: str) -> Balances:
    description = TypeAdapter(Text).validate_python(reason)[:500]
    async with open_database(settings) as db, db.write() as session:
        if await session.scalar(select(Organization.id).where(Organization.id == organization_id)) is None:
            raise UserError(f"there is no organization {organization_id}")
        adjustment = Movement("adjustment", "granted", "available", amount, f"grant:{new_id('txn')}", description)
        booked = await move(session, organization_id, adjustment)
        record(
            session,
            organization_id,
            "credits.granted",
            actor="operator",
            subject_id=booked.id,
            amount_credits=amount,
            reason=description,
        )
        return await balances(session, organization_id)
