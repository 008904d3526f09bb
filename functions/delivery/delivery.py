"""Does what needs the internet: e-mails, webhooks, events on the bus, challenges' questions."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from succotash.application.messages.delivery_worker import ReceivedJob
from succotash.container import Container, container
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 30_000
"""Milliseconds within which any job ends: none is begun later."""

type Answer = dict[str, Any]


def delivering(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Answer]:
    """The handler of a batch of jobs of SQS, with these parts; it names those to give again.

    It has no way to the database.
    """
    logger = Logger(service="delivery")
    wrong_settings = WrongSettings(logger)

    def deliver(event: Mapping[str, Any], context: LambdaContext) -> Answer:
        received = [
            ReceivedJob(record["messageId"], record["receiptHandle"], record["body"])
            for record in event["Records"]
        ]
        correlation_id = received[0].message_id if received else ""
        with invocation("delivery", correlation_id, wrong_settings):
            report = parts.get_delivery_worker().work(
                received, lambda: context.get_remaining_time_in_millis() > RESERVE
            )
        logger.info(
            "delivered",
            correlation_id=correlation_id,
            again=len(report.again),
            results=Counter(each.result for each in report.outcomes),
        )
        return {"batchItemFailures": [{"itemIdentifier": each} for each in report.again]}

    return deliver


handler = delivering(container)
