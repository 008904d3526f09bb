"""The program: its commands, and what it ends with."""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn, override

import typer
from typer.core import TyperGroup

from succotash_client.commands import (
    campaigns,
    customers,
    demo,
    doctor,
    forms,
    imports,
    leads,
    login,
    scoring,
)
from succotash_client.commands.customers import CustomerNotFoundError
from succotash_client.commands.session import Session, notes
from succotash_client.credentials import LoginError, store
from succotash_client.errors import (
    ApiError,
    ForbiddenError,
    RunFailedError,
    SuccotashClientError,
    UnauthorizedError,
    UnavailableError,
    WaitedTooLongError,
)

EXIT_CODES = {
    0: "done",
    1: "done, but not all of it: lines were rejected, or `doctor` misses something",
    2: "the command or its options are wrong, or a file cannot be read",
    3: "not logged in, or the token does not allow it",
    4: "the API refused the request; its words say why",
    5: "the API cannot be reached, or failed",
    6: "the scoring run failed or was not published, or takes longer than was waited for",
    130: "interrupted by Ctrl-C",
}
"""The program's exit codes."""
WRONG_USE, NOT_ALLOWED, REFUSED, UNAVAILABLE, RUN_FAILED, INTERRUPTED = 2, 3, 4, 5, 6, 130


class _Program(TyperGroup):
    """Tells errors in the API's words, without a traceback."""

    @override
    def invoke(self, ctx: Any) -> object:
        try:
            return self._written(ctx)
        except (KeyboardInterrupt, typer.Abort):
            notes().print("Interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except SuccotashClientError as error:
            for line in error.lines if isinstance(error, ApiError) else [str(error)]:
                notes().print(line, markup=False)
            if isinstance(error, UnauthorizedError):
                notes().print("The token is not valid, or no longer: run succotash login")
            raise typer.Exit(_code(error)) from None
        except OSError as error:
            if error.filename is not None or error.errno == errno.EPIPE:
                raise  # of a pipe, the reader has seen enough
            # What is left is not tried again at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            notes().print(f"The output cannot be written: {error.strerror}", markup=False)
            raise typer.Exit(WRONG_USE) from None

    def _written(self, ctx: Any) -> object:  # noqa: ANN401 - as the library calls it
        done = super().invoke(ctx)
        sys.stdout.flush()
        return done


app = typer.Typer(
    name="succotash",
    cls=_Program,
    help="Customers' value and risk, forms, leads and campaigns, from a shell.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
login.add_to(app)
imports.add_to(app)
scoring.add_to(app)
customers.add_to(app)
doctor.add_to(app)
for each, name in ((leads, "leads"), (forms, "forms"), (campaigns, "campaigns"), (demo, "demo")):
    app.add_typer(each.app, name=name)


def _version(wanted: bool) -> None:  # noqa: FBT001 - as the library calls it
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(version("succotash-client"))
        except PackageNotFoundError:
            typer.echo("not installed")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def run(arguments: Sequence[str], session: Session) -> int:
    """Do what the arguments say; one of EXIT_CODES."""
    try:
        app(args=list(arguments), prog_name="succotash", obj=session)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _code(error: SuccotashClientError) -> int:
    match error:
        case UnauthorizedError() | ForbiddenError() | LoginError():
            return NOT_ALLOWED
        case ApiError() | CustomerNotFoundError():
            return REFUSED
        case UnavailableError():
            return UNAVAILABLE
        case RunFailedError() | WaitedTooLongError():
            return RUN_FAILED
        case _:
            return WRONG_USE


def main() -> NoReturn:
    """The command of the package."""
    try:
        code = run(sys.argv[1:], Session(os.environ, store(os.environ)))
    except SuccotashClientError as error:
        notes().print(str(error), markup=False)
        code = _code(error)
    sys.exit(code)
