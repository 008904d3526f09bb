"""The daily scoring of leads: recency decays, and the rules may have changed."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import to_jsonable_python

from succotash.application.leads.scoring import UnfinishedRescoringError
from succotash.container import Container, container
from succotash.http.fields import require_instant
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 25_000
"""Milliseconds kept for the leads under way."""

type Report = dict[str, Any]


def scoring(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Report]:
    """The handler of EventBridge's scheduled event, with these parts.

    Leads are judged as of the event's time. InvalidInputError where it has none that is usable;
    UnfinishedRescoringError and storage errors escape, and the schedule's retries go on.
    """
    logger = Logger(service="lead_scoring")
    wrong_settings = WrongSettings(logger)

    def score(event: Mapping[str, Any], context: LambdaContext) -> Report:
        as_of = require_instant("time", event.get("time"))
        correlation_id = str(event.get("id", ""))
        with invocation("lead_scoring", correlation_id, wrong_settings):
            report = parts.get_lead_scoring().rescore(
                as_of, has_time=lambda: context.get_remaining_time_in_millis() > RESERVE
            )
        answer: Report = to_jsonable_python(report)
        logger.info("scored", correlation_id=correlation_id, **answer)
        if not report["is_finished"]:
            raise UnfinishedRescoringError
        return answer

    return score


handler = scoring(container)
