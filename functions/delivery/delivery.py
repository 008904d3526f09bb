"""Does what needs the internet: e-mails, webhooks, events on the bus, challenges' questions."""

from collections import Counter

from succotash.application.messages.delivery_worker import ReceivedJob
from succotash.container import Container, container
from succotash.http.queues import Handler, taking

RESERVE = 30_000
"""Milliseconds within which any job ends: none is begun later."""


def delivering(parts: Container) -> Handler:
    """The handler of a batch of jobs of SQS, with these parts; it names those to give again.

    It has no way to the database.
    """
    return taking(
        "delivery",
        lambda record: ReceivedJob(record["messageId"], record["receiptHandle"], record["body"]),
        lambda received, has_time: parts.get_delivery_worker().work(received, has_time),
        lambda report: {"results": Counter(each.result for each in report.outcomes)},
        done="delivered",
        reserve=RESERVE,
    )


handler = delivering(container)
