"""The scheduled run, judged as of the event's time; clocks only measure how long it took."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import to_jsonable_python

from succotash.container import Container, container
from succotash.http.fields import require_instant
from succotash.http.invocations import invocation
from succotash.observation import Metric, count

type Report = dict[str, Any]


def scoring(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Report]:
    """The handler of EventBridge's scheduled event, with these parts.

    InvalidInputError where the event has no usable time; RunInProgressError and storage errors
    escape, so that the schedule's retries and alarms see them.
    """
    logger = Logger(service="churn_scoring")

    def score(event: Mapping[str, Any], _: LambdaContext) -> Report:
        as_of = require_instant("time", event.get("time"))
        correlation_id = str(event.get("id", ""))
        started = time.perf_counter()
        with invocation("churn_scoring", correlation_id):
            report: Report = to_jsonable_python(parts.get_churn_scoring().run(as_of))
            count(Metric.RUN_SECONDS, round(time.perf_counter() - started))
        logger.info("scored", correlation_id=correlation_id, as_of=as_of.isoformat())
        return report

    return score


handler = scoring(container)
