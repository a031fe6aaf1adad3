"""Errors that are the caller's: shown as one line, without a traceback."""

from pathlib import Path

import typer


class UserError(Exception):
    """Something in the command line or in a file it names is wrong; the message says what."""


def require_folder(path: Path | None) -> None:
    """Of a file that is written at the end.

    Raises:
        UserError: it is not there, or the file is a folder itself.
    """
    if path is None:
        return
    if not path.absolute().parent.is_dir():
        raise UserError(f"there is no folder {path.absolute().parent} for {path.name}")
    if path.is_dir():
        raise UserError(f"{path} is a folder, not a file")


def require_no_flags(context: typer.Context) -> None:
    """Of a command whose subcommand was called, which would not see them.

    Raises:
        UserError: there is one.
    """
    sources = {each.opts[0]: context.get_parameter_source(each.name or "") for each in context.command.params}
    given = [flag for flag, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if given:
        told = ", ".join(given)
        raise UserError(f"flags of {context.invoked_subcommand} go after its name; before it there were: {told}")
