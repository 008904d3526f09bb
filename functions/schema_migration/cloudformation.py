"""Answers CloudFormation about a custom resource: once, and before time is over."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIME_IS_UP = 5.0
"""Seconds before the invocation's end."""
REASON_LIMIT = 1000
ATTEMPTS, PAUSE, TIMEOUT = 4, 0.5, 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a request."""

    is_done: bool
    data: Mapping[str, str] = field(default_factory=dict)
    """Attributes of the resource."""
    reason: str = ""

    @property
    def status(self) -> str:
        """In CloudFormation's words."""
        return "SUCCESS" if self.is_done else "FAILED"


class Answer:
    """An answer that is sent at most once."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event
        self._is_sent = False
        self._lock = Lock()

    @property
    def is_awaited(self) -> bool:
        """Whether CloudFormation waits for it."""
        return "ResponseURL" in self._event

    def send(self, outcome: Outcome) -> None:
        """Send it unless one was; OSError where CloudFormation cannot be reached."""
        with self._lock:
            if self._is_sent or not self.is_awaited:
                return
            self._put(outcome)
            self._is_sent = True

    def _put(self, outcome: Outcome) -> None:
        answered = {
            "Status": outcome.status,
            "Reason": outcome.reason[:REASON_LIMIT],
            # Always the same: another one would make CloudFormation delete the one it replaces.
            "PhysicalResourceId": self._event.get(
                "PhysicalResourceId", self._event["LogicalResourceId"]
            ),
            **{name: self._event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
            "Data": outcome.data,
        }
        request = Request(  # noqa: S310 - the address is CloudFormation's
            self._event["ResponseURL"],
            data=json.dumps(answered).encode(),
            method="PUT",
            headers={"Content-Type": ""},  # the address is signed without one
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with urlopen(request, timeout=TIMEOUT):  # noqa: S310 - as above
                    return
            except OSError as error:
                if isinstance(error, HTTPError):
                    error.close()
                if attempt == ATTEMPTS:
                    raise
            time.sleep(PAUSE * 2**attempt)


@contextmanager
def answering(event: Mapping[str, Any], seconds: float) -> Iterator[Answer]:
    """The answer to a request; it says so itself when the invocation's time is nearly over."""
    answer = Answer(event)
    late = Outcome(is_done=False, reason="it had not ended when the function's time was over")
    timer = Timer(max(seconds - TIME_IS_UP, 0), answer.send, (late,))
    timer.daemon = True
    timer.start()
    try:
        yield answer
    finally:
        timer.cancel()
