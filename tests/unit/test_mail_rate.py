"""The rate at which Amazon SES takes the account's e-mails."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber

from succotash.infrastructure.aws.mail_rate import KNOWN_SECONDS, SANDBOX, SesRate


class Account:
    """Answers GetAccount as it is told, by a stub of boto3's own client, and counts requests."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.asked = 0
        self.client = boto3.client(
            "sesv2",
            region_name="eu-central-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        self.stub = Stubber(self.client)
        self.stub.activate()

    def answers(self, *rates: float) -> None:
        for rate in rates:
            quota = {"Max24HourSend": 50_000.0, "MaxSendRate": rate, "SentLast24Hours": 1.0}
            self.stub.add_response("get_account", {"SendQuota": quota}, {})

    def rate(self, most: float | None = None) -> SesRate:
        def client() -> Any:  # noqa: ANN401 - boto3 makes its class while it runs
            self.asked += 1
            return self.client

        return SesRate(most, client, lambda: self.now)


@pytest.fixture
def account() -> Account:
    return Account()


def test_it_is_the_accounts_and_known_for_a_while(account: Account) -> None:
    account.answers(14.0, 200.0)
    rate = account.rate()
    assert [rate.per_second() for _ in range(3)] == [14.0] * 3
    account.now += KNOWN_SECONDS
    assert rate.per_second() == 200.0
    account.stub.assert_no_pending_responses()
    assert account.asked == 1


@pytest.mark.parametrize(("most", "expected"), [(5.0, 5.0), (50.0, 14.0)])
def test_a_setting_lowers_it_and_never_raises_it(
    most: float, expected: float, account: Account
) -> None:
    account.answers(14.0)
    assert account.rate(most).per_second() == expected


def test_where_it_cannot_be_asked_for_the_known_one_serves_on(account: Account) -> None:
    account.answers(14.0)
    account.stub.add_client_error("get_account", "TooManyRequestsException", http_status_code=429)
    rate = account.rate()
    assert rate.per_second() == 14.0
    account.now += KNOWN_SECONDS
    assert rate.per_second() == 14.0
    account.stub.assert_no_pending_responses()


def test_an_account_of_which_nothing_is_known_is_treated_as_in_the_sandbox(
    account: Account,
) -> None:
    account.stub.add_client_error("get_account", "AccessDeniedException", http_status_code=403)
    account.answers(0.0)
    rate = account.rate()
    assert rate.per_second() == SANDBOX
    account.now += KNOWN_SECONDS
    assert rate.per_second() == SANDBOX

    def nowhere() -> Any:  # noqa: ANN401 - as above
        raise ConnectTimeoutError(endpoint_url="https://ses")

    assert SesRate(None, nowhere).per_second() == SANDBOX
