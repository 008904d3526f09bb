"""The scheduled run, judged as of the event's time; clocks only measure how long it took.

An event without a step is the schedule's own and does all of it; a state machine asks for one step
after another, and for `fail` where one fails for good. The step `backfill`, which people ask for,
seals forecast receipts of months before.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import to_jsonable_python

from succotash.container import Container, container
from succotash.domain.retention.retention import run_id_of
from succotash.domain.values import SHARDS
from succotash.errors import InvalidInputError
from succotash.http.fields import require_instant
from succotash.http.invocations import WrongSettings, invocation
from succotash.http.problems import KINDS
from succotash.observation import Metric, count

if TYPE_CHECKING:
    from succotash.application.scoring.churn_scoring import ChurnScoring

TELLING = {each.__name__ for each in KINDS} | {"ShardFailedError", "IncompleteRunError"}
"""Errors whose sentences may be shown."""

type Event = Mapping[str, Any]
type Report = dict[str, Any]


class ShardFailedError(Exception):
    """Scoring a shard failed; what it failed for is the cause."""

    def __init__(self, shard: int, cause: Exception) -> None:
        super().__init__(f"shard {shard} was not scored: {type(cause).__name__}")


def scoring(parts: Container) -> Callable[[Event, LambdaContext], Report]:
    """The handler of the scheduled event and of the steps, with these parts.

    InvalidInputError where the event asks for nothing that there is; RunInProgressError and storage
    errors escape, so that retries and alarms see them, those of a shard by its number.
    """
    logger = Logger(service="churn_scoring")
    wrong_settings = WrongSettings(logger)

    def score(event: Event, _: LambdaContext) -> Report:
        correlation_id = str(event.get("id", ""))
        started = time.perf_counter()
        with invocation("churn_scoring", correlation_id, wrong_settings):
            report: Report = to_jsonable_python(_step(event, parts.get_churn_scoring()))
            if event.get("step") is None:
                count(Metric.RUN_SECONDS, round(time.perf_counter() - started))
        logger.info(
            "scored",
            correlation_id=correlation_id,
            step=event.get("step") or "all",
            run_id=report.get("run_id"),
            shard=report.get("shard"),
            customers=report.get("customers"),
            seconds=round(time.perf_counter() - started, 1),
        )
        return report

    return score


def _step(event: Event, run: "ChurnScoring") -> object:
    match event.get("step"):
        case None:
            return run.run(require_instant("time", event.get("time")))
        case "plan":
            return run.plan(require_instant("time", event.get("time")))
        case "score":
            run_id, shard = _run_id(event), event.get("shard")
            if not isinstance(shard, int) or isinstance(shard, bool) or not 0 <= shard < SHARDS:
                raise InvalidInputError.of("shard", "shard", f"Must be a number below {SHARDS}")
            try:
                return run.score(run_id, shard)
            except Exception as error:
                raise ShardFailedError(shard, error) from error
        case "finish":
            return run.finish(_run_id(event))
        case "fail":
            return _fail(event, run)
        case "backfill":
            return run.backfill_receipts(require_instant("time", event.get("time")))
        case _:
            raise InvalidInputError.of(
                "step", "step", "Must be plan, score, finish, fail or backfill"
            )


def _fail(event: Event, run: "ChurnScoring") -> Report:
    """Note why a run failed, as a state machine tells it: `failure` holds what was thrown."""
    run_id = run_id_of(require_instant("time", event.get("time")))
    run.fail(run_id, failure_text(event.get("failure")))
    return {"run_id": run_id}


def failure_text(failure: object) -> str:
    """The kind of error, and what errors of ours say, none of which holds anybody's data."""
    match failure:
        case {"Error": str(kind), "Cause": str(cause)}:
            pass
        case {"Error": str(kind)}:
            return kind
        case _:
            return "unknown"
    try:
        told = json.loads(cause)
    except ValueError:
        return kind
    match told:
        case {"errorType": str(name), "errorMessage": str(message)} if name in TELLING:
            return message
        case {"errorType": str(name)}:
            return name
        case _:
            return kind


def _run_id(event: Event) -> str:
    run_id = event.get("run_id")
    if not isinstance(run_id, str):
        raise InvalidInputError.of("run_id", "run_id", "Invalid run id")
    return run_id


handler = scoring(container)
