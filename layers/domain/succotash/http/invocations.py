"""The frame of every function: its invocations have a name, and their metrics go out."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from succotash.observation import Invocation, Metric, observed

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Succotash")
"""Several deployments of one account are told apart by it."""
UNITS = {Metric.RUN_SECONDS: MetricUnit.Seconds}
"""Of metrics that count nothing."""


@contextmanager
def invocation(function: str, correlation_id: str) -> Iterator[Invocation]:
    """Work on one event; what was counted is published at its end, also when it fails."""
    with observed(function, correlation_id) as current:
        try:
            yield current
        finally:
            if current.counts:
                publish(function, current.counts)


def publish(function: str, counts: Mapping[Metric, int]) -> None:
    """Write the metrics into the log in CloudWatch's embedded metric format."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=function)
    for metric, value in counts.items():
        metrics.add_metric(metric.value, UNITS.get(metric, MetricUnit.Count), value)
    metrics.flush_metrics()
