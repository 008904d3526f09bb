"""The frame of every function: its invocations have a name, and their metrics go out."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from succotash.errors import SettingsError
from succotash.observation import Invocation, Metric, observed

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Succotash")
"""Several deployments of one account are told apart by it."""
UNITS = {Metric.RUN_SECONDS: MetricUnit.Seconds}
"""The units of metrics that count nothing."""


class WrongSettings:
    """Says which setting is wrong, and each time it is met again nothing more."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger
        self._told: set[str] = set()

    def tell(self, error: BaseException, correlation_id: str) -> None:
        """Log the sentence of the SettingsError that a failure comes from, where there is one."""
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, SettingsError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None and str(cause) not in self._told:
            self._told.add(str(cause))
            self._logger.critical(str(cause), correlation_id=correlation_id)


@contextmanager
def invocation(
    function: str, correlation_id: str, wrong_settings: WrongSettings | None = None
) -> Iterator[Invocation]:
    """Work on one event; what was counted is published at its end, also when it fails."""
    with observed(function, correlation_id) as current:
        try:
            yield current
        except Exception as error:
            if wrong_settings is not None:
                wrong_settings.tell(error, correlation_id)
            raise
        finally:
            if current.counts:
                publish(function, current.counts)


def publish(function: str, counts: Mapping[Metric, int]) -> None:
    """Write the metrics into the log in CloudWatch's embedded metric format."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=function)
    for metric, value in counts.items():
        metrics.add_metric(metric.value, UNITS.get(metric, MetricUnit.Count), value)
    metrics.flush_metrics()
