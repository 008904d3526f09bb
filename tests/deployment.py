"""A deployment as a whole: its functions on one storage, and all places that they write to."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, override

import boto3

import form_intake
from bulk_import import importing
from churn_scoring import scoring
from lead_scoring import scoring as rescoring
from outbox_relay import relaying
from succotash.container import Container
from succotash.domain.intake.queued_submissions import Delivery
from succotash.domain.repositories.storage import Storage
from succotash.infrastructure.aws.submission_queue import SqsSubmissionQueue
from succotash.infrastructure.files.objects import FolderObjectStore
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.contexts import Context
from tests.events import http_event
from tests.failing_storage import FailingStorage
from tests.http.gateway import Gateway
from tests.servers import PostgresServer
from tests.traces import (
    Contents,
    in_files,
    in_memory,
    in_objects,
    in_postgres,
    in_queues,
    in_sqlite,
)

EXPORTS, ORDER_FILES = "exports", "order-files"
"""Buckets."""


class Away(Container):
    """A deployment whose storage does not answer."""

    @cached_property
    @override
    def storage(self) -> Storage:
        storage = FailingStorage()
        storage.is_away = True
        return storage


@dataclass
class World:
    """A deployment on one storage, with everything that it writes to."""

    folder: Path
    environment: Mapping[str, str]
    server: PostgresServer | None = None
    queues: tuple[str, ...] = ()
    typed: str = "ada@example.com"
    """The address that somebody sends who is not said to be another."""

    @cached_property
    def gateway(self) -> Gateway:
        return Gateway(self.environment)

    @property
    def container(self) -> Container:
        return self.gateway.container

    @property
    def is_on_aws(self) -> bool:
        return bool(self.queues)

    def call(self, method: str, path: str, body: object = None, **given: Any) -> Any:  # noqa: ANN401
        answer = self.gateway.call(method, path, json_body=body, **given)
        assert answer.status < 400, answer.body
        return json.loads(answer.body) if answer.body.startswith("{") else answer.body

    def submit(self, form: str = "default", key: str | None = None, **answers: object) -> Any:  # noqa: ANN401
        headers = {"idempotency-key": key} if key else {}
        body = {"email": self.typed} | answers
        return self.call("POST", f"/forms/{form}/submissions", body, headers=headers)

    def park(self, form: str, **answers: object) -> None:
        """Submit while the storage is away."""
        path = f"/forms/{form}/submissions"
        body = {"email": self.typed} | answers
        event = http_event("POST", path, json_body=body, route="/forms/{form_id}/submissions")
        answer = form_intake.intake(Away(self.environment))(event, Context())
        assert answer["statusCode"] == 202

    def set_aside_parked(self) -> None:
        """Put what waits where it ends after too many failures."""
        if not self.is_on_aws:
            local = FileSubmissionQueue(self.folder / "parked.db")
            while deliveries := local.receive(10, seconds=60):
                for each in deliveries:
                    local.dead_letter(each)
            return
        client, queue = boto3.client("sqs"), SqsSubmissionQueue(self.queues[0], self.queues[1])
        while found := client.receive_message(
            QueueUrl=self.queues[0],
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["MessageGroupId"],
        ).get("Messages"):
            for message in found:
                group = message["Attributes"]["MessageGroupId"]
                queue.dead_letter(Delivery(message["MessageId"], group, message["Body"], 5))
                client.delete_message(
                    QueueUrl=self.queues[0], ReceiptHandle=message["ReceiptHandle"]
                )

    def fail_deliveries(self) -> None:
        """Put the first delivery jobs that wait where they end after too many failures."""
        if not self.is_on_aws:
            return
        client = boto3.client("sqs")
        jobs, failed = self.queues[2:]
        for message in client.receive_message(
            QueueUrl=jobs,
            MaxNumberOfMessages=3,
            MessageSystemAttributeNames=["MessageGroupId"],
        )["Messages"]:
            client.send_message(
                QueueUrl=failed,
                MessageBody=message["Body"],
                MessageGroupId=message["Attributes"]["MessageGroupId"],
                MessageDeduplicationId=message["MessageId"],
            )
            client.delete_message(QueueUrl=jobs, ReceiptHandle=message["ReceiptHandle"])

    def take_queued(self) -> None:
        """Let the function take what waits."""
        take = form_intake.intake(self.container)
        if self.is_on_aws:
            client = boto3.client("sqs")
            while True:
                found = client.receive_message(
                    QueueUrl=self.queues[0],
                    MaxNumberOfMessages=10,
                    MessageSystemAttributeNames=["All"],
                )
                records = [
                    {"messageId": m["MessageId"], "body": m["Body"], "attributes": m["Attributes"]}
                    for m in found.get("Messages", ())
                ]
                if not records:
                    return
                assert take({"Records": records}, Context()) == {"batchItemFailures": []}
                for each in found["Messages"]:
                    client.delete_message(
                        QueueUrl=self.queues[0], ReceiptHandle=each["ReceiptHandle"]
                    )
        queue = FileSubmissionQueue(self.folder / "parked.db")
        while deliveries := queue.receive(10, seconds=60):
            records = [
                {
                    "messageId": each.message_id,
                    "body": each.text,
                    "attributes": {
                        "MessageGroupId": each.group,
                        "ApproximateReceiveCount": str(each.receives),
                    },
                }
                for each in deliveries
            ]
            assert take({"Records": records}, Context()) == {"batchItemFailures": []}
            queue.settle(deliveries, [], pause=0)

    def import_orders(self, name: str, content: str) -> Mapping[str, Any]:
        """Import a file: from the bucket, or from a folder of somebody's own."""
        if self.is_on_aws:
            boto3.client("s3").put_object(Bucket=ORDER_FILES, Key=name, Body=content.encode())
            detail = {"bucket": {"name": ORDER_FILES}, "object": {"key": name}}
            record = {"body": json.dumps({"id": "event", "detail": detail})}
            [report] = importing(self.container)({"Records": [record]}, Context())
            return report
        file = self.folder / name
        file.write_text(content)
        report = self.container.get_bulk_import(FolderObjectStore()).run(str(file))
        file.unlink()  # it is whose it was before, and the result is ours
        return report

    def run(self, at: float) -> None:
        """What the schedules do."""
        event = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)), "id": "scheduled"}
        scoring(self.container)(event, Context())
        rescoring(self.container)(event, Context())
        relaying(self.container)({"id": "scheduled"}, Context())

    def everything(self, logs: str) -> Contents:
        """All that is stored anywhere, by where."""
        storage = self.container.storage
        found: dict[str, bytes] = {"logs": logs.encode()}
        if isinstance(storage, InMemoryStorage):
            found |= in_memory(storage)
        if self.server is not None:
            found |= in_postgres(self.server, self.environment["DB_NAME"])
        if path := self.environment.get("SQLITE_PATH"):
            found |= in_sqlite(Path(path))
        if self.is_on_aws:
            found |= in_objects(EXPORTS, ORDER_FILES) | in_queues(*self.queues)
        return found | in_files(self.folder)
