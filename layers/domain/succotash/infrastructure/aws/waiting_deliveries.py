"""Erasing people from what waits in queues of SQS: delivery jobs, events of shops.

Each job is a group of its own, so nothing has to be sent again to see what is behind it, and no
mail gets a second job by a search that broke off.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import batched
from typing import override

from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Erasable, Forgotten
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.queue_rounds import (
    BATCH,
    HIDDEN_SECONDS,
    WAIT_SECONDS,
    Message,
    delete_messages,
    hidden_messages,
)
from succotash.infrastructure.aws.queues import Sqs, translated
from succotash.infrastructure.aws.submission_queue import sqs


class SqsWaitingMessages(Erasable):
    """Queues of jobs or of events, those that failed among them."""

    def __init__(
        self,
        urls: Sequence[str],
        is_about: Callable[[ErasedPerson, str], bool],
        client: Callable[[], Sqs] = sqs,
    ) -> None:
        """`is_about` says whether a message's text is about a person."""
        self._urls = urls
        self._is_about = is_about
        self._new_client = client

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        # The worker of jobs has no way to the database and its tombstones, so they go here.
        client = self._new_client()
        removed = 0
        is_complete = True
        for url in self._urls:
            found = _search(client, url, lambda text: self._is_about(person, text), has_time)
            removed += found.removed
            is_complete &= found.is_complete
        return Forgotten(removed, is_complete)


def _search(
    client: Sqs, url: str, goes: Callable[[str], bool], has_time: Callable[[], bool]
) -> Forgotten:
    """Delete each message whose text `goes`; the others are hidden until the search ends.

    A job that is being done meanwhile, or waits to be given again, is not seen: the search waits
    for it, and is not complete in the end.
    """
    removed = 0
    held: list[Message] = []
    try:
        while has_time():
            messages = _receive(client, url)
            if not messages and hidden_messages(client, url) <= len(held):
                return Forgotten(removed)
            going = [each for each in messages if goes(each["Body"])]
            held += [each for each in messages if each not in going]
            delete_messages(client, url, going)
            removed += len(going)
    finally:
        _release(client, url, held)
    return Forgotten(removed, is_complete=False)


def _receive(client: Sqs, url: str) -> Sequence[Message]:
    with translated():
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
        )
    messages: Sequence[Message] = answer.get("Messages", [])
    return messages


def _release(client: Sqs, url: str, messages: Iterable[Message]) -> None:
    # What cannot be released now is given again when its time is over.
    with suppress(StorageUnavailableError), translated():
        for batch in batched(messages, BATCH, strict=False):
            client.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {
                        "Id": str(place),
                        "ReceiptHandle": each["ReceiptHandle"],
                        "VisibilityTimeout": 0,
                    }
                    for place, each in enumerate(batch)
                ],
            )
