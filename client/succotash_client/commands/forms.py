"""Forms."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from succotash_client.commands.session import (
    JsonOption,
    counted,
    day,
    read_yaml,
    say,
    session,
    show_json,
    show_table,
)

if TYPE_CHECKING:
    from succotash_client.models import FormBody

app = typer.Typer(help="Forms.", no_args_is_help=True)


@app.command("apply")
def apply(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="YAML: form_id, title, fields, rules, …")],
    new: Annotated[bool, typer.Option("--new", help="Only if no form has this id yet.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Define a form as a file says, in effect for the next submission."""
    body = read_yaml(file)
    form_id = str(body.pop("form_id", file.stem))
    with session(context).client() as client:
        save = client.create_form if new else client.put_form
        form = save(form_id, cast("FormBody", body))
        url = client.url
    if as_json:
        show_json(form)
    else:
        fields, rules = counted(len(form["fields"]), "field"), counted(len(form["rules"]), "rule")
        say(f"{form_id}: {fields}, {rules}")
        say(f"Its page: {url}/f/{form_id}")


@app.command("list")
def list_forms(context: typer.Context, as_json: JsonOption = False) -> None:
    """List forms."""
    with session(context).client() as client:
        forms = client.forms()
    if as_json:
        show_json({"forms": forms})
    else:
        rows = ((each["form_id"], each["title"], day(each["updated_at"])) for each in forms)
        show_table(("form", "title", "changed"), rows)
