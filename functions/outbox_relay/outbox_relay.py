"""Delivers what the outbox holds, each minute and when asked; removes what forms keep no longer."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import to_jsonable_python

from succotash.container import Container, container
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 25_000
"""Milliseconds kept for the batch under way."""
PUT_BACK = "put_back"
"""Asked for by an event of this name set to true: what was set aside is tried again first."""

type Report = dict[str, Any]


def relaying(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Report]:
    """The handler of the scheduled event, or of none at all, with these parts.

    Storage errors escape; the next minute's run goes on from what is stored.
    """
    logger = Logger(service="outbox_relay")
    wrong_settings = WrongSettings(logger)

    def relay(event: Mapping[str, Any], context: LambdaContext) -> Report:
        correlation_id = str(event.get("id") or context.aws_request_id)
        with invocation("outbox_relay", correlation_id, wrong_settings):
            outbox = parts.get_outbox_relay()
            redriven = outbox.redrive() if event.get(PUT_BACK) is True else 0
            digests = parts.get_quarantine_digests().make()
            report = outbox.run(lambda: context.get_remaining_time_in_millis() > RESERVE)
            removed = parts.get_form_handler().remove_expired_submissions()
        answer: Report = {
            **to_jsonable_python(report),
            "put_back": redriven,
            "digests": digests,
            "submissions_removed": removed,
        }
        logger.info("relayed", correlation_id=correlation_id, **answer)
        return answer

    return relay


handler = relaying(container)
