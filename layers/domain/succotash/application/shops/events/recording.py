"""Recording events of shops that waited in a queue, by the same path as files of orders."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from succotash.application.shops.events.formats import FORMATS
from succotash.application.shops.events.shopify import words_in
from succotash.application.shops.failures import dead_letter, is_given_up
from succotash.application.shops.marketing import MarketingWord
from succotash.application.shops.plausibility import require_plausible
from succotash.application.shops.recording import record_shop_orders
from succotash.domain.people.erasures import Tombstones
from succotash.domain.people.identities import NameEmail
from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.shops.events import QueuedShopEvent, ShopEvent
from succotash.domain.shops.orders import ShopOrder, Told, in_currency
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.values import Clock, Currency
from succotash.errors import (
    InvalidInputError,
    MalformedRequestError,
    SettingsError,
    StorageUnavailableError,
)
from succotash.observation import Metric, count

METRICS: Mapping[RecordOutcome, Metric] = {
    RecordOutcome.RECORDED: Metric.ORDERS_RECORDED,
    RecordOutcome.REPLACED: Metric.ORDERS_RECORDED,
    RecordOutcome.UNCHANGED: Metric.ORDERS_UNCHANGED,
    RecordOutcome.ERASED: Metric.ORDERS_ERASED,
}

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ShopEventReport:
    """The results of the events that a queue gave."""

    outcomes: Counter[RecordOutcome] = field(default_factory=Counter)
    """The outcomes of the orders, refunds and disputes in them."""
    dead_lettered: int = 0
    again: list[str] = field(default_factory=list)
    """Ids of the messages that the queue is to give again."""


@dataclass(frozen=True, slots=True)
class _Reading:
    queued: QueuedShopEvent
    told: Sequence[Told]
    words: Sequence[MarketingWord]


class ShopEventRecorder:
    """Records events in any order, each once however often it is given."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        queue: ShopEventQueue,
        currency: Currency,
        tombstones: Tombstones,
        name_email: NameEmail,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._queue = queue
        self._currency = currency
        self._tombstones = tombstones
        self._name_email = name_email

    def take(
        self, queued: Sequence[QueuedShopEvent], has_time: Callable[[], bool] = lambda: True
    ) -> ShopEventReport:
        """Record the events, all in one transaction, or one by one where that fails.

        One that cannot be read is dead-lettered at once, and one that fails by itself in the end.
        While the storage is away, all are given again. SettingsError escapes.
        """
        report = ShopEventReport()
        readings: list[_Reading] = []
        for each in queued:
            try:
                readings.append(self._read(each))
            except (MalformedRequestError, InvalidInputError) as error:
                logger.error("the event %s cannot be read: %s", each.message_id, _reason(error))  # noqa: TRY400
                dead_letter(self._queue, each, report)
        self._record(readings, report, has_time)
        for outcome, times in report.outcomes.items():
            count(METRICS[outcome], times)
        count(Metric.ORDERS_REJECTED, report.dead_lettered)
        return report

    def _record(
        self, readings: Sequence[_Reading], report: ShopEventReport, has_time: Callable[[], bool]
    ) -> None:
        if not readings:
            return
        if not has_time():
            report.again += [each.queued.message_id for each in readings]
            return
        try:
            report.outcomes.update(self._storage.in_transaction(self._work(readings)))
        except StorageUnavailableError:
            report.again += [each.queued.message_id for each in readings]
        except SettingsError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are recorded
            if len(readings) > 1:
                for each in readings:
                    self._record([each], report, has_time)
                return
            # The text of an error may quote what somebody sent.
            logger.error("an event cannot be recorded: %s", type(error).__name__)  # noqa: TRY400
            [failed] = readings
            if is_given_up(failed.queued):
                dead_letter(self._queue, failed.queued, report)
            else:
                report.again.append(failed.queued.message_id)

    def _work(self, readings: Sequence[_Reading]) -> Callable[[Repositories], list[RecordOutcome]]:
        told = [each for reading in readings for each in reading.told]
        words = [each for reading in readings for each in reading.words]
        now = self._clock()

        def work(repositories: Repositories) -> list[RecordOutcome]:
            return record_shop_orders(
                repositories, self._tombstones, self._name_email, told, now, words
            )

        return work

    def _read(self, queued: QueuedShopEvent) -> _Reading:
        event = ShopEvent.of_text(queued.text)
        reader = FORMATS.get(event.system)
        if reader is None:
            raise MalformedRequestError("unknown system")
        told = [
            in_currency(each, self._currency) if isinstance(each, ShopOrder) else each
            for each in reader.told_in(event, self._currency)
        ]
        for each in told:
            require_plausible(each, self._clock())
        words = [*words_in(event)] if event.system == "shopify" else []
        return _Reading(queued, told, words)


def _reason(error: Exception) -> str:
    """The wrong fields and how they are wrong; a message never quotes a value."""
    if isinstance(error, InvalidInputError):
        return "; ".join(f"{each.field}: {each.code}" for each in error.violations)
    return str(error)
