"""This machine's stand-in for what invokes functions unasked: a schedule, a queue, and a bus."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from succotash.domain.intake.queued_submissions import Delivery
from succotash.domain.messages.outbox import MessageKind
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from succotash.settings import FILE_SCHEME

TICK = 1.0
"""Seconds between looks at the queue and the outbox; a deployment's schedule is slower."""
BATCH = 10
HIDDEN_SECONDS = 180.0
PAUSE_SECONDS = 5.0
"""Before what could not be taken is given again, and before a function that failed is tried."""
RELAY, INTAKE, DISPATCH = "OutboxRelay", "FormIntake", "CampaignDispatch"
SCORING, IMPORT = "ChurnScoring", "BulkImport"
DISPATCHING = frozenset({MessageKind.SCORING_FINISHED, MessageKind.CAMPAIGN_DISPATCH_REQUESTED})
"""Kinds of events on the bus after which campaigns are dispatched."""
DEVELOPMENT_SECRETS = {
    "shopify": "development-shopify",
    "woocommerce": "development-woocommerce",
    "stripe": "whsec_development",
}
"""The secrets that sign shops' events on this machine; known to everybody."""

type Invoke = Callable[[str, str], str]
"""Invokes a function by its logical id with an event, both JSON."""


class BackgroundWorkers:
    """Takes what waits to the functions, and says once what stands in the way."""

    def __init__(
        self,
        invoke: Invoke,
        queue: FileSubmissionQueue | None,
        bus: Path | None = None,
        uploads: Path | None = None,
    ) -> None:
        self._uploads = uploads
        self._invoke = invoke
        self._queue = queue
        self._bus = bus
        self._read_to = bus.stat().st_size if bus is not None and bus.exists() else 0
        self._has_dispatched = False
        self._failing: dict[str, str] = {}

    def relay(self) -> bool:
        """Let the outbox be relayed; whether it could be."""
        return self._ask(RELAY, {"source": "aws.scheduler"}) is not None

    def take_queued(self) -> bool:
        """Let the next batch of the queue be taken; whether all of it was."""
        deliveries = self._queue.receive(BATCH, HIDDEN_SECONDS) if self._queue else []
        if self._queue is None or not deliveries:
            return True
        answer = self._ask(INTAKE, {"Records": [_record(each) for each in deliveries]})
        again = (
            {each.message_id for each in deliveries}
            if answer is None
            else {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        )
        failed = [each for each in deliveries if each.message_id in again]
        taken = [each for each in deliveries if each.message_id not in again]
        self._queue.settle(taken, failed, PAUSE_SECONDS)
        return not failed

    def take_events(self) -> bool:
        """Let campaigns be dispatched, at first as a schedule does, then as events on the bus ask.

        Customers are scored as events ask. Whether all was done; an event that failed is given
        again, except a scoring run, which then counts as failed.
        """
        if self._bus is None:
            return True
        if not self._has_dispatched:
            if self._ask(DISPATCH, {"source": "aws.scheduler"}) is None:
                return False
            self._has_dispatched = True
        for event, end in self._events(self._bus):
            if event["detail-type"] in DISPATCHING and self._ask(DISPATCH, event) is None:
                return False
            self._read_to = end
            if event["detail-type"] == MessageKind.SCORING_REQUESTED:
                self.score(event["detail"]["time"])
        return True

    def score(self, time: str) -> None:
        """Score all customers step by step, as the state machine does; requests come between."""
        try:
            planned = self._step({"step": "plan", "time": time})
            if planned["state"] == "running":
                for shard in planned["shards"]:
                    self._step({"step": "score", "run_id": planned["run_id"], "shard": shard})
                self._step({"step": "finish", "run_id": planned["run_id"]})
        except Exception as error:  # noqa: BLE001 - Step Functions would catch it, whatever it was
            self._tell(SCORING, f"{type(error).__name__}; the run has failed")
            cause = {"errorType": type(error).__name__, "errorMessage": str(error)}
            failure = {"Error": type(error).__name__, "Cause": json.dumps(cause)}
            self._ask(SCORING, {"step": "fail", "time": time, "failure": failure})

    def _step(self, event: dict[str, object]) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self._invoke(SCORING, json.dumps(event)))
        return report

    def take_uploads(self) -> bool:
        """Let the files be imported that were sent to this machine; whether all of them were."""
        if self._uploads is None:
            return True
        failed = False
        for file in sorted(self._uploads.glob("uploads/*.upload")):
            created = {
                "id": file.stem,
                "detail": {
                    "bucket": {"name": f"{FILE_SCHEME}{self._uploads}"},
                    "object": {"key": str(file.relative_to(self._uploads))},
                },
            }
            record = {"messageId": file.stem, "body": json.dumps(created)}
            failed |= self._ask(IMPORT, {"Records": [record]}) is None
        return not failed

    def _events(self, bus: Path) -> Iterator[tuple[dict[str, Any], int]]:
        """Whole lines of the bus that were not read yet, and where each ends."""
        if not bus.exists():
            return
        with bus.open("rb") as file:
            file.seek(self._read_to)
            while (line := file.readline()).endswith(b"\n"):
                yield json.loads(line), file.tell()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the block ends, from a thread."""
        ended = Event()
        thread = Thread(target=self._work, args=(ended,), name="workers", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _work(self, ended: Event) -> None:
        rounds: Sequence[Callable[[], bool]] = (
            self.take_queued,
            self.take_uploads,
            self.take_events,
            self.relay,
        )
        due = dict.fromkeys(rounds, 0.0)
        while not ended.wait(TICK):
            for each in rounds:
                if time.monotonic() >= due[each] and not each():
                    due[each] = time.monotonic() + PAUSE_SECONDS

    def _ask(self, function: str, event: object) -> dict[str, list[dict[str, str]]] | None:
        """The function's answer; None where it failed."""
        try:
            answer: dict[str, list[dict[str, str]]] = json.loads(
                self._invoke(function, json.dumps(event))
            )
        except Exception as error:  # noqa: BLE001 - Lambda would try again, whatever it was
            self._tell(function, f"{type(error).__name__}; it is tried again")
            return None
        self._tell(function, "")
        return answer

    def _tell(self, function: str, state: str) -> None:
        if self._failing.get(function, "") != state:
            self._failing[function] = state
            print(f"{function}: {state or 'works again'}", file=sys.stderr, flush=True)


def settings_of(folder: Path, url: str, *, queues: bool) -> dict[str, str]:
    """The settings by which functions leave messages and submissions in this folder."""
    queue = {"PARKING_QUEUE_URL": f"file:{folder / 'parked.db'}"} if queues else {}
    return queue | {
        "CONNECTOR_SECRETS": json.dumps(DEVELOPMENT_SECRETS),
        "EVENT_BUS": f"file:{folder / 'events.ndjson'}",
        "EXPORTS": f"file:{folder / 'exports'}",
        "ORDER_FILES": f"file:{folder / 'order-files'}",
        "MAIL_FOLDER": str(folder / "mail"),
        "MAIL_FROM": "Succotash <succotash@localhost>",
        "PUBLIC_URL": url,
    }


def _record(delivery: Delivery) -> dict[str, object]:
    return {
        "messageId": delivery.message_id,
        "body": delivery.text,
        "attributes": {
            "MessageGroupId": delivery.group,
            "ApproximateReceiveCount": str(delivery.receives),
        },
        "eventSource": "aws:sqs",
    }
