"""Logging in and out."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer

from succotash_client import oauth
from succotash_client.commands.session import notes, say, session
from succotash_client.credentials import Credentials, LoginError, checked_url

LOCAL = Path(".local")


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("login")(login)
    app.command("logout")(logout)


def login(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Argument(help="The API's address; without one, the make run of this folder."),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            help="The issuer of tokens, an address (see the stack's output CommandLogin)."
        ),
    ] = None,
    client_id: Annotated[str | None, typer.Option(help="The issuer's app client.")] = None,
    client_secret: Annotated[
        str | None,
        typer.Option(
            envvar="SUCCOTASH_CLIENT_SECRET",
            help="Of a machine's client, which logs in without a person.",
        ),
    ] = None,
    scope: Annotated[
        str, typer.Option(help="Scopes to ask for, by spaces; without, all that are allowed.")
    ] = "",
    token: Annotated[
        bool, typer.Option("--token", help="Ask for a token that you have already.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="Where the browser comes back to.")
    ] = oauth.CALLBACK_PORT,
) -> None:
    """Log in to a deployment, or to the make run of this folder."""
    current = session(context)
    if url is None:
        asked = _local_credentials()
    else:
        asked = Credentials(checked_url(url), client_id=client_id or "", scope=scope)
        if token:
            given = typer.prompt("Token", hide_input=True, err=True)
            asked = Credentials(asked.url, access_token=given.strip())
        else:
            if not issuer or not client_id:
                raise LoginError("Logging in to a deployment needs --issuer and --client-id")
            with httpx.Client(transport=current.transport, timeout=30) as http:
                found = oauth.Issuer.discover(http, issuer)
                if client_secret:
                    machine = Credentials(
                        asked.url,
                        token_url=found.token_url,
                        client_id=client_id,
                        client_secret=client_secret,
                        scope=scope,
                    )
                    asked = oauth.log_in_as_client(http, machine)
                else:
                    asked = oauth.log_in_by_browser(http, found, asked, port=port, browse=_browse)
    with current.client(asked) as client:
        client.runs(limit=1)
    place = current.store.write(asked)
    say(f"Logged in to {asked.url}")
    notes().print(f"Kept in {place}", markup=False)


def logout(context: typer.Context) -> None:
    """Forget the login."""
    session(context).store.clear()
    say("Logged out")


def _browse(url: str) -> None:
    import webbrowser

    notes().print("Log in in your browser, at this address if none opens:")
    notes().print(url, markup=False)
    webbrowser.open(url)


def _local_credentials() -> Credentials:
    """The credentials of the `make run` whose folder this is, or is within."""
    for folder in _upwards(Path.cwd()):
        token, settings = folder / LOCAL / "token", folder / LOCAL / "env"
        if os.access(token, os.R_OK) and os.access(settings, os.R_OK):
            url = _settings(settings).get("PUBLIC_URL", "")
            return Credentials(checked_url(url), token_file=str(token))
    raise LoginError("No make run was found in this folder; name the address of a deployment")


def _upwards(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _settings(path: Path) -> dict[str, str]:
    lines = (each.partition("=") for each in path.read_text(encoding="utf-8").splitlines())
    return {name: "".join(shlex.split(value)) for name, _, value in lines if name}
