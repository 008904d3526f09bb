"""Brings the database's roles and schema to this release's, when CloudFormation asks for it.

Invoked by hand, without an address to answer to, it does the same and returns its outcome.
CloudFormation also asks for a digest of a deployment's settings, which no intrinsic function makes,
and has the bucket of exports emptied, which it could not delete otherwise.
"""

import json
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from cloudformation import Outcome, answering
from succotash.container import Container, container
from succotash.errors import NotFoundError, StorageUnavailableError, SuccotashError
from succotash.http.invocations import invocation

RESERVE = 15.0
"""Seconds kept for the answer."""
SETTINGS = "Custom::Settings"
"""The type of the resource that is a digest of settings, and touches no database."""
DIGITS = 16
EMPTIED_BUCKET = "Custom::EmptiedBucket"
"""The type of the resource with whose deletion a bucket loses its objects."""
UNEXPECTED = "something unexpected happened; the function's log says what"

type Report = dict[str, Any]


def migrating(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], Report]:
    """The handler of a custom resource's requests, with these parts.

    CloudFormation is answered whatever happens; errors escape where nobody waits for an answer.
    """
    logger = Logger(service="schema_migration")

    def migrate(event: Mapping[str, Any], context: LambdaContext) -> Report:
        correlation_id = str(event.get("RequestId") or context.aws_request_id)
        remaining = context.get_remaining_time_in_millis() / 1000
        deadline = time.monotonic() + remaining - RESERVE
        with invocation("schema_migration", correlation_id), answering(event, remaining) as answer:
            try:
                data = _data(parts, event, deadline)
            except Exception as error:
                is_told = isinstance(error, SuccotashError)
                if not is_told:
                    logger.exception("failed", correlation_id=correlation_id)
                if not answer.is_awaited:
                    raise
                outcome = Outcome(is_done=False, reason=str(error) if is_told else UNEXPECTED)
            else:
                outcome = Outcome(is_done=True, data=data)
            answer.send(outcome)
        report: Report = {"status": outcome.status, "reason": outcome.reason, **outcome.data}
        logger.info("ended", correlation_id=correlation_id, **report)
        return report

    return migrate


def _data(parts: Container, event: Mapping[str, Any], deadline: float) -> Mapping[str, str]:
    """The resource's attributes in the end; none where there is nothing to look after."""
    properties = event.get("ResourceProperties", {})
    if event.get("ResourceType") == SETTINGS:
        values = json.dumps(properties.get("Values"), sort_keys=True)
        return {"Digest": sha256(values.encode()).hexdigest()[:DIGITS]}
    if event.get("ResourceType") == EMPTIED_BUCKET:
        if event.get("RequestType") == "Delete":
            _empty(str(properties["Bucket"]), deadline)
        return {}
    if event.get("RequestType") == "Delete" or parts.settings.storage != "postgres":
        return {}
    return {"Revision": parts.get_schema_migration().run(properties.get("Revision"), deadline)}


def _empty(bucket: str, deadline: float) -> None:
    """Remove all objects, or say that some are left."""
    from succotash.infrastructure.aws.exports import ExportBucket

    try:
        emptied = ExportBucket(bucket).empty(lambda: time.monotonic() < deadline)
    except NotFoundError:
        return
    if not emptied.is_complete:
        raise StorageUnavailableError("no time was left to delete all of its objects")


handler = migrating(container)
