"""Delivers what the outbox holds, whenever it is woken; removes what forms keep no longer."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import to_jsonable_python

from relay_messages import read_messages
from succotash.container import Container, container
from succotash.domain.consents.consents import FailedAddress
from succotash.errors import InvalidInputError
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 25_000
"""Milliseconds kept for the batch under way."""
PUT_BACK = "put_back"
"""Asked for by an event of this name set to true: what was dead-lettered is tried again first."""

type Report = dict[str, Any]


def relaying(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Report]:
    """The handler of the nightly event, of messages of its queue, or of none, with these parts.

    Storage errors escape: the queue gives its messages again, and the next run goes on from what
    is stored.
    """
    logger = Logger(service="outbox_relay")
    wrong_settings = WrongSettings(logger)
    relay_messages = _relaying_messages(parts, logger, wrong_settings)

    def relay(event: Mapping[str, Any], context: LambdaContext) -> Report:
        if "Records" in event:
            return relay_messages(event, context)
        correlation_id = str(event.get("id") or context.aws_request_id)
        with invocation("outbox_relay", correlation_id, wrong_settings):
            outbox = parts.get_outbox_relay()
            redriven = outbox.redrive() if event.get(PUT_BACK) is True else 0
            digests = parts.get_quarantine_digests().make()
            unanswered = parts.get_challenge_intake().give_up()
            report = outbox.run(lambda: context.get_remaining_time_in_millis() > RESERVE)
            removed = parts.get_form_handler().remove_expired_submissions()
        answer: Report = {
            **to_jsonable_python(report),
            "put_back": redriven,
            "digests": digests,
            "challenges_unanswered": unanswered,
            "submissions_removed": removed,
        }
        logger.info("relayed", correlation_id=correlation_id, **answer)
        return answer

    return relay


def suppress(parts: Container, failed: Iterable[FailedAddress]) -> int:
    """Keep that addresses are not written to; how many. What is no address is passed over."""
    records, suppressed = parts.get_consent_records(), 0
    for each in failed:
        with contextlib.suppress(InvalidInputError):
            records.record_suppression(each)
            suppressed += 1
    return suppressed


def _relaying_messages(
    parts: Container, logger: Logger, wrong_settings: WrongSettings
) -> Callable[[Mapping[str, Any], LambdaContext], Report]:
    """The handler of a batch of SQS: wakes, outcomes of deliveries, bounces and complaints."""

    def relay(event: Mapping[str, Any], context: LambdaContext) -> Report:
        messages = read_messages(event["Records"], parts.now())
        for at in messages.later:
            parts.relay_waker.wake(at)
        correlation_id = event["Records"][0]["messageId"]
        if messages.failed:
            with invocation("outbox_relay", correlation_id, wrong_settings):
                suppressed = suppress(parts, messages.failed)
            logger.info("suppressed", correlation_id=correlation_id, addresses=suppressed)
        if messages.reported:
            with invocation("outbox_relay", correlation_id, wrong_settings):
                new = parts.get_retention_handler().record_reports(messages.reported)
            logger.info("reported", correlation_id=correlation_id, messages=new)
        if messages.asks_for_a_run:  # otherwise the database may sleep on
            with invocation("outbox_relay", correlation_id, wrong_settings):
                report = parts.get_outbox_relay().run(
                    lambda: context.get_remaining_time_in_millis() > RESERVE, messages.outcomes
                )
            logger.info("relayed", correlation_id=correlation_id, **to_jsonable_python(report))
        if messages.unreadable:
            logger.error(
                "messages cannot be read", correlation_id=correlation_id, ids=messages.unreadable
            )
        return {"batchItemFailures": [{"itemIdentifier": each} for each in messages.unreadable]}

    return relay


handler = relaying(container)
