"""The frame of functions that take batches of messages from a queue of SQS."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from succotash.http.invocations import WrongSettings, invocation

RESERVE = 15_000
"""Milliseconds within which whatever was begun ends, or the storage is found to be away."""

type Record = Mapping[str, Any]
type Answer = dict[str, Any]
type Handler = Callable[[Mapping[str, Any], LambdaContext], Answer]


class Report(Protocol):
    """The results of a batch."""

    @property
    def again(self) -> Sequence[str]:
        """Ids of the messages to give again."""


def taking[MessageT, ReportT: Report](
    function: str,
    read: Callable[[Record], MessageT],
    take: Callable[[Sequence[MessageT], Callable[[], bool]], ReportT],
    told: Callable[[ReportT], Mapping[str, Any]],
    *,
    done: str = "taken from the queue",
    reserve: int = RESERVE,
) -> Handler:
    """The handler of a batch of SQS; it names the messages to give again.

    `read` makes a message of a record, `take` works on all of them and is told whether there is
    time left, and `told` says of the report what stands in the log under `done`.
    """
    logger = Logger(service=function)
    wrong_settings = WrongSettings(logger)

    def handle(event: Mapping[str, Any], context: LambdaContext) -> Answer:
        records = event["Records"]
        correlation_id = records[0]["messageId"] if records else ""
        with invocation(function, correlation_id, wrong_settings):
            report = take(
                [read(each) for each in records],
                lambda: context.get_remaining_time_in_millis() > reserve,
            )
        logger.info(done, correlation_id=correlation_id, **told(report), again=len(report.again))
        return {"batchItemFailures": [{"itemIdentifier": each} for each in report.again]}

    return handle


def answering_or_taking(answer: Handler, take: Handler) -> Handler:
    """The handler of a function that is sent both requests and batches of a queue."""

    def handle(event: Mapping[str, Any], context: LambdaContext) -> Answer:
        return take(event, context) if "Records" in event else answer(event, context)

    return handle
