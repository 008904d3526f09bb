"""Erasing in places other than the database, and what was set aside meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import override

import pytest

from succotash.application.people.erased_elsewhere import ALWAYS_KEPT, ON_DISK, Elsewhere
from succotash.application.people.people_handler import PeopleHandler
from succotash.application.people.views import ErasureReport
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Erasable, Forgotten
from succotash.domain.repositories.storage import Storage
from succotash.errors import NotFoundError, StorageError, StorageUnavailableError
from tests.builders import NOON, minutes
from tests.contract.company import ADA, Company


@pytest.fixture
def company(storage: Storage) -> Company:
    return Company(storage)


class Place(Erasable):
    """A place beside the storage that holds messages about a person, or does not answer."""

    def __init__(self, messages: int = 0, failure: Exception | None = None) -> None:
        self.messages = messages
        self.failure = failure

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        if self.failure is not None:
            raise self.failure
        assert person == ErasedPerson(ADA, NOON)
        removed = 0
        while self.messages:
            if not has_time():
                return Forgotten(removed, is_complete=False)
            self.messages -= 1
            removed += 1
        return Forgotten(removed)


class TestElsewhere:
    def erase(
        self, storage: Storage, has_time: Callable[[], bool] = lambda: True, **places: Place
    ) -> ErasureReport:
        people = PeopleHandler(storage, lambda: NOON, elsewhere=Elsewhere(places))
        return people.erase_person(" ADA@example.com", has_time)

    def test_every_place_is_gone_through_and_the_report_says_what_is_kept(
        self, storage: Storage, adapter: str
    ) -> None:
        report = self.erase(storage, queue=Place(3), files=Place(0))
        assert report["erased_elsewhere"] == {"queue": 3, "files": 0}
        assert report["unfinished"] == []
        assert (ON_DISK in report["kept"]) is (adapter == "postgres")
        assert len(report["kept"]) >= len(ALWAYS_KEPT)

    @pytest.mark.parametrize(
        "failure", [StorageUnavailableError("away"), StorageError("no"), NotFoundError("bucket")]
    )
    def test_a_place_that_does_not_answer_is_named_and_holds_up_nothing(
        self, storage: Storage, failure: Exception
    ) -> None:
        Company(storage).submit()
        report = self.erase(storage, queue=Place(failure=failure), files=Place(1))
        assert report["erased_rows"]["leads"] == 1
        assert report["erased_elsewhere"] == {"files": 1}
        assert report["unfinished"] == [{"place": "queue", "why": "It did not answer."}]

    def test_once_more_goes_on_where_time_ended(self, storage: Storage) -> None:
        place, turns = Place(3), iter((True, True, False))
        report = self.erase(storage, lambda: next(turns), queue=place)
        assert report["erased_elsewhere"] == {"queue": 2}
        assert report["unfinished"] == [{"place": "queue", "why": "Time ended before it did."}]
        report = self.erase(storage, queue=place)
        assert (report["erased_elsewhere"], report["unfinished"]) == ({"queue": 1}, [])


class TestSetAside:
    """What cannot be taken is kept for those who look into it, but for what was erased since."""

    def test_what_is_older_than_the_erasure_of_its_person_is_not_kept(
        self, company: Company
    ) -> None:
        kept: list[str] = []
        other = replace(company.parked(NOON), fields={"email": "bob@example.com"})
        company.erase()
        for parked, is_kept in (
            (company.parked(NOON), False),
            (company.parked(NOON + minutes(1)), True),
            (other, True),
            (replace(other, fields={"message": "no address"}), True),
            (replace(other, fields={"a": "bob@example.com", "b": ADA}), False),
        ):
            before = len(kept)
            assert company.forms.unless_erased(parked, lambda: kept.append("it")) is is_kept
            assert len(kept) - before == is_kept

    def test_who_erases_waits_until_it_is_there_to_be_found(self, shared_storage: Storage) -> None:
        company = Company(shared_storage)
        asked, erased = threading.Event(), threading.Event()

        def erase() -> None:
            asked.wait(5)
            company.erase()
            erased.set()

        def keep() -> None:
            asked.set()
            assert not erased.wait(0.3)

        with ThreadPoolExecutor(1) as pool:
            erasing = pool.submit(erase)
            assert company.forms.unless_erased(company.parked(NOON), keep)
            erasing.result(5)
        assert erased.is_set()
