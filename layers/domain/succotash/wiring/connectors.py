"""Events of shops by settings: through queues, or recorded by the process that receives them."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from succotash.domain.shops.events import ShopEventKind
from succotash.domain.shops.signatures import HEADERS
from succotash.domain.values import Currency
from succotash.errors import SettingsError

if TYPE_CHECKING:
    from succotash.application.people.shop_requests import People, ShopRequests
    from succotash.application.shops.events.recording import ShopEventRecorder
    from succotash.application.shops.events.webhooks import WebhookIntake
    from succotash.domain.repositories.exports import ExportStore
    from succotash.domain.repositories.shop_events import ShopEventQueue
    from succotash.domain.repositories.storage import Storage
    from succotash.domain.values import Clock
    from succotash.settings import Settings
    from succotash.wiring.keys import KeyRing


class Connectors:
    """The parts that take events of shops in and record them."""

    def __init__(
        self,
        settings: "Settings",
        clock: "Clock",
        keys: "KeyRing",
        storage: "Callable[[], Storage]",
        people: "Callable[[], People]",
        exports: "Callable[[], ExportStore | None]",
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = keys
        self._storage = storage
        self._people = people
        self._exports = exports
        self._secrets = _secrets_of(settings)

    def intake(self) -> "WebhookIntake":
        """The use case that takes requests of shops; it needs no storage where queues are set."""
        from succotash.application.shops.events.webhooks import WebhookIntake

        return WebhookIntake(self._queue(), self._secrets, self._clock)

    def recorder(self) -> "ShopEventRecorder":
        """The use case that records events about orders."""
        from succotash.application.shops.events.recording import ShopEventRecorder

        return ShopEventRecorder(
            self._storage(),
            self._clock,
            self._queue(),
            Currency(self._settings.currency),
            self._keys.tombstones,
            self._keys.pseudonyms.name_of_email,
        )

    def requests(self) -> "ShopRequests":
        """The use case that answers requests about somebody's data."""
        from succotash.application.people.shop_requests import ShopRequests

        return ShopRequests(
            self._storage(), self._clock, self._people(), self._queue(), self._exports()
        )

    def _queue(self) -> "ShopEventQueue":
        orders, requests = self._settings.shop_events_url, self._settings.shop_requests_url
        failures = self._settings.shop_event_failures_url
        if orders is None or requests is None or failures is None:
            from succotash.application.shops.events.direct import DirectShopEvents

            return DirectShopEvents(
                lambda events: self.recorder().take(events),
                lambda events: self.requests().take(events),
            )
        from succotash.infrastructure.aws.queue_messages import QueueMessages
        from succotash.infrastructure.aws.shop_events import SqsShopEvents

        endpoint = self._settings.queues_endpoint
        return SqsShopEvents(
            {
                ShopEventKind.LEDGER: QueueMessages(orders, endpoint).send,
                ShopEventKind.PRIVACY: QueueMessages(requests, endpoint).send,
            },
            QueueMessages(failures, endpoint).send,
        )


def _secrets_of(settings: "Settings") -> Callable[[str], Sequence[str]]:
    """Gives the secrets by which a system signs: of the settings, or of Secrets Manager."""
    arn = settings.connector_secret_arn
    if arn is None:
        given = settings.connector_secrets
        return lambda system: secrets_in("CONNECTOR_SECRETS", given).get(system, ())
    from succotash.infrastructure.aws.secrets import SecretReader

    reader = SecretReader()
    name = "the secret of CONNECTOR_SECRET_ARN"
    return lambda system: secrets_in(name, reader.value(arn)).get(system, ())


def secrets_in(name: str, text: str) -> dict[str, tuple[str, ...]]:
    """Each system's secrets, one or a list of several; SettingsError for any other document."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        for system, given in json.loads(text).items():
            several = (given,) if isinstance(given, str) else tuple(given)
            if system not in HEADERS or not all(isinstance(each, str) and each for each in several):
                raise ValueError(system)
            found[system] = several
    except (ValueError, TypeError, AttributeError):
        known = ", ".join(sorted(HEADERS))
        raise SettingsError(
            f"{name}: must be a JSON object with secrets of {known}, each a text or a list of texts"
        ) from None
    return found
