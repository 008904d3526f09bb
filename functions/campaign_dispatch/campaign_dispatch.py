"""Assigns people to campaigns and hands their messages over: after each run, and when asked.

The bus's event that a run was published dispatches every campaign that is running, as an event
without a kind does; the event that asks for one campaign dispatches that one. What an event asks
for a second time is found done. After all campaigns, looks at their effect that have come are read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import to_jsonable_python

from succotash.application.campaigns.dispatch import UnfinishedDispatchError
from succotash.container import Container, container
from succotash.domain.messages.outbox import MessageKind
from succotash.errors import InvalidInputError, NotFoundError
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 300_000
"""Milliseconds kept for the campaign under way."""

type Report = dict[str, Any]


def dispatching(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Report]:
    """The handler of the bus's and of scheduled events, with these parts.

    UnfinishedDispatchError and storage errors escape, and retries go on from what is stored.
    """
    logger = Logger(service="campaign_dispatch")
    wrong_settings = WrongSettings(logger)

    def dispatch(event: Mapping[str, Any], context: LambdaContext) -> Report:
        correlation_id = str(event.get("id") or context.aws_request_id)
        with invocation("campaign_dispatch", correlation_id, wrong_settings):
            dispatch = parts.get_campaign_dispatch()
            if event.get("detail-type") == MessageKind.CAMPAIGN_DISPATCH_REQUESTED:
                try:
                    done = [dispatch.dispatch(_campaign_id(event))]
                except NotFoundError:  # deleted meanwhile
                    done = []
                report: Report = to_jsonable_python(
                    {"campaigns": done, "is_finished": True, "looks_read": 0}
                )
            else:
                report = to_jsonable_python(
                    dispatch.dispatch_all(lambda: context.get_remaining_time_in_millis() > RESERVE)
                )
        logger.info("dispatched", correlation_id=correlation_id, **report)
        if not report["is_finished"]:
            raise UnfinishedDispatchError
        return report

    return dispatch


def _campaign_id(event: Mapping[str, Any]) -> str:
    match event.get("detail"):
        case {"campaign_id": str(campaign_id)}:
            return campaign_id
        case _:
            raise InvalidInputError.of("detail.campaign_id", "campaign_id", "Invalid campaign id")


handler = dispatching(container)
