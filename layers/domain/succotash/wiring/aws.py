"""Services of AWS, by their names, ARNs and URLs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from succotash.infrastructure.aws.events import EventBridgeBus
    from succotash.infrastructure.aws.exports import ExportBucket
    from succotash.infrastructure.aws.objects import S3ObjectStore
    from succotash.infrastructure.aws.submission_queue import SqsSubmissionQueue
    from succotash.infrastructure.aws.uploads import UploadBucket


def submission_queue(address: str, failures: str) -> "SqsSubmissionQueue":
    """A FIFO queue of SQS, and one for what is dead-lettered."""
    from succotash.infrastructure.aws.submission_queue import SqsSubmissionQueue

    return SqsSubmissionQueue(address, failures)


def export_store(address: str) -> "ExportBucket":
    """A bucket of S3."""
    from succotash.infrastructure.aws.exports import ExportBucket

    return ExportBucket(address)


def objects(address: str) -> "S3ObjectStore":
    """The objects of a bucket of S3."""
    from succotash.infrastructure.aws.objects import S3ObjectStore

    return S3ObjectStore(address)


def upload_store(address: str, server: str) -> "UploadBucket":  # noqa: ARG001 - S3 takes the file
    """Permits to send files to a bucket of S3."""
    from succotash.infrastructure.aws.uploads import UploadBucket

    return UploadBucket(address)


def event_bus(address: str) -> "EventBridgeBus":
    """A bus of EventBridge."""
    from succotash.infrastructure.aws.events import EventBridgeBus

    return EventBridgeBus(address)
