"""Messages put into a queue of SQS without boto3, whose import takes a second.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC
from hashlib import sha256
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from succotash.domain.values import Clock, system_clock
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.credentials import Credentials, find_credentials
from succotash.infrastructure.aws.signatures import ALGORITHM, scope_of, signature_of

SERVICE = "sqs"
ANSWER_SECONDS = 2
CONTENT_TYPE = "application/x-amz-json-1.0"
TARGET = "AmazonSQS.SendMessage"


class QueueMessages:
    """Sends to one queue, which is not FIFO."""

    def __init__(
        self,
        queue_url: str,
        endpoint: str | None = None,
        credentials: Callable[[], Credentials] = lambda: find_credentials(os.environ),
        clock: Clock = system_clock,
    ) -> None:
        """`endpoint` is where SQS answers; without it, where the queue's address says."""
        self._queue_url = queue_url
        self._endpoint = endpoint or "{0.scheme}://{0.netloc}".format(urlsplit(queue_url))
        self._credentials = credentials
        self._clock = clock

    def send(self, body: str, delay_seconds: int) -> None:
        """Put a message into the queue, held back so long; StorageUnavailableError."""
        document = {
            "QueueUrl": self._queue_url,
            "MessageBody": body,
            "DelaySeconds": delay_seconds,
        }
        payload = json.dumps(document).encode()
        request = Request(  # noqa: S310 - the address is a setting
            f"{self._endpoint}/", payload, self.headers(payload), method="POST"
        )
        try:
            with urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310
                pass
        except HTTPError as error:
            raise StorageUnavailableError(f"the queue answered {error.code}") from None
        except (URLError, OSError) as error:
            raise StorageUnavailableError(f"the queue: {type(error).__name__}") from None

    def headers(self, payload: bytes) -> Mapping[str, str]:
        """The signed headers of the request with this payload."""
        credentials = self._credentials()
        moment = self._clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "content-type": CONTENT_TYPE,
            "host": urlsplit(self._endpoint).netloc,
            "x-amz-date": moment,
            "x-amz-target": TARGET,
        }
        if credentials.session_token is not None:
            headers["x-amz-security-token"] = credentials.session_token
        names = ";".join(sorted(headers))
        lines = [f"{name}:{value}" for name, value in sorted(headers.items())]
        digest = sha256(payload).hexdigest()
        canonical = "\n".join(("POST", "/", "", *lines, "", names, digest))
        scope = scope_of(moment, SERVICE, credentials)
        signature = signature_of(canonical, moment, scope, credentials)
        authorization = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return headers | {"authorization": authorization}
