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
        ("succotash score --as-of soon", 2, "soon is neither now nor a day"),
        ("succotash score --as-of 2050-01-01", 4, "as_of: Must be in the past"),
        ("succotash customers --nope", 2, "No such option"),
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
    assert wrong.returncode == 3
    dead = shell.run(
        "succotash forms list", SUCCOTASH_URL="http://127.0.0.1:9", SUCCOTASH_TOKEN="any"
    )
    assert (dead.returncode, "cannot be reached" in dead.stderr) == (5, True)


def test_a_form_of_a_file_is_served(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tasting.yaml"
    file.write_text("title: Book a tasting\nfields:\n- {name: email, label: E-mail, kind: email}\n")
    token = (shell.folder / ".local" / "token").read_text()

    done = shell.run(
        f"succotash forms apply {file}", SUCCOTASH_URL=shell.url, SUCCOTASH_TOKEN=token
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert f"{shell.url}/f/tasting" in done.stdout
