"""The tutorial of one's own shop, command by command, and what the command says when refused."""

import json
import re
import stat
from pathlib import Path

import pytest

from tests.client.conftest import ROOT, Shell

PAGE = ROOT / "docs" / "tutorial" / "your-shop.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```output\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
# Not among the pages of tests/e2e: those share one run with the demo, whose scores of 1998 the
# tutorial's run of 2026 would supersede.
BLOCKS = BLOCK.findall(PAGE.read_text("utf-8"))


@pytest.mark.long
def test_the_commands_print_what_the_page_says(shell: Shell) -> None:
    told = 0
    for commands, output in BLOCKS:
        done = shell.run(commands)
        assert done.returncode == 0, commands + done.stdout + done.stderr
        if output:
            assert done.stdout == output
            told += 1

    assert told == 3
    exported = (shell.folder / "at-risk.csv").read_text().splitlines()
    assert exported[0].startswith('"customer_id","email",')
    assert len(exported) > 5
    kept = shell.folder / ".config" / "succotash" / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    again = shell.run("succotash import docs/tutorial/exports/shopify.csv")
    assert again.stdout == "819 unchanged\n"

    found = shell.run("succotash customers --risk high --limit 3 --json")
    customers = json.loads(found.stdout)["customers"]
    assert [each["risk_level"] for each in customers] == ["high"] * 3
    values = [float(each["value_at_risk"]) for each in customers]
    assert values == sorted(values, reverse=True)

    preview = shell.run('succotash campaigns preview "Come back for tea" --json')
    assert json.loads(preview.stdout)["reached"] > 0


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("succotash customers --risk huge", 4, "risk: "),
        ("succotash customer nobody@example.com", 4, "No customer is known as"),
        ("succotash campaigns show nothing", 4, "not"),
        ("succotash import nothing.csv", 2, "nothing.csv is no file"),
        ("succotash score --as-of soon", 2, "soon is not a day"),
        ("succotash score --as-of 2050-01-01", 4, "as_of: Must be in the past"),
        ("succotash customers --nope", 2, "No such option"),
        ("touch empty.csv; succotash import empty.csv", 2, "empty.csv is empty"),
        ("succotash import docs/tutorial --dry-run", 2, "docs/tutorial is no file"),
        ("succotash forms apply nothing.yaml", 2, "nothing.yaml cannot be read: No such file"),
        ("succotash campaigns activate nothing --until soon", 2, "soon is not a day"),
        ("succotash demo load", 4, "Not Found"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    shell: Shell, command: str, code: int, said: str
) -> None:
    token = (shell.folder / ".local" / "token").read_text()

    done = shell.run(command, SUCCOTASH_URL=shell.url, SUCCOTASH_TOKEN=token)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_token_and_a_dead_address_have_codes_of_their_own(
    shell: Shell, tmp_path: Path
) -> None:
    home = str(tmp_path)

    assert shell.run("succotash forms list", HOME=home).returncode == 3
    wrong = shell.run(
        "succotash forms list", HOME=home, SUCCOTASH_URL=shell.url, SUCCOTASH_TOKEN="wrong"
    )
    assert (wrong.returncode, "run succotash login" in wrong.stderr) == (3, True)
    odd = shell.run("succotash forms list", SUCCOTASH_URL="http://[::1", SUCCOTASH_TOKEN="any")
    assert (odd.returncode, "is no address" in odd.stderr) == (3, True)
    dead = shell.run(
        "succotash forms list", SUCCOTASH_URL="http://127.0.0.1:9", SUCCOTASH_TOKEN="any"
    )
    assert (dead.returncode, "cannot be reached" in dead.stderr) == (5, True)


@pytest.mark.parametrize("command", ["customers --csv .", "forms list --json > /dev/full"])
def test_what_cannot_be_written_is_told_in_words(shell: Shell, command: str) -> None:
    token = (shell.folder / ".local" / "token").read_text()
    done = shell.run(f"succotash {command}", SUCCOTASH_URL=shell.url, SUCCOTASH_TOKEN=token)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


def test_a_form_of_a_file_is_served(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tasting.yaml"
    file.write_text("title: Book a tasting\nfields:\n- {name: email, label: E-mail, kind: email}\n")
    token = (shell.folder / ".local" / "token").read_text()

    done = shell.run(
        f"succotash forms apply {file}", SUCCOTASH_URL=shell.url, SUCCOTASH_TOKEN=token
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert f"{shell.url}/f/tasting" in done.stdout
    again = shell.run(
        f"succotash forms apply {file} --new", SUCCOTASH_URL=shell.url, SUCCOTASH_TOKEN=token
    )
    assert (again.returncode, again.stdout) == (4, "")
    assert "There is one already" in again.stderr


def test_what_does_not_fit_into_a_narrow_terminal_is_listed_by_name(shell: Shell) -> None:
    token = (shell.folder / ".local" / "token").read_text()
    settings = {"SUCCOTASH_URL": shell.url, "SUCCOTASH_TOKEN": token}

    wide = shell.run("succotash forms list", FORCE_COLOR="1", COLUMNS="80", **settings)
    narrow = shell.run("succotash forms list", FORCE_COLOR="1", COLUMNS="12", **settings)

    assert "form" in wide.stdout.splitlines()[0]
    assert "title" in wide.stdout.splitlines()[0]
    assert [each.split() for each in narrow.stdout.splitlines()][:2] == [
        ["form", "default"],
        ["title", "Default"],
    ]


def test_a_broken_line_is_told_and_nothing_else_is_printed(shell: Shell) -> None:
    token = (shell.folder / ".local" / "token").read_text()
    settings = {"SUCCOTASH_URL": shell.url, "SUCCOTASH_TOKEN": token}
    plain = "customer_id,order_id,ordered_at,amount\\nada,1,yesterday,5\\n"

    done = shell.run(f"printf '{plain}' > plain.csv; succotash import plain.csv", **settings)

    assert (done.returncode, done.stdout) == (
        1,
        "1 rejected\nline 2: ordered_at: Must be a time such as 2026-01-31T09:30:00Z\n",
    )
    assert done.stderr == ""
