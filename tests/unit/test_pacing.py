"""The rate at which e-mails are handed to the mail service."""

from datetime import datetime
from typing import override

from succotash.application.messages.pacing import SENDERS, PacedMailer
from succotash.domain.messages.mails import Mail
from succotash.domain.repositories.delivery import Mailer
from tests.builders import NOON
from tests.template.stack import deployed_of

MAIL = Mail(("ada@example.com",), "Hello", "text", "")


class Clocked(Mailer):
    """Notes when it is asked to send; time passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @override
    def send(self, mail: Mail, at: datetime) -> str | None:
        self.sent.append(self.now)
        return "reference"


def test_each_process_keeps_to_its_share_of_the_rate() -> None:
    post = Clocked()
    mailer = PacedMailer(post, lambda: 10, lambda: post.now, post.sleep)
    assert [mailer.send(MAIL, NOON) for _ in range(3)] == ["reference"] * 3
    post.now += 60
    mailer.send(MAIL, NOON)
    share = SENDERS / 10
    assert post.sent == [100, 100 + share, 100 + 2 * share, 160 + 2 * share]


def test_no_more_processes_send_at_once_than_share_the_rate() -> None:
    mappings = deployed_of("AWS::Lambda::EventSourceMapping")
    assert mappings["DeliveryJobs"]["ScalingConfig"]["MaximumConcurrency"] == SENDERS
