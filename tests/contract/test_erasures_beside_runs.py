"""An erasure while a run is scored is not undone by what the run had read, on every storage."""

from collections.abc import Callable
from typing import override

import pytest

from succotash.application.people.erasure import ANONYM_PREFIX
from succotash.application.people.people_handler import PeopleHandler
from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.ledgers import LedgerSnapshot
from succotash.application.scoring.plan import Plan
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.retention import ScoringRun
from succotash.domain.values import CustomerId, Shard
from succotash.errors import NotFoundError
from tests.builders import NOON, PSEUDONYMS, USD, an_event, an_order, days

ADA = "ada@example.com"
A = CustomerId("a")


class SlowScoring(ChurnScoring):
    """A run during which something happens once the facts are read."""

    def __init__(self, storage: Storage, happens: Callable[[], object], whole_limit: int) -> None:
        settings = ScoringSettings(USD, whole_limit=whole_limit)
        super().__init__(storage, settings, lambda: NOON)
        self._happens = happens

    @override
    def _write(
        self, run: ScoringRun, plan: Plan, facts: LedgerSnapshot, shard: Shard | None
    ) -> int:
        if A in facts.activity.days.customer_ids:
            self._happens()
        return super()._write(run, plan, facts, shard)


@pytest.mark.parametrize("whole_limit", [0, 1000])
def test_a_person_erased_while_scored_has_no_result(storage: Storage, whole_limit: int) -> None:
    ltv, retention = storage.repositories.ltv, storage.repositories.retention
    for place, customer_id in enumerate("abcde"):
        moments = [NOON - days(age + place) for age in (200, 90, 10)]
        ltv.record_orders(
            [
                an_order(f"o{number}", customer_id=customer_id, ordered_at=moment)
                for number, moment in enumerate(moments)
            ]
        )
        retention.record_activity([an_event(customer_id=customer_id, occurred_at=moments[0])])
    ltv.record_orders([an_order("named", customer_id=A, ordered_at=NOON - days(9), email=ADA)])
    people = PeopleHandler(storage, lambda: NOON, Tombstones(lambda: ("a key",)), PSEUDONYMS)

    report = SlowScoring(storage, lambda: people.erase_person(ADA), whole_limit).run(NOON)

    assert report["state"] == "current"
    for get in (
        ltv.get_customer_ltv,
        retention.get_churn_prediction,
        retention.get_user_engagement_profile,
    ):
        assert get(CustomerId("b")).customer_id == "b"
        with pytest.raises(NotFoundError):
            get(A)
    scored = [each.customer_id for each in ltv.find_customers()]
    assert [each for each in scored if not each.startswith(ANONYM_PREFIX)] == [*"bcde"]
