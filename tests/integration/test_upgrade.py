"""The release before this one, on this one's schema: its functions run on while that is made."""

import json
import os
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from succotash.infrastructure.postgres.migrations import REVISION, migrate
from succotash.infrastructure.postgres.migrations.rights import EVERYTHING
from tests.http.gateway import Gateway
from tests.servers import PostgresServer

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
LAYER = Path("layers") / "domain"
MIGRATIONS = LAYER / "succotash" / "infrastructure" / "postgres" / "migrations" / "__init__.py"
SEED = "--hypothesis-seed=0"
"""What chance finds is for the contract of this release to find."""
THREADS, SECONDS = 4, 6.0

THIS_SCHEMA = '''
"""Plugin of pytest: databases of that release's tests get the schema of the release after it."""

import json
import os
import subprocess
import sys

import tests.databases

MIGRATE = """
import json, sys
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.migrations.rights import EVERYTHING
migrate(sys.argv[1], users={user: EVERYTHING for user in json.loads(sys.argv[2])})
"""


def later(url, *, app_user=None, users=None):
    names = json.dumps([app_user] if app_user else list(users or ()))
    environment = {"PATH": os.defpath, "PYTHONPATH": os.environ["LATER_LAYER"]}
    subprocess.run(
        [sys.executable, "-c", MIGRATE, url, names], check=True, env=environment
    )


tests.databases.migrate = later
'''

TRAFFIC = '''
"""Submissions by that release's function, from several threads; prints what became of them."""

import collections
import json
import os
import sys
import threading
import time

from tests.http.gateway import Gateway

ends, threads = time.monotonic() + float(sys.argv[1]), int(sys.argv[2])
answers = collections.Counter()
lock = threading.Lock()


def submit(number):
    gateway = Gateway(dict(os.environ))
    count = 0
    while time.monotonic() < ends:
        fields = {"email": f"person{number}-{count}@example.com", "message": "hello"}
        answer = gateway.call("POST", "/forms/default/submissions", json_body=fields, scopes=None)
        count += 1
        with lock:
            answers[answer.status] += 1
        if count == 1:
            print("begun", file=sys.stderr, flush=True)
    gateway.container.close()


workers = [threading.Thread(target=submit, args=(number,)) for number in range(threads)]
for each in workers:
    each.start()
for each in workers:
    each.join()
sys.__stdout__.write("\\n" + json.dumps(answers))
'''


@dataclass(frozen=True)
class Release:
    """A commit of this repository, unpacked."""

    revision: str
    folder: Path

    def environment(self) -> dict[str, str]:
        """In which its modules are found, and not this release's."""
        functions = (self.folder / "functions").iterdir()
        places = (self.folder, self.folder / LAYER, *filter(Path.is_dir, functions))
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": ":".join(map(str, places)),
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
            "POWERTOOLS_METRICS_DISABLED": "true",
        }


def git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - git, with arguments from this file
        ["git", *arguments],  # noqa: S607 - wherever it is
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def revision_in(commit: str) -> str:
    lines = git("show", f"{commit}:{MIGRATIONS.as_posix()}").splitlines()
    [line] = [each for each in lines if each.startswith("REVISION = ")]
    return line.partition('"')[2].rstrip('"')


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The newest commit with another schema than this."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone: the release before is not here")
    assert git("rev-parse", "--is-shallow-repository").strip() == "false", "git fetch --unshallow"
    # Branches may have made migrations at the same time: only the trunk had them one by one.
    options = "--first-parent", "-m", "--format=%H", "-G^REVISION = "
    changes = git("log", *options, "--", MIGRATIONS.as_posix()).split()
    commits = ["HEAD", *(f"{each}~" for each in changes)]
    commit = next(each for each in commits if revision_in(each) != REVISION)
    folder = tmp_path_factory.mktemp("before")
    packed = folder / "release.tar"
    git("archive", "--output", str(packed), commit)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return Release(revision_in(commit), folder)


def test_the_contract_of_the_release_before_holds_on_this_schema(
    before: Release, postgres_server: PostgresServer
) -> None:
    assert before.revision < REVISION
    (before.folder / "this_schema.py").write_text(THIS_SCHEMA)
    options = ("-q", "-p", "this_schema", "-p", "no:cacheprovider", "-k", "postgres", "-x", SEED)
    done = subprocess.run(  # noqa: S603 - this repository's own tests
        [sys.executable, "-m", "pytest", *options, "tests/contract"],
        cwd=before.folder,
        env=before.environment()
        | {"LATER_LAYER": str(ROOT / LAYER), "TEST_POSTGRES_URL": postgres_server.admin_url},
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(told[0].split()[0]) > 300, told


def test_its_functions_take_submissions_while_the_schema_becomes_this(
    before: Release, postgres_server: PostgresServer
) -> None:
    with postgres_server.new_user() as (user, password), postgres_server.new_database() as name:
        url = postgres_server.url(name)
        make = "import sys; from succotash.infrastructure.postgres.migrations import migrate;"
        made = subprocess.run(  # noqa: S603 - that release's own code
            [sys.executable, "-c", f"{make} print(migrate(sys.argv[1]))", url],
            check=True,
            capture_output=True,
            text=True,
            env=before.environment(),
        )
        assert made.stdout.strip() == before.revision
        with postgres_server.connect(name) as connection:
            connection.run(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}")
        place = {
            "DB_HOST": postgres_server.host,
            "DB_PORT": str(postgres_server.port),
            "DB_NAME": name,
            "DB_USER": user,
            "DB_PASSWORD": password,
            "DB_SSLMODE": "disable",
        }
        with subprocess.Popen(  # noqa: S603 - this test's own program
            [sys.executable, "-c", TRAFFIC, str(SECONDS), str(THREADS)],
            cwd=before.folder,
            env=before.environment() | place,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as traffic:
            assert traffic.stderr is not None
            assert any("begun" in line for line in traffic.stderr)
            time.sleep(SECONDS / 4)
            assert migrate(url, users={user: EVERYTHING}) == REVISION
            said, problems = traffic.communicate()
        answers = json.loads(said.splitlines()[-1])
        assert answers.keys() == {"201"}, problems[-2000:]

        now = Gateway(place)
        assert now.call("GET", "/leads").status == 200
        now.container.close()
        with postgres_server.connect(name) as connection:
            [[stored]] = connection.run("SELECT count(*) FROM form_submissions")
    assert stored == answers["201"] > THREADS
