"""Answers requests of shops' customers about their data: to see it, and to have it erased."""

import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from succotash.application.people.views import ErasureReport, PersonExport
from succotash.domain.people.identities import numbered
from succotash.domain.repositories.exports import ExportStore
from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.repositories.storage import Storage
from succotash.domain.shops.events import QueuedShopEvent, ShopEvent, ShopEventKind
from succotash.domain.values import Clock, Json, instant_text
from succotash.errors import (
    InvalidInputError,
    MalformedRequestError,
    NotFoundError,
    SettingsError,
    StorageUnavailableError,
)

RECEIVES_TRIED = 5
"""A request that fails so often for a reason of its own is dead-lettered."""
logger = logging.getLogger(__name__)


class People(Protocol):
    """The use cases of a person's rights that these requests need."""

    def export_person(self, email: str) -> PersonExport:
        """All that is held under an e-mail."""

    def erase_person(self, email: str, has_time: Callable[[], bool] = ...) -> ErasureReport:
        """Erase what is held under an e-mail."""


@dataclass(slots=True)
class ShopRequestReport:
    """The results of the requests that a queue gave."""

    erased: int = 0
    exported: int = 0
    unknown: int = 0
    """About somebody of whom nothing is known."""
    set_aside: int = 0
    again: list[str] = field(default_factory=list)
    """Ids of the messages that the queue is to give again."""


class ShopRequests:
    """Answers requests that Shopify passes on."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        people: People,
        queue: ShopEventQueue,
        exports: ExportStore | None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._people = people
        self._queue = queue
        self._exports = exports

    def take(
        self, queued: Sequence[QueuedShopEvent], has_time: Callable[[], bool] = lambda: True
    ) -> ShopRequestReport:
        """Answer the requests, as far as storage and time allow; SettingsError escapes.

        An erasure that time did not suffice for is given again, and goes on then. An export is
        put where large exports are, as JSON, and the log names it.
        """
        report = ShopRequestReport()
        for each in queued:
            if not has_time():
                report.again.append(each.message_id)
                continue
            try:
                self._answer(ShopEvent.of_text(each.text), each.message_id, report, has_time)
            except StorageUnavailableError:
                report.again.append(each.message_id)
            except SettingsError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are answered
                # The text of an error may quote what somebody sent.
                logger.error("a request cannot be answered: %s", type(error).__name__)  # noqa: TRY400
                is_hopeless = isinstance(
                    error, MalformedRequestError | InvalidInputError | NotFoundError
                )
                if is_hopeless or each.receives >= RECEIVES_TRIED:
                    self._set_aside(each, report)
                else:
                    report.again.append(each.message_id)
        return report

    def _answer(
        self,
        event: ShopEvent,
        message_id: str,
        report: ShopRequestReport,
        has_time: Callable[[], bool],
    ) -> None:
        if event.kind is not ShopEventKind.PRIVACY:
            raise MalformedRequestError("not a request about a person's data")
        email = self._email_in(event)
        if email is None:
            report.unknown += 1
            logger.warning("the request %s names nobody who is known by an e-mail", message_id)
        elif "data_request" in event.body:
            self._export(email, event, message_id)
            report.exported += 1
        else:
            erasure = self._people.erase_person(email, has_time)
            report.erased += 1
            if erasure["unfinished"]:
                report.again.append(message_id)

    def _email_in(self, event: ShopEvent) -> str | None:
        """The e-mail of the customer: as it was sent, or as it is known for the shop's number."""
        customer = event.body.get("customer")
        if not isinstance(customer, dict):
            raise MalformedRequestError("the request names no customer")
        email, number = customer.get("email"), customer.get("id")
        if isinstance(email, str) and email:
            return email
        if not isinstance(number, int | str):
            raise MalformedRequestError("the request names no customer")
        name = numbered(event.system, str(number))
        known = self._storage.repositories.customers.find_known((name,), ())
        account = known.accounts.get(name)
        return None if account is None else account.canonical_email

    def _export(self, email: str, event: ShopEvent, message_id: str) -> None:
        if self._exports is None:
            raise NotFoundError("place for exports")
        asked = event.body["data_request"]
        number = asked.get("id") if isinstance(asked, dict) else None
        export = self._people.export_person(email)
        # Who guesses the number of a request still does not have the name of its file.
        name = f"data_request_{_digits(number)}_{secrets.token_hex(8)}.json"
        self._exports.put(name, [_as_json(export)], self._clock())
        logger.info("the request %s is answered by the export %s", message_id, name)

    def _set_aside(self, queued: QueuedShopEvent, report: ShopRequestReport) -> None:
        try:
            self._queue.set_aside(queued)
        except StorageUnavailableError:
            report.again.append(queued.message_id)
        else:
            report.set_aside += 1


def _digits(number: Json) -> str:
    return "".join(filter(str.isdigit, str(number)))[:20] or "0"


def _as_json(export: Mapping[str, object]) -> bytes:
    def text(value: object) -> str:
        return instant_text(value) if isinstance(value, datetime) else str(value)

    return json.dumps(export, default=text, ensure_ascii=False, indent=2).encode()
