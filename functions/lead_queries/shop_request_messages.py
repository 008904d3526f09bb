"""Requests about people's data that shops pass on, from the queue in which they waited."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from succotash.container import Container
from succotash.domain.shops.events import QueuedShopEvent
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 15_000
"""Milliseconds within which a request is answered, or the storage found to be away."""

type Answer = dict[str, Any]


def shop_request_messages(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Answer]:
    """The handler of a batch of SQS, with these parts; it names the messages to give again."""
    logger = Logger(service="lead_queries")
    wrong_settings = WrongSettings(logger)

    def take(event: Mapping[str, Any], context: LambdaContext) -> Answer:
        queued = [
            QueuedShopEvent(
                record["messageId"],
                record["body"],
                int(record["attributes"]["ApproximateReceiveCount"]),
            )
            for record in event["Records"]
        ]
        correlation_id = queued[0].message_id if queued else ""
        with invocation("lead_queries", correlation_id, wrong_settings):
            report = parts.connectors.requests().take(
                queued, lambda: context.get_remaining_time_in_millis() > RESERVE
            )
        logger.info(
            "taken from the queue",
            correlation_id=correlation_id,
            erased=report.erased,
            exported=report.exported,
            unknown=report.unknown,
            dead_lettered=report.set_aside,
            again=len(report.again),
        )
        return {"batchItemFailures": [{"itemIdentifier": each} for each in report.again]}

    return take
