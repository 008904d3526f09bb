"""Files of orders that were put into the bucket, one a message."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from succotash.application.value.import_results import ImportReport
from succotash.container import Container, container
from succotash.http.invocations import WrongSettings, invocation

RESERVE = 60_000
"""Milliseconds kept for the block under way and for the result."""
RECEIVES = 30
"""The queue's limit of receives before it keeps a message among failures, as in the template."""


def importing(
    parts: Container,
) -> Callable[[Mapping[str, Any], LambdaContext], list[ImportReport]]:
    """The handler of queued `Object Created` events of EventBridge, with these parts.

    UnfinishedImportError, storage errors and whatever else stops an import escape: the queue gives
    the message again, and the import goes on where it stood. One that fails for the last time is
    given up: who asks about it reads that.
    """
    logger = Logger(service="bulk_import")
    wrong_settings = WrongSettings(logger)

    def import_files(event: Mapping[str, Any], context: LambdaContext) -> list[ImportReport]:
        reports = []
        for record in event["Records"]:
            created = json.loads(record["body"])
            bucket = parts.get_bucket(created["detail"]["bucket"]["name"])
            key = created["detail"]["object"]["key"]
            with invocation("bulk_import", created["id"], wrong_settings):
                orders = parts.get_bulk_import(bucket)
                try:
                    report = orders.run(
                        key,
                        removes=True,
                        has_time=lambda: context.get_remaining_time_in_millis() > RESERVE,
                    )
                except Exception:
                    if int(record["attributes"]["ApproximateReceiveCount"]) >= RECEIVES:
                        orders.give_up(key)
                    raise
            # The keys of files are the company's own words, and stay out of the log.
            logger.info(
                "imported",
                correlation_id=created["id"],
                status=report["status"],
                recorded=report["recorded"],
                unchanged=report["unchanged"],
                conflicting=report["conflicting"],
                rejected=report["rejected"],
                warned=report["warned"],
            )
            reports.append(report)
        return reports

    return import_files


handler = importing(container)
