"""`assay size`: submissions an hour and cost per 1,000, with the operator's own inputs."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.sizing import MACHINES, MIX, RECORD, Input, check_mix, estimate, load_record, machines
from scripts.user_errors import UserError

console = Console(highlight=False, markup=False)
_MIX = ",".join(f"{kind}={share}" for kind, share in MIX.items())


def size(
    mix: Annotated[str, typer.Option(help="Shares of the kinds.")] = _MIX,
    price: Annotated[str, typer.Option(help="Dollars an hour, for example L4=0.70,H100=4.", show_default=False)] = "",
    efficiency: Annotated[float, typer.Option(min=0.01, max=1.0, help="Share of a GPU's peak that is reached.")] = 0.25,
    record: Annotated[Path, typer.Option(help="Made by python -m scripts.bench.costs.")] = RECORD,
) -> None:
    """Submissions an hour and cost per 1,000 on a CPU box, an L4, an A100 and an H100 (docs/sizing.md)."""
    shares, prices, measured = _pairs(mix), _pairs(price), load_record(record)
    unknown = sorted(prices.keys() - MACHINES.keys())
    if unknown:
        raise UserError(f"no machine {', '.join(unknown)}; known: {', '.join(MACHINES)}")
    try:
        check_mix(shares)
    except ValueError as error:
        raise UserError(str(error)) from error
    table = Table("machine", "submissions an hour", "$ per 1,000", "short of")
    for name, machine in machines(measured).items():
        if name in prices:
            machine = replace(machine, price_per_hour=Input(prices[name], "assumed", "--price"))
        found = estimate(machine, measured, shares, efficiency)
        table.add_row(name, f"{found.per_hour:,.0f}", f"{found.dollars_per_1000:.3f}", found.bound_by)
    console.print(table)
    console.print("The CPU box was measured; the GPUs are arithmetic, see docs/sizing.md.", style="dim")


def _pairs(text: str) -> dict[str, float]:
    """Of `name=number,…`."""
    try:
        return {
            name.strip(): float(number) for name, _, number in (pair.partition("=") for pair in text.split(",") if pair)
        }
    except ValueError as error:
        raise UserError(f"{text!r} is not name=number,…: {error}") from error
