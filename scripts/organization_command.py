"""`assay org` and `assay credits`: what an operator does by hand where signup is closed."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import ALL_SCOPES, DEFAULT_SCOPES, Scope
from api.clock import iso
from api.credits.ledger import Balances, Movement, balances, move
from api.db import database_url
from api.errors import ApiError
from api.events import record
from api.ids import new_id
from api.keys.schemas import KeyCreate
from api.keys.service import create_key
from api.migrations.run import migrate
from api.organizations.schemas import Signup
from api.organizations.service import first_settings, found_organization
from api.tables import Organization
from api.wire import Email, Text
from configs.settings import Settings
from scripts.database import DataDir, Profile, open_database, operator_settings
from scripts.user_errors import UserError

organizations = typer.Typer(no_args_is_help=True, help="Open and list organizations, and make keys for them.")
credits = typer.Typer(no_args_is_help=True, help="Grant credits.")
console, notes = Console(markup=False), Console(stderr=True, markup=False)

Scopes = Annotated[
    str | None,
    typer.Option(
        help="What the key may do, by commas; `all` has the operator's scopes, too. All but those when absent.",
        show_default=False,
    ),
]


class _Wanted(Signup):
    """Like a signup, but an operator need not name anybody."""

    email: Email | None  # type: ignore[assignment]  # wider on purpose


@organizations.callback()
def _organizations() -> None:
    """Open and list organizations, and make keys for them."""


@credits.callback()
def _credits() -> None:
    """Grant credits."""


@organizations.command()
def create(
    name: Annotated[str, typer.Option(help="What it is called.")],
    email: Annotated[str | None, typer.Option(help="Of the person to turn to.", show_default=False)] = None,
    granted: Annotated[int, typer.Option("--credits", min=0, help="Credits to start with.")] = 0,
    scopes: Scopes = None,
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Open an organization and print its key, which is never shown again."""
    wanted = _Wanted(name=name, email=email)
    settings = operator_settings(profile, data_dir)
    organization_id, key = asyncio.run(_create(settings, wanted, granted, _scopes(scopes)))
    console.print(f"organization  {organization_id}", soft_wrap=True, highlight=False)
    _show_key(key)


@organizations.command("list")
def list_all(profile: Profile = "embedded", data_dir: DataDir = None) -> None:
    """List the organizations, the oldest first."""
    table = Table("organization", "name", "since", "credits available", "held")
    for row in asyncio.run(_list(operator_settings(profile, data_dir))):
        table.add_row(*row)
    console.print(table)


@organizations.command("key")
def make_key(
    organization: Annotated[str, typer.Argument(help="Id of the organization, org_….")],
    name: Annotated[str, typer.Option(help="To recognise it by.")] = "Operator's key",
    scopes: Scopes = None,
    test: Annotated[bool, typer.Option("--test", help="A key of test mode.")] = False,
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Make one more key for an organization, whatever became of its others, and print it."""
    wanted = KeyCreate(name=name, scopes=list(_scopes(scopes)), mode="test" if test else "live")
    _show_key(asyncio.run(_make_key(operator_settings(profile, data_dir), organization, wanted)))


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


def _scopes(given: str | None) -> tuple[Scope, ...]:
    if given is None:
        return DEFAULT_SCOPES
    if given == "all":
        return ALL_SCOPES
    names = tuple(name.strip() for name in given.split(","))
    if unknown := [name for name in names if name not in ALL_SCOPES]:
        raise UserError(f"no scope {unknown[0]!r}; there are {', '.join(ALL_SCOPES)}")
    return tuple(scope for scope in ALL_SCOPES if scope in names)


def _show_key(key: str) -> None:
    console.print(f"API key       {key}  (shown once)", soft_wrap=True, highlight=False)


async def _create(settings: Settings, wanted: _Wanted, granted: int, scopes: tuple[Scope, ...]) -> tuple[str, str]:
    url = database_url(settings)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        notes.print(
            f"a new database: {url.database} (`--data-dir` as given to `assay up` names another)", soft_wrap=True
        )
    async with open_database(settings, must_exist=False) as db:
        await migrate(db)
        try:
            async with db.write() as session:
                made, key = await found_organization(
                    session,
                    name=wanted.name,
                    email=wanted.email,
                    starter_credits=granted,
                    scopes=scopes,
                    settings=first_settings(settings.billing),
                    actor="operator",
                )
        except ApiError as error:
            raise UserError(error.message) from error
    return made.id, key


async def _make_key(settings: Settings, organization_id: str, wanted: KeyCreate) -> str:
    async with open_database(settings) as db, db.write() as session:
        await _must_exist(session, organization_id)
        scopes = list(wanted.scopes or ())
        key, token = create_key(
            session, organization_id, name=wanted.name, livemode=wanted.mode == "live", scopes=scopes
        )
        record(session, organization_id, "api_key.created", actor="operator", subject_id=key.id, scopes=scopes)
    return token


async def _list(settings: Settings) -> list[tuple[str, ...]]:
    async with open_database(settings) as db, db.read() as session:
        found = (await session.scalars(select(Organization).order_by(Organization.id))).all()
        owned = [await balances(session, one.id) for one in found]
    return [
        (one.id, one.name, iso(one.created_at), f"{has.available:,}", f"{has.held:,}")
        for one, has in zip(found, owned, strict=True)
    ]


async def _must_exist(session: AsyncSession, organization_id: str) -> None:
    if await session.scalar(select(Organization.id).where(Organization.id == organization_id)) is None:
        raise UserError(f"there is no organization {organization_id}")


async def _grant(settings: Settings, organization_id: str, amount: int, reason: str) -> Balances:
    description = TypeAdapter(Text).validate_python(reason)[:500]
    async with open_database(settings) as db, db.write() as session:
        await _must_exist(session, organization_id)
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
