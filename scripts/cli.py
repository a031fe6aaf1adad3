"""The `assay` command. A command's module is imported when it is the one that was asked for."""

import sys
from dataclasses import dataclass
from importlib import import_module

import typer

from scripts.user_errors import UserError


@dataclass(frozen=True, slots=True)
class Command:
    """One command, or a group of them."""

    target: str
    """`module:name` of a function, or of a `typer.Typer` for a group."""
    help: str


COMMANDS = {
    "score": Command("scripts.score_command:score_files", "Score files, or all cases of a manifest."),
    "up": Command("scripts.up_command:up", "Run the whole stack: models, API, background work."),
    "prepare": Command("scripts.prepare_command:prepare", "Migrate the database, where others start Serve."),
    "reload": Command("scripts.reload_command:reload", "Make a running stack that of a changed profile."),
    "canary": Command("scripts.canary_command:canary", "Try a model on a share of a running stack's traffic."),
    "tune": Command("scripts.tune_command:tune", "Measure every model on this machine and write the best profile."),
    "mcp": Command("scripts.mcp_command:mcp", "Tools for an agent, over standard input and output."),
    "doctor": Command("scripts.doctor_command:doctor", "Check machine, weights, database and store."),
    "size": Command("scripts.size_command:size", "Submissions an hour and their cost, by machine."),
    "org": Command("scripts.organization_command:organizations", "Open and list organizations, make keys."),
    "credits": Command("scripts.organization_command:credits", "Grant credits."),
    "ledger": Command("scripts.ledger_command:app", "Check the ledger of credits."),
    "calibrate": Command("scripts.calibrate_command:app", "Refit the rubric to people's reviews, choose its version."),
    "rescore": Command("scripts.rescore_command:app", "Score the stored submissions of a job again."),
    "weights": Command("scripts.weights_command:app", "List, verify and fetch the weights."),
}


def build(arguments: list[str]) -> typer.Typer:
    """The command line; importing the engine takes seconds, so only what `arguments` name is imported."""
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Score and annotate media, self-hosted.",
    )
    app.callback()(_several_commands)
    for name, command in COMMANDS.items():
        _register(app, name, command, asked_for=arguments[:1] == [name])
    return app


def main() -> None:
    """Run the command; what the caller got wrong is one line on stderr and exit code 2."""
    try:
        build(sys.argv[1:])()
    except SystemExit:  # the usual end; caught here so that the next line is not evaluated for it
        raise
    except _callers_errors() as error:
        print(f"assay: {_one_line(error)}", file=sys.stderr)
        raise SystemExit(2) from None


def _several_commands() -> None:
    """Score and annotate media, self-hosted."""


def _register(app: typer.Typer, name: str, command: Command, *, asked_for: bool) -> None:
    if not asked_for:
        app.command(name, help=command.help)(_several_commands)
        return
    module, attribute = command.target.split(":")
    loaded = getattr(import_module(module), attribute)
    if isinstance(loaded, typer.Typer):
        app.add_typer(loaded, name=name)
    else:
        app.command(name)(loaded)


def _callers_errors() -> tuple[type[Exception], ...]:
    """Evaluated only when something was raised, so that `--help` need not import pydantic."""
    from pydantic import ValidationError
    from sqlalchemy.exc import ArgumentError

    from api.listening import AddressTaken
    from api.outage import DatabaseAway
    from api.storage import StoreError
    from configs.yaml_text import BadConfiguration
    from models.weights import WeightsError
    from serve.errors import EngineUnavailable

    return (
        UserError,
        BadConfiguration,
        FileNotFoundError,
        IsADirectoryError,
        NotADirectoryError,
        PermissionError,
        AddressTaken,
        WeightsError,
        EngineUnavailable,
        ValidationError,
        DatabaseAway,
        StoreError,
        ArgumentError,
    )


def _one_line(error: Exception) -> str:
    from pydantic import ValidationError

    from api.outage import DatabaseAway

    if isinstance(error, DatabaseAway):
        return f"the database does not answer: {error}"
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())


if __name__ == "__main__":
    main()
