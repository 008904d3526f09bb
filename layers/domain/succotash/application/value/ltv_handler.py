"""The use cases of value in one object, as the container gives it."""

from succotash.application.value.cohorts import CohortReports
from succotash.application.value.customers import CustomerValues
from succotash.application.value.orders import OrderIntake
from succotash.application.value.segments import SegmentDefinitions
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency


class LTVHandler(OrderIntake, CustomerValues, SegmentDefinitions, CohortReports):
    """Orders in, values out."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        currency: Currency,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        OrderIntake.__init__(self, storage, clock, currency, tombstones)
        CustomerValues.__init__(self, storage, currency)
        SegmentDefinitions.__init__(self, storage, currency)
        CohortReports.__init__(self, storage)
