"""`assay ledger`: do the books agree with themselves?"""

import asyncio

import typer
from rich.console import Console
from rich.table import Table

from api.credits.check import check, totals
from configs.settings import Settings
from scripts.database import DataDir, Profile, open_database, operator_settings

app = typer.Typer(no_args_is_help=True, help="Check the ledger of credits.")
console = Console(markup=False)


@app.callback()
def _group() -> None:
    """Check the ledger of credits."""


@app.command("check")
def check_ledger(profile: Profile = "embedded", data_dir: DataDir = None) -> None:
    """Compare every balance and counter with the entries behind it. Exits 1 when one is off."""
    balances, findings = asyncio.run(_check(operator_settings(profile, data_dir)))
    console.print(_totals(balances))
    for finding in findings:
        console.print(finding, soft_wrap=True, highlight=False)
    console.print(f"inconsistencies: {len(findings)}" if findings else "the ledger is consistent")
    raise typer.Exit(1 if findings else 0)


async def _check(settings: Settings) -> tuple[dict[str, int], list[str]]:
    async with open_database(settings) as db:
        return await totals(db), await check(db)


def _totals(balances: dict[str, int]) -> Table:
    table = Table("account", "credits", title="all organizations")
    for name, credits in balances.items():
        table.add_row(name, f"{credits:,}")
    return table
