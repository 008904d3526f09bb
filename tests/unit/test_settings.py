"""Settings: defaults, and sentences that name what is wrong."""

import pytest

from succotash.errors import SettingsError
from succotash.settings import Settings


def wrong(**environment: str) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(environment)
    return str(refused.value)


def test_nothing_has_to_be_set_on_this_machine() -> None:
    settings = Settings.from_environment({})
    assert settings.storage == "postgres"
    assert (settings.db_host, settings.db_port) == ("localhost", 5432)
    assert (settings.currency, settings.time_zone) == ("USD", "UTC")


def test_an_empty_setting_is_an_unset_one() -> None:
    assert Settings.from_environment({"DB_PASSWORD": "", "CURRENCY": ""}).currency == "USD"


def test_what_else_stands_in_the_environment_does_not_matter() -> None:
    assert Settings.from_environment({"PATH": "/bin", "CURRENCY": "EUR"}).currency == "EUR"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAILS_PER_RECIPIENT", "0"),
        ("MAILS_PER_RECIPIENT", "1001"),
        ("SUCCOTASH_STORAGE", "oracle"),
        ("DB_PORT", "many"),
        ("DB_PORT", "0"),
        ("CURRENCY", "dollar"),
        ("TIME_ZONE", "Europe/Atlantis"),
        ("TIME_ZONE", "America"),
        ("TIME_ZONE", "localtime"),
        ("TIME_ZONE", "posixrules"),
        ("TIME_ZONE", "right/UTC"),
        ("TIME_ZONE", "posix/UTC"),
        ("TIME_ZONE", "Factory"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("CHURN_HORIZON_DAYS", "0"),
        ("DISCOUNT_RATE", "-1"),
        ("MARGIN", "1.5"),
        ("RISK_HIGH_AT_MOST", "2"),
        ("PURCHASE_MODELS", "BG/NBD,ARIMA"),
        ("DB_SSLMODE", "prefer"),
    ],
)
def test_a_wrong_value_is_refused_by_the_settings_name(name: str, value: str) -> None:
    sentence = wrong(**{name: value})
    assert name in sentence
    assert value not in sentence.replace(name, "") or value in {"0", "2"}


def test_every_wrong_setting_is_named_at_once() -> None:
    sentence = wrong(DB_PORT="x", MARGIN="x")
    assert "DB_PORT" in sentence
    assert "MARGIN" in sentence


def test_another_machine_needs_a_way_to_log_in() -> None:
    sentence = wrong(DB_HOST="db.example")
    assert "DB_PASSWORD, DB_SECRET_ARN and DB_IAM_AUTH" in sentence


def test_two_ways_to_log_in_contradict_each_other() -> None:
    sentence = wrong(DB_HOST="db.example", DB_PASSWORD="secret", DB_IAM_AUTH="true")
    assert "DB_PASSWORD and DB_IAM_AUTH contradict" in sentence
    assert "secret" not in sentence


def test_a_token_of_iam_is_never_sent_in_the_clear() -> None:
    assert "DB_SSLMODE" in wrong(DB_HOST="db.example", DB_IAM_AUTH="true", DB_SSLMODE="disable")


def test_a_storage_without_a_server_needs_no_way_to_log_in() -> None:
    settings = Settings.from_environment({"SUCCOTASH_STORAGE": "memory", "DB_HOST": "db.example"})
    assert settings.storage == "memory"


def test_a_password_does_not_show_in_what_is_printed() -> None:
    assert "hush" not in repr(Settings.from_environment({"DB_PASSWORD": "hush"}))


def test_webhooks_to_this_machine_are_for_local_runs_alone() -> None:
    local = {"WEBHOOK_LOOPBACK": "true"}
    assert Settings.from_environment(local).webhook_loopback
    with pytest.raises(SettingsError, match="WEBHOOK_LOOPBACK is for local runs alone"):
        Settings.from_environment(local | {"AWS_LAMBDA_FUNCTION_NAME": "delivery"})


def test_webhooks_have_their_secrets_in_one_place() -> None:
    given = {"WEBHOOK_SECRETS": "whsec_x", "WEBHOOK_SECRET_ARN": "arn:aws:secretsmanager:x"}
    with pytest.raises(SettingsError, match="contradict each other"):
        Settings.from_environment(given)
    assert "whsec_x" not in repr(Settings.from_environment({"WEBHOOK_SECRETS": "whsec_x"}))
