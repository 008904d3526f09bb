"""Answers requests of shops' customers about their data: to see it, and to have it erased."""

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from succotash.application.people.views import (
    CustomerRecord,
    ErasedRows,
    ErasureReport,
    PersonExport,
)
from succotash.application.shops.events.fields import text_of
from succotash.application.shops.failures import dead_letter, is_given_up
from succotash.application.shops.files.cells import email, system_id
from succotash.domain.people.identities import Account, numbered
from succotash.domain.repositories.exports import ExportStore
from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.repositories.storage import Storage
from succotash.domain.shops.events import QueuedShopEvent, ShopEvent, ShopEventKind
from succotash.domain.values import Clock, CustomerId, Json, instant_text
from succotash.errors import (
    InvalidInputError,
    MalformedRequestError,
    NotFoundError,
    SettingsError,
    StorageUnavailableError,
)

logger = logging.getLogger(__name__)


class People(Protocol):
    """The use cases of a person's rights that these requests need."""

    def export_person(self, email: str) -> PersonExport:
        """All that is held under an e-mail."""

    def export_customer(self, customer_id: CustomerId) -> CustomerRecord:
        """All that is held of a customer."""

    def erase_person(self, email: str, has_time: Callable[[], bool] = ...) -> ErasureReport:
        """Erase what is held under an e-mail."""

    def erase_customer(self, name: CustomerId) -> ErasedRows:
        """Erase a customer of whom no e-mail is known."""


@dataclass(slots=True)
class ShopRequestReport:
    """The results of the requests that a queue gave."""

    erased: int = 0
    exported: int = 0
    unknown: int = 0
    """About somebody of whom nothing is known."""
    dead_lettered: int = 0
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
                if is_hopeless or is_given_up(each):
                    dead_letter(self._queue, each, report)
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
        email, name = _customer_in(event)
        known = self._account(name)
        # Who is known by the shop's number may be known under another e-mail.
        emails = {each for each in (email, known and known.canonical_email) if each}
        if "data_request" in event.body:
            exports: list[object] = [self._people.export_person(each) for each in sorted(emails)]
            if not emails and known is not None:
                exports.append(self._people.export_customer(known.customer_id))
            is_known = self._keep(exports, event, message_id)
            report.exported += is_known
        else:
            erasures = [self._people.erase_person(each, has_time) for each in sorted(emails)]
            is_known = bool(emails)
            if name is not None:
                # What the shop told without an e-mail stands under its number.
                rows = self._people.erase_customer(name)
                is_known = is_known or bool(rows["customers_unlinked"])
            report.erased += is_known
            if any(each["unfinished"] for each in erasures):
                report.again.append(message_id)
        if not is_known:
            report.unknown += 1
            logger.warning("the request %s is about nobody who is known", message_id)

    def _account(self, name: CustomerId | None) -> Account | None:
        """The customer with the shop's number, if one is known."""
        if name is None:
            return None
        known = self._storage.repositories.customers.find_known((name,), ())
        return known.accounts.get(name)

    def _keep(self, exports: Sequence[object], event: ShopEvent, message_id: str) -> bool:
        """Put exports where large exports are; whether there were any."""
        if not exports:
            return False
        if self._exports is None:
            raise NotFoundError("place for exports")
        asked = event.body["data_request"]
        number = asked.get("id") if isinstance(asked, dict) else None
        for export in exports:
            # Who guesses the number of a request still does not have the name of its file.
            name = f"data_request_{_digits(number)}_{secrets.token_hex(8)}.json"
            self._exports.put(name, [_as_json(export)], self._clock())
            logger.info("the request %s is answered by the export %s", message_id, name)
        return True


def _customer_in(event: ShopEvent) -> tuple[str | None, CustomerId | None]:
    """The e-mail of the customer, and the id that the shop's number stands for, as far as sent."""
    customer = event.body.get("customer")
    if not isinstance(customer, dict):
        raise MalformedRequestError("the request names no customer")
    address = email("customer.email", text_of(customer, "email"))
    number = system_id("customer.id", text_of(customer, "id"))
    if address is None and number is None:
        raise MalformedRequestError("the request names no customer")
    return address, None if number is None else numbered(event.system, number)


def _digits(number: Json) -> str:
    return "".join(filter(str.isdigit, str(number)))[:20] or "0"


def _as_json(export: object) -> bytes:
    def text(value: object) -> str:
        return instant_text(value) if isinstance(value, datetime) else str(value)

    return json.dumps(export, default=text, ensure_ascii=False, indent=2).encode()
