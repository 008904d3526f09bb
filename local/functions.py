"""This machine's stand-in for Lambda: the template's functions, run in this process."""

import importlib
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

type Event = dict[str, Any]
type Handler = Callable[[Event, "LambdaContext"], object]

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The context of an invocation, as Lambda gives it."""

    function_name: str
    memory_limit_in_mb: int
    ends_at: float
    """The end by the monotonic clock, in seconds."""
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    log_group_name: str = "local"
    log_stream_name: str = "local"

    @property
    def invoked_function_arn(self) -> str:
        """The ARN as it would read in an account of its own."""
        return ARN + self.function_name

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the invocation."""
        return max(0, round((self.ends_at - time.monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A function of the template: where its code is and what it may use."""

    name: str
    """The logical id."""
    folder: Path
    entry: str
    """Module and attribute, such as `form_intake.handler`."""
    memory: int = 128
    timeout: float = 3

    def load(self) -> Handler:
        """Import the module from its folder, as Lambda does."""
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        module, _, attribute = self.entry.rpartition(".")
        handler: Handler = getattr(importlib.import_module(module), attribute)
        return handler


class LocalFunctions:
    """Invokes functions one at a time, each imported when first invoked.

    One lock holds for all of them: they share one container here, and an environment of Lambda
    has one invocation at a time. Who holds it by `alone` may invoke them.
    """

    def __init__(self, functions: Iterable[LocalFunction]) -> None:
        self._functions = {function.name: function for function in functions}
        self._handlers: dict[str, Handler] = {}
        self._lock = RLock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody else invoke a function until the block ends."""
        with self._lock:
            yield

    def invoke(self, name: str, event: str) -> str:
        """The function's answer to an event, both as JSON; what the function raises escapes."""
        function = self._functions[name]
        with self._lock:
            if name not in self._handlers:
                self._handlers[name] = function.load()
            ends_at = time.monotonic() + function.timeout
            context = LambdaContext(name, function.memory, ends_at)
            return json.dumps(self._handlers[name](json.loads(event), context))
