"""Set up PostgreSQL: `python -m local.setup_postgres_db [--admin-url URL]`.

Creates the database, the role that migrates, the roles the functions use with only the rights they
need, and the schema. What is there already is brought up to date, so it can be run again.
"""

import argparse
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from succotash.errors import SuccotashError
from succotash.hosts import is_this_machine
from succotash.infrastructure.postgres import provisioning
from succotash.infrastructure.postgres.address import settings_of
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    fixed_password,
)
from succotash.infrastructure.postgres.migrations.rights import EVERYTHING, Kind, role_of
from succotash.infrastructure.postgres.provisioning import Login, SetUpError
from succotash.settings import LOCAL_PASSWORD, Settings

LOCAL_SERVER = Path(__file__).parent.parent / ".local" / "postgres.url"
"""The file where `make run` leaves the address of the server it starts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The database and roles to set up; every role has the same password."""

    database: str = "supreme_octosuccotash_db"
    user: str = "app_user"
    password: str = field(default=LOCAL_PASSWORD, repr=False)
    migrator: str = provisioning.MIGRATOR

    @property
    def users(self) -> Mapping[str, Collection[Kind]]:
        """The roles that log in: the user for everything, and one for each kind of function."""
        kinds = {role_of(self.user, kind): (kind,) for kind in Kind}
        return {self.user: EVERYTHING, **kinds}


def set_up(admin_url: str, plan: Plan | None = None) -> ConnectionSettings:
    """Make it so, and say how the user connects; SetUpError where it cannot be done."""
    plan = plan or Plan()
    logins = [Login(role, kinds, plan.password) for role, kinds in plan.users.items()]
    try:
        admin = settings_of(admin_url)
        if plan.password == LOCAL_PASSWORD and not is_this_machine(admin.host):
            raise SetUpError(
                "the server is another machine: set DB_PASSWORD, the default is public"
            )
        provisioning.set_up(admin, provisioning.Plan(plan.database, plan.migrator, logins))
    except SuccotashError as error:
        raise SetUpError(str(error)) from None
    return replace(
        admin, database=plan.database, user=plan.user, password=fixed_password(plan.password)
    )


def administrator_url() -> str:
    """The server of `make run` if there is one, else the one a developer's machine often has."""
    if url := os.environ.get("POSTGRES_ADMIN_URL"):
        return url
    return local_server_url() or "postgresql://postgres@localhost:5432/postgres"


def local_server_url() -> str | None:
    """An administrator's URL of the server of `make run`, if it has been run."""
    return LOCAL_SERVER.read_text("utf-8").strip() if LOCAL_SERVER.exists() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up as asked; 1 and a sentence where it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m local.setup_postgres_db",
        description="Create database, roles and schema, or bring them up to date.",
        epilog="Database, user and password are those of DB_NAME, DB_USER and DB_PASSWORD.",
    )
    parser.add_argument("--admin-url", help="an administrator's URL (or POSTGRES_ADMIN_URL)")
    parser.add_argument("--migrator", default=Plan().migrator, help="the role that migrates")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment({**os.environ, "SUCCOTASH_STORAGE": "memory"})
        made = set_up(
            options.admin_url or administrator_url(),
            Plan(
                database=settings.db_name,
                user=settings.db_user,
                password=settings.db_password or LOCAL_PASSWORD,
                migrator=options.migrator,
            ),
        )
    except SuccotashError as error:
        print(f"PostgreSQL was not set up: {error}.", file=sys.stderr)
        return 1
    print(f"The database {made.database} on {made.host}:{made.port} is ready for {made.user}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
