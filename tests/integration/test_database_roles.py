"""Each kind of function in the database: its work is done by its own role, which may do no more."""

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.background_workers import settings_of
from local.setup_postgres_db import Plan, set_up
from succotash.container import Container
from succotash.domain.forms.forms import Form
from succotash.domain.forms.submissions import AWAITING_CHALLENGE, SubmissionState
from succotash.domain.values import FormId, system_clock
from succotash.infrastructure.postgres.migrations.rights import (
    LETTERS,
    RIGHTS,
    Kind,
    role_of,
)
from tests.builders import a_submission
from tests.http.gateway import APIS
from tests.integration.working_day import Day, Office
from tests.kinds import KINDS
from tests.servers import PostgresServer

pytestmark = pytest.mark.long

PASSWORD = "not-the-one-everybody-knows"


@pytest.fixture(scope="module")
def office(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    mark = secrets.token_hex(4)
    plan = Plan(f"shop_{mark}", f"user_{mark}", PASSWORD, f"migrator_{mark}")
    folder = tmp_path_factory.mktemp("office")
    set_up(postgres_server.admin_url, plan)
    environment = {
        "SUCCOTASH_STORAGE": "postgres",
        "DB_HOST": postgres_server.host,
        "DB_PORT": str(postgres_server.port),
        "DB_NAME": plan.database,
        "DB_PASSWORD": PASSWORD,
        "DB_SSLMODE": "disable",
        "CONSENT": "existing-customers",
        "FORM_TOKEN_KEYS": secrets.token_urlsafe(32),
        **settings_of(folder, "http://127.0.0.1", queues=True),
    }
    containers = {
        name: Container(environment | {"DB_USER": role_of(plan.user, kind)})
        for name, kind in KINDS.items()
    }
    containers["days later"] = Container(
        environment | {"DB_USER": role_of(plan.user, Kind.SCORING)},
        clock=lambda: system_clock() + timedelta(days=3),
    )
    yield Office(postgres_server, plan, containers, folder)
    for each in containers.values():
        each.close()
    with postgres_server.connect() as connection:
        connection.run(f"DROP DATABASE {plan.database} WITH (FORCE)")
        for role in (*plan.users, plan.migrator):
            connection.run(f"DROP ROLE {role}")


def test_every_function_does_its_work_with_the_rights_of_its_kind(office: Office) -> None:
    day = Day(office)
    for part in (
        day.forms,
        day.leads,
        day.orders,
        day.scoring,
        day.questions,
        day.campaigns,
        day.consents,
        day.people,
        day.relay,
        day.outcomes,
    ):
        part()

    assert day.answered == {
        f"{each.method} {each.path}" for api in APIS if api.name in KINDS for each in api.routes
    }


def test_the_relay_may_tell_of_the_night_what_it_finds(office: Office) -> None:
    form = Form(FormId("raffle"), "Raffle", notify=("owner@example.com",))
    office.containers["lead_queries"].get_form_repository().save_form(form, [])
    awaiting = a_submission(
        "awaiting",
        form_id=form.form_id,
        state=SubmissionState.QUARANTINED,
        spam_reasons=(AWAITING_CHALLENGE,),
    )
    office.containers["form_intake"].get_form_repository().save_form_submission(awaiting)

    relay = office.containers["outbox_relay"]
    assert relay.get_challenge_intake().give_up() == 1
    assert relay.get_quarantine_digests().make() == 1


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_may_do_nothing_to_a_table_but_what_is_listed(kind: Kind, office: Office) -> None:
    role = role_of(office.plan.user, kind)
    with office.server.connect(office.plan.database) as connection:
        tables = connection.run(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        allowed = {
            (table, letter)
            for [table] in tables
            for letter, right in LETTERS.items()
            if connection.run(f"SELECT has_table_privilege('{role}', '{table}', '{right}')")[0][0]
        }
    base = {(re.sub(r"_p\d\d$", "", table), letter) for table, letter in allowed}
    assert base == {
        (table, letter) for table, kinds in RIGHTS.items() for letter in kinds.get(kind, "")
    }


def test_runs_read_of_submissions_only_when_leads_asked(office: Office) -> None:
    readable = {}
    with office.server.connect(office.plan.database) as connection:
        columns = connection.run(
            "SELECT attname FROM pg_attribute"
            " WHERE attrelid = 'form_submissions'::regclass AND attnum > 0 AND NOT attisdropped"
        )
        for kind in Kind:
            role = role_of(office.plan.user, kind)
            readable[kind] = {
                column
                for [column] in columns
                if connection.run(
                    f"SELECT has_column_privilege('{role}', 'form_submissions', '{column}',"
                    " 'SELECT')"
                )[0][0]
            }
    assert readable[Kind.SCORING] == {
        "attribution",
        "lead_id",
        "source",
        "state",
        "submission_id",
        "submitted_at",
    }
    assert readable[Kind.EVENTS] == set()
    assert readable[Kind.INTAKE] == {column for [column] in columns}
