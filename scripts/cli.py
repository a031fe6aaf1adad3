"""The `assay` command."""

import sys

import typer

from scripts.doctor_command import doctor
from scripts.user_errors import UserError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Score and annotate media, self-hosted.")
app.command()(doctor)


def main() -> None:
    """Run the command; what the caller got wrong is one line on stderr and exit code 2."""
    _add_heavy_commands()
    try:
        app()
    except UserError as error:
        print(f"assay: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _add_heavy_commands() -> None:
    """The engine's imports take a second; `assay doctor` and `--help` of other commands do not need them."""
    from scripts.weights_command import app as weights

    app.add_typer(weights, name="weights")
    if sys.argv[1:2] != ["doctor"] and sys.argv[1:2] != ["weights"]:
        from scripts.score_command import score_files

        app.command("score")(score_files)


if __name__ == "__main__":
    main()
