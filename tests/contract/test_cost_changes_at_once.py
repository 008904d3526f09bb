"""Changes of a month's costs by people who do not know of each other."""

from contextlib import suppress
from datetime import date

import pytest

from succotash.application.preconditions import Precondition
from succotash.application.value.acquisition import Acquisition
from succotash.domain.repositories.storage import Storage
from succotash.errors import PreconditionFailedError
from tests.builders import USD, usd
from tests.contract.threads import at_once

MAY = date(2024, 5, 1)
PEOPLE, ROUNDS = 6, 5


def only(state: object | None) -> Precondition:
    """That this state is stored."""

    def require(stored: object | None) -> None:
        if stored != state:
            raise PreconditionFailedError

    return require


def stored(costs: Acquisition) -> object | None:
    return next(iter(costs.get_acquisition_costs()), None)


def test_of_those_who_replace_the_same_costs_at_once_one_does(shared_storage: Storage) -> None:
    """Each leaves the source that was there as it was, and adds one of their own."""
    costs = Acquisition(shared_storage, USD)

    for _ in range(ROUNDS):
        read = stored(costs)

        def replace(person: int, read: object | None = read) -> object | None:
            mine = {"google": usd("1"), f"source {person}": usd("2")}
            try:
                return costs.put_acquisition_costs(MAY, mine, only(read))
            except PreconditionFailedError:
                return None

        assert [each for each in at_once(replace, PEOPLE) if each is not None] == [stored(costs)]
        costs.put_acquisition_costs(MAY, {"google": usd("1")}, only(stored(costs)))


def test_of_those_who_enter_the_first_costs_at_once_one_does(shared_storage: Storage) -> None:
    costs = Acquisition(shared_storage, USD)

    for _ in range(ROUNDS):

        def enter(person: int) -> object | None:
            try:
                return costs.put_acquisition_costs(MAY, {f"source {person}": usd("2")}, only(None))
            except PreconditionFailedError:
                return None

        assert [each for each in at_once(enter, PEOPLE) if each is not None] == [stored(costs)]
        costs.put_acquisition_costs(MAY, {})


def test_first_costs_replace_none_that_somebody_else_saves_at_once(shared_storage: Storage) -> None:
    """Who asks for nothing saves last, or is the one whom the others are told of."""
    costs = Acquisition(shared_storage, USD)

    for _ in range(ROUNDS):

        def save(person: int) -> None:
            if person:
                with suppress(PreconditionFailedError):
                    costs.put_acquisition_costs(MAY, {"first": usd("1")}, only(None))
            else:
                costs.put_acquisition_costs(MAY, {"whatever is there": usd("2")})

        at_once(save, PEOPLE)
        [month] = costs.get_acquisition_costs()
        assert "whatever is there" in month["costs"]
        costs.put_acquisition_costs(MAY, {})


def test_costs_that_were_changed_meanwhile_stay(storage: Storage) -> None:
    costs = Acquisition(storage, USD)
    read = costs.put_acquisition_costs(MAY, {"google": usd("1"), "letter": usd("0.50")})
    assert stored(costs) == read
    theirs = costs.put_acquisition_costs(MAY, {"google": usd("1")}, only(read))
    with pytest.raises(PreconditionFailedError):
        costs.put_acquisition_costs(MAY, {"google": usd("3")}, only(read))
    assert stored(costs) == theirs
