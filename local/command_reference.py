"""The reference of the command `succotash`, made from the program.

`python -m local.command_reference` writes it; `--check` says whether it is current.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from succotash_client.commands.main import EXIT_CODES, app

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "command.md"
HEADER = """\
# The command `succotash`

Made from the program by `python -m local.command_reference`.
[Use the command](../how-to/use-the-command.md) shows it at work.

| Setting | Meaning |
|---|---|
| `SUCCOTASH_URL` | the API's address, in place of that of the login |
| `SUCCOTASH_TOKEN` | the token, in place of that of the login |
| `SUCCOTASH_CLIENT_SECRET` | the secret for `login --client-id` of a program |
| `XDG_CONFIG_HOME` | the folder of `succotash/credentials.json`, `~/.config` by default |

| Exit code | Meaning |
|---|---|
"""


def page() -> str:
    """The page's text."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    return HEADER + codes + "".join(_sections(typer.main.get_command(app), "succotash"))


def _sections(command: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - Typer keeps its classes
    for each in getattr(command, "commands", {}).values():
        path = f"{name} {each.name}"
        if getattr(each, "commands", None):
            yield from _sections(each, path)
            continue
        places = "".join(f" {_placeholder(each_)}" for each_ in _arguments(each))
        yield f"\n## {path}\n\n`{path}{places}`: {each.help}\n"
        rows = [_row(param) for param in each.params]
        if rows:
            yield "\n| | |\n|---|---|\n" + "".join(rows)


def _placeholder(param: Any) -> str:  # noqa: ANN401 - Typer keeps its classes
    """The placeholder of a value."""
    return str(param.metavar or str(param.name).upper())


def _arguments(command: Any) -> list[Any]:  # noqa: ANN401
    return [each for each in command.params if each.param_type_name == "argument"]


def _row(param: Any) -> str:  # noqa: ANN401
    if param.param_type_name == "argument":
        name = _placeholder(param)
    else:
        name = ", ".join(param.opts)
        if not param.is_flag:
            name += f" {_placeholder(param)}"
    help_ = param.help or ""
    if param.default not in (None, False, "") and param.param_type_name == "option":
        help_ += f" Default: `{param.default}`."
    return f"| `{name.replace('|', '\\|')}` | {help_} |\n"


def main() -> int:
    """1 where the page is checked and not that of the program."""
    parser = argparse.ArgumentParser(description="Write or check the command's reference.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        place = PAGE.relative_to(ROOT)
        print(f"{place} is not current: run python -m local.command_reference", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
