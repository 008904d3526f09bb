"""Who sets the database up, by the settings."""

import pytest

from succotash.errors import SettingsError
from succotash.settings import Settings
from succotash.wiring.postgres import schema_migration

BY_IAM = {"DB_HOST": "db.example.com", "DB_IAM_AUTH": "true"}


def test_an_administrator_by_iam_needs_a_name_and_no_secret() -> None:
    given = BY_IAM | {"DB_ADMIN_USER": "administrator"}
    assert schema_migration(Settings.from_environment(given)) is not None


@pytest.mark.parametrize(
    "given", [BY_IAM, {"DB_ADMIN_USER": "administrator"}, {"DB_HOST": "localhost"}]
)
def test_without_a_name_or_a_way_to_log_in_nobody_sets_it_up(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="DB_ADMIN_SECRET_ARN"):
        schema_migration(Settings.from_environment(given))
