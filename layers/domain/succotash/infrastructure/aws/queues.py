"""Shared parts of the adapters of SQS."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from succotash.errors import StorageUnavailableError

type Sqs = Any
"""A client of SQS, which boto3 makes while it runs."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise what boto3 raises as the project's error, without the message in the text."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise StorageUnavailableError(f"the queue answered {code}") from None
    except BotoCoreError as error:
        raise StorageUnavailableError(f"the queue: {type(error).__name__}") from None
