"""Submissions that come from the queue in which they waited for the storage."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from succotash.container import Container
from succotash.domain.intake.queued_submissions import Delivery
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 15_000
"""Milliseconds within which any submission is taken, or the storage found to be away."""

type Answer = dict[str, Any]


def queued_messages(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Answer]:
    """The handler of a batch of SQS, with these parts; it names the messages to give again."""
    logger = Logger(service="form_intake")
    wrong_settings = WrongSettings(logger)

    def take(event: Mapping[str, Any], context: LambdaContext) -> Answer:
        deliveries = [
            Delivery(
                message_id=record["messageId"],
                group=record["attributes"]["MessageGroupId"],
                text=record["body"],
                receives=int(record["attributes"]["ApproximateReceiveCount"]),
            )
            for record in event["Records"]
        ]
        correlation_id = deliveries[0].message_id if deliveries else ""
        with invocation("form_intake", correlation_id, wrong_settings):
            outcome = parts.get_queued_intake().take(
                deliveries, lambda: context.get_remaining_time_in_millis() > RESERVE
            )
        logger.info(
            "taken from the queue",
            correlation_id=correlation_id,
            taken=outcome.taken,
            discarded=outcome.discarded,
            dead_lettered=outcome.dead_lettered,
            again=len(outcome.again),
        )
        return {"batchItemFailures": [{"itemIdentifier": each} for each in outcome.again]}

    return take
